"""The scripted server does its steps; seen through a plain socket."""

import socket
import time

from runner import raises
from scripted import CLOSE, REQUEST, RESET, Server, drip, send, wait

NEEDS = ("SCRIPTED_SERVER",)


def connect(server):
    s = socket.socket()
    s.connect(socket.getaddrinfo("127.0.0.1", server.port)[0][-1])
    return s, s.makefile("rwb", 0)


def test_each_connection_gets_its_script():
    server = Server([REQUEST, send("ab", 3), CLOSE], [send("\xff"), CLOSE])
    s, f = connect(server)
    f.write(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nxyz")
    assert f.read() == b"ababab"
    s2, f2 = connect(server)
    assert f2.read() == b"\xff"
    s3, f3 = connect(server)
    assert f3.read() == b""
    assert server.received()[0].endswith(b"\r\n\r\nxyz")
    for open_one in (f, s, f2, s2, f3, s3, server):
        open_one.close()


def test_drip_and_wait_take_their_time():
    server = Server([wait(0.02), drip("abc", 0.02), CLOSE])
    started = time.time()
    s, f = connect(server)
    assert f.read() == b"abc"
    assert time.time() - started > 0.07
    for open_one in (f, s, server):
        open_one.close()


def test_reset_is_an_error_to_the_reader():
    server = Server([REQUEST, RESET])
    s, f = connect(server)
    f.write(b"GET / HTTP/1.1\r\n\r\n")
    raises(OSError, f.read, 1)
    s.close()
    server.close()
