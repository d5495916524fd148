"""What `make bench` measures on the unix port: a bare loop and the library's, in pairs.

PORT, SIZE, SHA256 and PAIRS come in the environment. Prints one line for each pair:
microseconds of the bare loop, microseconds of the library.
"""

import gc
import hashlib
import os
import socket
import time

from hawkbit import net
from hawkbit.client import BLOCK_SIZE, Client
from hawkbit.deployment import Artifact
from hawkbit.download import Download
from hawkbit.http import Session

PORT = int(os.getenv("PORT"))
SIZE = int(os.getenv("SIZE"))
SHA256 = os.getenv("SHA256")


class Sink:
    """A slot that is a plain file."""

    def __init__(self):
        self._file = open("slot", "wb")  # noqa: SIM115

    def begin(self, artifact, have):
        return 0

    def write(self, offset, block):
        self._file.seek(offset)
        self._file.write(block)

    def finish(self):
        self._file.close()


def bare(view):
    """The least that a download can be: blocking reads, and the hash is not even looked at."""
    sink = Sink()
    sock = socket.socket()
    sock.connect(socket.getaddrinfo("127.0.0.1", PORT)[0][-1])
    sock.write(b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n")
    while sock.readline() != b"\r\n":
        pass
    sha256 = hashlib.sha256()
    for offset in range(0, SIZE, BLOCK_SIZE):
        sock.readinto(view)
        sha256.update(view)
        sink.write(offset, view)
    sha256.digest()
    sink.finish()
    sock.close()


def library(client):
    """The same artifact in one window, as deploy fetches it."""
    url = "http://127.0.0.1:%d/" % PORT
    artifact = Artifact("os", "app", "1", {}, "app.bin", SIZE, "sha256", SHA256, url)
    download = Download(client, artifact, Sink())
    for _ in download.begin(0, None, int):
        pass
    for _ in download.window(SIZE, int):
        pass
    assert download.finish()
    client.close()


def elapsed_us(call, *args):
    gc.collect()
    started = time.ticks_us()
    call(*args)
    return time.ticks_diff(time.ticks_us(), started)


def main():
    client = Client(Session(net, time), "http://127.0.0.1:%d" % PORT, "DEFAULT", "bench")
    for pair in range(int(os.getenv("PAIRS"))):
        if pair % 2:
            library_us = elapsed_us(library, client)
            bare_us = elapsed_us(bare, client.view)
        else:
            bare_us = elapsed_us(bare, client.view)
            library_us = elapsed_us(library, client)
        print(bare_us, library_us)


main()
