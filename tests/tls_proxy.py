"""TLS in front of any server of 127.0.0.1: `rollouts serve` itself speaks plain HTTP."""

import contextlib
import socket
import ssl
import threading
from pathlib import Path


class TLSProxy:
    """Accepts TLS on `port` with the key and certificate in `pem`; passes all on.

    Without `pem` plain TCP. `clients`: the CA that devices need a certificate of. `passed`:
    bytes so far, of both directions.
    """

    def __init__(self, target_port: int, pem: Path | None, clients: Path | None = None):
        self._target = ("127.0.0.1", target_port)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if pem else None
        if pem:
            self._context.load_cert_chain(pem)
        if clients:
            self._context.load_verify_locations(clients)
            self._context.verify_mode = ssl.CERT_REQUIRED
        self.passed = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):  # close()
            while True:
                plain, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=[plain], daemon=True).start()

    def _serve(self, plain):
        with plain, contextlib.suppress(OSError):
            device = self._context.wrap_socket(plain, server_side=True) if self._context else plain
            with device, socket.create_connection(self._target) as server:
                back = threading.Thread(target=self._pass_on, args=[server, device], daemon=True)
                back.start()
                self._pass_on(device, server)
                back.join()

    def _pass_on(self, source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self.passed += len(data)
                target.sendall(data)
        # The end travels on; the other direction then ends as well.
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    def close(self):
        # shutdown wakes the thread in accept(), close alone does not
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
