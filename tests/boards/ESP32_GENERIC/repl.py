"""A board for mpremote: the REPL of MicroPython's unix port behind a TCP port.

The REPL, the raw REPL and the files are real. The unix port has no soft reset: it ends, and
is started again in the same folder, which stands for the board's filesystem. `esp32` is a
stub that has as many OTA slots as asked for.
"""

import contextlib
import os
import pty
import select
import socket
import subprocess
import threading
import tty

import interpreters

_ESP32 = """
class Partition:
    TYPE_APP = 0
    @staticmethod
    def find(kind):
        return [Partition() for _ in range(%d)]
    def info(self):
        return (0, 0x10, 0x10000, 0x180000, "ota_0", False)
"""
PROMPT = b">>> "
RAW = b"\x01"


class Repl:
    """`url` for mpremote, `files` the folder; slots None: no module esp32."""

    def __init__(self, files, modules, slots=2):
        self.files = files
        self._path = modules
        if slots is not None:
            (modules / "esp32.py").write_text(_ESP32 % slots)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._start()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"socket://127.0.0.1:{self._listener.getsockname()[1]}"

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()
        self._listener.close()
        self._end()

    def _start(self) -> None:
        self._terminal, of_board = pty.openpty()
        tty.setraw(of_board)
        self._process = subprocess.Popen(
            [interpreters.unix_port()],
            cwd=self.files,
            env={"MICROPYPATH": f"{self._path}:.frozen:{self.files}/lib"},
            stdin=of_board,
            stdout=of_board,
            stderr=of_board,
        )
        os.close(of_board)
        banner = b""
        while not banner.endswith(PROMPT):  # what is written before that is lost
            banner += os.read(self._terminal, 4096)

    def _end(self) -> None:
        os.close(self._terminal)
        self._process.kill()
        self._process.wait()

    def _serve(self) -> None:
        while not self._stopped.is_set():
            if not select.select([self._listener], [], [], 0.1)[0]:
                continue
            client, _ = self._listener.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with client, contextlib.suppress(OSError):  # it has gone
                while not self._stopped.is_set() and self._pass_on(client):
                    pass

    def _pass_on(self, client) -> bool:
        """Pass on what is there, both ways; return False when the client has gone."""
        ready = select.select([self._terminal, client], [], [], 0.1)[0]
        if self._terminal in ready:
            client.sendall(self._from_board())
        if client in ready:
            data = client.recv(4096)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            os.write(self._terminal, data)
            return bool(data)
        return True

    def _from_board(self) -> bytes:
        try:
            return os.read(self._terminal, 4096)
        except OSError:  # EIO: the unix port has ended
            self._end()
            self._start()
            os.write(self._terminal, RAW)
            return b"MPY: soft reboot\r\n"
