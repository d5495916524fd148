"""net, and http over it, against a real socket that does what it is told."""

import errno
import hashlib
import os
import socket

import micropython
from hawkbit.http import Session
from interpreter import clock, net
from runner import Skip, raises
from scripted import CLOSE, REQUEST, RESET, Server, drip, send, wait

NEEDS = ("SCRIPTED_SERVER",)

OK = "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok"
BAD_KINDS = ("expired", "other-host", "other-ca", "self-signed")


def length(n):
    return send("HTTP/1.1 200 \r\nContent-Length: %d\r\n\r\n" % n)


def ca(form="DER"):
    with open(os.getenv("CA_" + form), "rb") as f:
        return f.read()


def session(tls=None, **options):
    return Session(net, clock, tls=tls and net.context(ca()), **options)


def read(response, size=100):
    buf = bytearray(size)
    n = response.readinto(buf)
    return bytes(buf[:n])


def elapsed_ms(call, *args):
    """Return how long `call` took to raise an OSError, and its first argument."""
    started = clock.ticks_ms()
    error = raises(OSError, call, *args)
    return clock.ticks_diff(clock.ticks_ms(), started), error.args[0]


def each_transport(test):
    for tls in (None, "good"):
        test(tls)


# Dialling


def test_refused_connection_is_oserror():
    server = Server()
    url = server.url + "/"
    server.close()
    clock.sleep_ms(100)  # until it is gone
    s = session()
    raises(OSError, s.request, "GET", url, {})
    assert s.connections == 0


def test_unknown_host_is_oserror():
    for host in ("host.invalid", "..", "a" * 100):
        raises(OSError, net.dial, host, 80, None, 1)


def listening(family, host, backlog):
    """Return a socket that listens on a free port of `host`, and the port."""
    listener = socket.socket(family)
    for port in range(34567, 35000):
        try:
            listener.bind(socket.getaddrinfo(host, port)[0][-1])
            break
        except OSError as e:
            if e.args[0] != errno.EADDRINUSE:
                raise Skip("no %s here" % host)
    listener.listen(backlog)
    return listener, port


def test_ipv6_literal_is_dialled():
    listener, port = listening(socket.AF_INET6, "::1", 1)
    net.dial("::1", port, None, 1).close()
    listener.close()


def test_connect_that_nobody_answers_ends_after_the_timeout():
    listener, port = listening(socket.AF_INET, "127.0.0.1", 0)
    waiting = []  # fill the queue of those that nobody accepts
    try:
        while len(waiting) < 9:
            waiting.append(net.dial("127.0.0.1", port, None, 0.2))
    except OSError:
        ms, _ = elapsed_ms(net.dial, "127.0.0.1", port, None, 0.2)
        assert ms < 60000, ms  # without an end of its own it is two minutes
        return
    finally:
        for one in waiting + [listener]:
            one.close()
    raise Skip("this system answers however long the queue is")


class TwoAddresses:
    """The module socket, for a host whose first address refuses."""

    SOCK_STREAM = socket.SOCK_STREAM
    socket = socket.socket

    def getaddrinfo(self, host, port, family, kind):
        closed, opened = [socket.getaddrinfo("127.0.0.1", p, 0, kind)[0] for p in (1, port)]
        return [closed, opened]


def test_next_address_is_tried_when_one_fails():
    if net.__name__ != "hawkbit.net":
        raise Skip("on CPython socket.create_connection does it")
    server = Server([])
    net.socket = TwoAddresses()
    try:
        net.dial("two", server.port, None, 1).close()
        raises(OSError, net.dial, "two", 1, None, 1)
    finally:
        net.socket = socket
    server.close()


def test_idle_stream_has_nothing_to_read_and_an_ended_one_has_its_end():
    server = Server([REQUEST, CLOSE])
    stream = net.dial("127.0.0.1", server.port, None, 1)
    buf = bytearray(10)
    assert stream.readinto(buf) is None
    assert stream.poll(0) is False
    stream.write(b"GET / HTTP/1.1\r\n\r\n")
    assert stream.poll(2000) is True
    assert stream.readinto(buf) == 0
    stream.close()
    server.close()


def write(stream, times):
    """Write `times` blocks: some MB are more than the kernel's buffers take."""
    block = b"x" * 65536
    for _ in range(times):
        stream.write(block)


def test_writes_wait_until_the_other_side_reads():
    server = Server([wait(0.2), REQUEST, send(OK), CLOSE])
    stream = net.dial("127.0.0.1", server.port, None, 5)
    stream.write(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (64 * 65536))
    write(stream, 64)
    assert stream.poll(2000) and stream.readinto(bytearray(100)) == len(OK)
    server.close()


def test_write_that_nobody_reads_ends_after_the_timeout():
    server = Server([wait(4)])
    stream = net.dial("127.0.0.1", server.port, None, 1)
    after_ms, code = elapsed_ms(write, stream, 1000)
    assert code == errno.ETIMEDOUT and after_ms > 900, (code, after_ms)
    server.close()


# A session over it, plain and TLS


def test_connection_is_kept_and_its_end_noticed_in_time():
    def check(tls):
        server = Server(
            [REQUEST, send(OK), REQUEST, send(OK), CLOSE], [REQUEST, send(OK)], tls=tls
        )
        s = session(tls)
        for connections in (1, 1, 2):
            response = s.request("POST", server.url + "/", {}, b"{}")
            assert read(response) == b"ok"
            assert s.connections == connections
            clock.sleep_ms(100)
        assert [got.count(b"POST") for got in server.received()] == [2, 1]
        s.close()
        server.close()

    each_transport(check)


def test_megabyte_arrives_unchanged():
    def check(tls):
        block = "0123456789abcdef" * 256
        server = Server([REQUEST, length(256 * 4096), send(block, 256)], tls=tls)
        response = session(tls).request("GET", server.url + "/", {})
        view = memoryview(bytearray(4096))
        got, expected = hashlib.sha256(), hashlib.sha256()
        for _ in range(256):
            assert response.readinto(view) == 4096
            got.update(view)
            expected.update(block.encode())
        assert got.digest() == expected.digest()
        assert response.readinto(view) == 0
        server.close()

    each_transport(check)


def test_whole_blocks_allocate_nothing():
    if not hasattr(micropython, "heap_lock"):
        raise Skip("CPython has no heap to lock")

    def check(tls):
        server = Server([REQUEST, length(10 * 4096), send("x" * 4096, 10)], tls=tls)
        response = session(tls).request("GET", server.url + "/", {})
        view = memoryview(bytearray(4096))
        clock.sleep_ms(300)  # all is in the buffers of the kernel: no read will be short
        micropython.heap_lock()
        try:
            for _ in range(10):
                response.readinto(view)
        finally:
            micropython.heap_unlock()
        assert response.readinto(view) == 0
        server.close()

    each_transport(check)


def test_reset_in_the_body_is_oserror():
    server = Server([REQUEST, length(100), send("x"), wait(0.1), RESET])
    response = session().request("GET", server.url + "/", {})
    raises(OSError, read, response)
    server.close()


def test_end_in_the_body_is_oserror():
    def check(tls):
        server = Server([REQUEST, length(100), send("x"), CLOSE], tls=tls)
        response = session(tls).request("GET", server.url + "/", {})
        raises(OSError, read, response)
        server.close()

    each_transport(check)


def test_body_until_the_connection_ends():
    def check(tls):
        server = Server([REQUEST, send("HTTP/1.0 200 OK\r\n\r\nbody"), CLOSE], tls=tls)
        assert read(session(tls).request("GET", server.url + "/", {})) == b"body"
        server.close()

    each_transport(check)


def test_silence_ends_after_the_timeout():
    def check(tls):
        server = Server([REQUEST], [REQUEST, length(10), send("x")], tls=tls)
        s = session(tls, timeout_s=1)
        after_ms, code = elapsed_ms(s.request, "GET", server.url + "/", {})
        assert code == errno.ETIMEDOUT and after_ms > 900, (code, after_ms)
        response = s.request("GET", server.url + "/", {})
        after_ms, code = elapsed_ms(read, response)
        assert code == errno.ETIMEDOUT and after_ms > 900, (code, after_ms)
        server.close()

    each_transport(check)


def test_drip_ends_at_the_minimum_rate():
    def check(tls):
        server = Server([REQUEST, length(100), drip("x" * 100, 0.1)], tls=tls)
        s = session(tls)
        response = s.request("GET", server.url + "/", {})
        s.timeout_s = 0.3  # from now on: a handshake may take its time
        # Ten seconds of bytes, of which each comes in time.
        assert raises(OSError, read, response).args[0] == errno.ETIMEDOUT
        server.close()

    each_transport(check)


# TLS alone


def test_https_wants_a_ca_and_knows_what_is_none():
    for wrong in (
        None,
        b"",
        b"not a certificate",
        b"0\x03\x02\x01\x01",
        b"-----BEGIN CERTIFICATE-----",
    ):
        raises(ValueError, net.context, wrong)


def test_ca_may_be_der_or_pem_or_a_bundle():
    with open(os.getenv("CA_PEM").replace("ca.pem", "other-ca.pem"), "rb") as f:
        bundle = f.read() + ca("PEM")  # a key, another certificate, ours
    for given in (ca("DER"), ca("PEM"), bundle):
        server = Server([REQUEST, send(OK)], tls="good")
        response = Session(net, clock, tls=net.context(given)).request("GET", server.url + "/", {})
        assert read(response) == b"ok"
        server.close()


def test_address_instead_of_the_name_is_checked_too():
    server = Server([REQUEST, send(OK)], tls="good")
    url = "https://127.0.0.1:%d/" % server.port
    assert read(session("good").request("GET", url, {})) == b"ok"
    server.close()


def test_insecure_context_takes_any_certificate():
    for kind in BAD_KINDS:
        server = Server([REQUEST, send(OK)], tls=kind)
        s = Session(net, clock, tls=net.context(insecure=True))
        assert read(s.request("GET", server.url + "/", {})) == b"ok"
        server.close()


def test_silent_handshake_ends_after_the_timeout():
    server = Server([wait(5)])
    stream = net.dial("127.0.0.1", server.port, net.context(ca()), 1)
    after_ms, _ = elapsed_ms(stream.write, b"GET /")
    assert after_ms > 900, after_ms
    server.close()
