"""Bad certificates, client certificates, names: real TLS against a server on loopback.

The certificates: tests/certificates.py. That a refusal says what mends it is tested too.
"""

import os
import socket

from hawkbit import tls_errors
from hawkbit.http import Session
from interpreter import clock, net
from runner import Skip, raises
from scripted import CLOSE, REQUEST, Server, drip, send, wait

NEEDS = ("SCRIPTED_SERVER",)

OK = "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok"
BAD = {
    "expired": "renew it",
    "not-yet": "ntptime",
    "other-host": "not for localhost, but for elsewhere.example, 10.0.0.7",
    "wildcard": "not for localhost, but for *.localhost, *",
    "other-ca": "no given ca signed",
    "twin-ca": "no given ca signed",
    "self-signed": "self-signed",
    "no-intermediate": "issued by intermediate ca",
    "old-intermediate": "one above it, has expired",
    "by-a-leaf": "issued by no ca",
    "for-clients": "not one for servers",
    "weak-key": "too weak",
}


def read(name):
    with open(os.getenv("CA_PEM").replace("ca.pem", name), "rb") as f:
        return f.read()


def session(timeout_s=20, **arguments):
    arguments.setdefault("ca", read("ca.der"))
    made = Session(net, clock, tls=net.context(**arguments))
    made.timeout_s = timeout_s
    return made


def ask(made, server, host="localhost"):
    url = server.url.replace("localhost", host) + "/"
    response = made.request("GET", url, {"Authorization": "TargetToken secret"})
    buf = bytearray(10)
    return bytes(buf[: response.readinto(buf)])


def refused(server, host="localhost", **arguments):
    made = session(**arguments)
    text = str(raises(OSError, ask, made, server, host))
    made.close()
    return text


def descriptors():
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        raise Skip("no /proc here")


class Names:
    """The module socket, where every name leads to 127.0.0.1."""

    SOCK_STREAM = socket.SOCK_STREAM
    socket = socket.socket

    def getaddrinfo(self, host, port, family, kind):
        return socket.getaddrinfo("127.0.0.1", port, 0, kind)

    def create_connection(self, address, timeout):
        return socket.create_connection(("127.0.0.1", address[1]), timeout)


def with_names(step):
    net.socket = Names()
    try:
        step()
    finally:
        net.socket = socket


# Certificates of the server


def test_twelve_bad_certificates_are_refused_with_words_and_no_byte_of_the_token():
    assert len(BAD) == 12
    for kind, words in BAD.items():
        server = Server([REQUEST, send(OK)], [REQUEST, send(OK)], tls=kind)
        text = refused(server)
        assert words in text, (kind, text)
        assert b"".join(server.received()) == b"", kind
        server.close()


def test_second_refusal_has_all_the_words_too():
    made = session()
    for _ in range(2):
        server = Server([REQUEST, send(OK)], [REQUEST, send(OK)], tls="other-host")
        assert BAD["other-host"] in str(raises(OSError, ask, made, server))
        server.close()


def test_good_ones_are_taken():
    for kind in ("good", "rsa", "chained"):
        server = Server([REQUEST, send(OK)], tls=kind)
        assert ask(session(), server) == b"ok", kind
        server.close()


def test_name_is_sent_and_compared():
    def check():
        for host in ("hawkbit.example", "localhost"):
            server = Server([REQUEST, send(OK)], tls="good+sni")
            assert ask(session(), server, host) == b"ok", host
            server.close()
        for host in ("a.devices.example", "HAWKBIT.example"):
            server = Server([REQUEST, send(OK)], tls="example")
            assert ask(session(), server, host) == b"ok", host
            server.close()
        for host in ("devices.example", "a.b.devices.example", "hawkbit.example.evil", "evil"):
            server = Server([REQUEST, send(OK)], tls="example")
            text = refused(server, host)
            assert "not for %s, but for hawkbit.example, *.devices.example" % host in text, text
            assert b"".join(server.received()) == b""
            server.close()

    with_names(check)


def test_address_is_compared_with_addresses():
    server = Server([REQUEST, send(OK)], tls="other-host")
    assert "not for 127.0.0.1" in refused(server, "127.0.0.1")
    server.close()


# Certificates of the client


def test_client_certificate_is_shown_in_each_form():
    pem = read("client.pem")
    for cert, key in (
        (read("client.der"), read("client-key.der")),
        (pem, pem),
        (read("client.der"), pem),
    ):
        for version in ("tls12", "tls13"):
            if version == "tls13" and net.__name__ == "hawkbit.net":
                continue
            server = Server([REQUEST, send(OK)], tls="good+client+" + version)
            assert ask(session(cert=cert, key=key), server) == b"ok"
            server.close()


def test_client_certificate_that_is_missing_or_refused_is_said():
    stranger = read("stranger.pem")
    for version in ("tls12", "tls13"):
        for arguments in ({}, {"cert": stranger, "key": stranger}):
            server = Server([REQUEST, send(OK)], tls="good+client+" + version)
            text = refused(server, **arguments)
            assert "client certificate" in text and "cert=" in text, text
            assert b"secret" not in b"".join(server.received())
            server.close()


def test_client_certificate_is_both_or_neither():
    for arguments, words in (
        ({"cert": read("client.der")}, "key is neither DER nor PEM"),
        ({"key": read("client-key.der")}, "cert is neither DER nor PEM"),
    ):
        assert words in str(raises(ValueError, session, **arguments))


def test_files_that_are_none_are_refused_by_name():
    der, key, pem = read("client.der"), read("client-key.der"), read("ca.pem")
    encrypted = (
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"
    )
    for arguments, words in (
        ({"ca": pem.replace(b"\n", b"\\n")}, "line ends"),
        ({"ca": b"words"}, "ca is neither"),
        ({"ca": read("client.pem").split(b"-----BEGIN CERT")[0]}, "ca is neither"),
        ({"cert": der, "key": der}, ""),
        ({"cert": der, "key": encrypted}, "encrypted"),
        ({"cert": der, "key": pem}, "key is neither"),
        ({"cert": key, "key": key}, ""),
    ):
        assert words in str(raises(ValueError, session, **arguments)), arguments


# What else goes wrong


def test_server_with_another_version_of_tls_is_said():
    if net.__name__ != "hawkbit.net":
        raise Skip("OpenSSL speaks TLS 1.3")
    server = Server([REQUEST, send(OK)], tls="good+tls13")
    assert "TLS 1.3 only" in refused(server)
    server.close()


def test_server_without_tls_is_said():
    server = Server([REQUEST, send(OK), CLOSE])
    server.url = server.url.replace("http:", "https:")
    made = session(timeout_s=1)
    text = str(raises(OSError, ask, made, server))
    assert "does not speak TLS" in text or "no end in time" in text, text
    server.close()
    server = Server([send("HTTP/1.1 400 Bad Request\r\n\r\n"), CLOSE])
    server.url = server.url.replace("http:", "https:")
    text = refused(server)
    assert "does not speak TLS" in text, text
    server.close()


def test_server_that_hangs_up_is_said():
    server = Server([CLOSE])
    server.url = server.url.replace("http:", "https:")
    text = refused(server)
    assert "closed the connection" in text, text
    server.close()


def test_handshake_that_drips_ends_in_time_and_feeds():
    # The first bytes of a record of 16 KB, which then comes byte by byte.
    server = Server([send("\x16\x03\x03\x3f\xff\x02"), drip("\0" * 300, 0.1)])
    made = session(timeout_s=2)
    fed = []
    made.feed = lambda: fed.append(1)
    started = clock.ticks_ms()
    server.url = server.url.replace("http:", "https:")
    raises(OSError, ask, made, server)
    assert clock.ticks_diff(clock.ticks_ms(), started) < 15000  # 300 drips take 30 s
    assert len(fed) >= 3
    server.close()


def test_no_socket_stays_open_after_a_failed_handshake():
    descriptors()
    for tls in sorted(BAD) + [None]:
        server = Server([CLOSE], [CLOSE], tls=tls)
        before = descriptors()
        for url in ("https://localhost:%d/" % server.port, "https://localhost:1/"):
            raises(OSError, session(timeout_s=1).request, "GET", url, {})
        assert descriptors() == before, tls
        server.close()


def test_memory_error_in_the_handshake_is_an_oserror_and_closes():
    before = descriptors()

    class NoMemory:
        verify_mode = 0
        verify_callback = None

        def wrap_socket(self, sock, **_):
            raise MemoryError

    server = Server([wait(1)])
    error = raises(OSError, net.dial, "localhost", server.port, NoMemory(), 1)
    assert "out of memory" in str(error)
    server.close()
    assert descriptors() == before


# Words


def test_numbers_of_older_micropythons_have_words():
    for code, words in (
        (-30592, "client certificate"),
        (-29184, "does not speak TLS"),
        (-32512, "out of memory"),
        (12, "out of memory"),
        (16, "out of memory"),
        (-29312, "closed the connection"),
        (-9999, "-9999"),
    ):
        assert words in tls_errors.explain(OSError(code), "h"), code


def test_error_has_its_own_words_behind_the_sentence():
    for error, words in (
        (OSError("EOF seen"), "(EOF seen)"),
        (MemoryError(), "(MemoryError())"),
        (OSError("never heard of"), "TLS with h: never heard of"),
    ):
        assert tls_errors.explain(error, "h").endswith(words), error


def test_server_that_is_gone_at_the_second_handshake_breaks_no_sentence():
    class TLS:
        verify_callback = None

    for fault in (OSError(104), ValueError("x"), MemoryError()):

        def again(fault=fault):
            raise fault

        error = tls_errors.explained(ValueError("validity has expired"), TLS(), "h", again)
        assert isinstance(error, OSError) and "renew it" in str(error)
        assert "(this clock says 20" in str(error)


def test_names_are_those_of_the_extension_and_at_most_eight():
    def extension(count, tag=4, first=97):
        found = b"".join(b"\x82\x01" + bytes([first + i]) for i in range(count))
        found = bytes([0x30, len(found)]) + found
        return b"\x06\x03\x55\x1d\x11" + bytes([tag, len(found)]) + found + b"\x82\x01z"

    assert tls_errors.names(extension(3)) == ["a", "b", "c"]
    assert tls_errors.names(extension(12)) == list("abcdefgh")
    assert tls_errors.names(extension(3, tag=5)) == []
    assert tls_errors.names(extension(3, first=0x1E)) == ["?", "?", " "]  # they go to the log
    assert tls_errors.names(extension(3, first=0x7E)) == ["~", "?", "?"]


def test_damaged_certificate_breaks_no_sentence():
    der = read("client.der")
    assert tls_errors.names(der) == ["dev-1.example"]
    error = ValueError("The certificate is not correctly signed by the trusted CA")
    for n in range(len(der)):
        tls_errors.names(der[:n])
        tls_errors.explain(error, "h", der[:n])
        for value in (0, 0x80, 0x84, 0xFF):
            spoiled = der[:n] + bytes([value]) + der[n + 1 :]
            text = tls_errors.explain(error, "h", spoiled) + "".join(tls_errors.names(spoiled))
            assert "\n" not in text and "\r" not in text
