"""Wrong answers from right ones: JSON by its structure, heads by their lines, bytes.

Everything is drawn from the module `random`, so that a seed tells a case. Runs on CPython
and MicroPython.
"""

import json
from random import choice, getrandbits, randrange

_DEEP = 1500
_TEXTS = (
    "",
    "x",
    "-1",
    "0",
    "1e9",
    "\u00b2",  # a digit for isdigit(), not for int()
    "\u0663",
    "\x00",
    "<b>bold</b>",
    "../../etc",
    "a" * 300,
    "http://elsewhere:80/x",
    "https://elsewhere/x",
    "http://server:8080@elsewhere/x",
    "http://[::1",
    "http://server:99999/x",
    "ftp://server/x",
    "//server",
    "%",
    "closed",
    "forced",
    "skip",
    "PT1H",
    "P1D",
    "PT-5S",
    "PT1.S",
    "99:99:99",
    "00:00:00",
    "999999999999:0:0",
    "a b",
    "\r\nX: y",
    "\U0001f600",
)
_NUMBERS = (0, 1, -1, 2, 255, 4096, 65536, 1 << 31, (1 << 32) - 1, 1 << 63, 1 << 200, 0.5, -1e300)
_HEAD_VALUES = (
    b"",
    b"0",
    b"-1",
    b"+5",
    b"5, 5",
    b"5, 6",
    b"0x10",
    b"1_0",
    b"99999999999999999999",
    b"9" * 30,
    b"chunked",
    b"Chunked",
    b"gzip, chunked",
    b"identity",
    b"close",
    b"keep-alive, close",
    b'W/"1"',
    b'"',
    b"bytes 0-4095/10000",
    b"bytes */0",
    b"bytes 4096-8191/10000",
    b"bytes 0-0/*",
    b"bytes 9-0/1/2",
    b"\xc2\xb2",
    b"\xff\xfe",
    b"\xd9\xa3",
    b"1" * 400,
    b"Wed, 21 Oct 2026 07:28:00 GMT",
    b"120",
)
_LOCATIONS = (
    b"",
    b"/",
    b"/elsewhere",
    b"relative",
    b"?c=1",
    b"//elsewhere/x",
    b"http://elsewhere:80/x",
    b"http://server:8081/x",
    b"https://server:8080/x",
    b"http://server:8080/DEFAULT/controller/v1/dev1",
    b"http://server:8080/a b",
    b"http://server:8080@elsewhere/x",
    b"http://server:8080\\@elsewhere/x",
    b"http://SERVER:8080/x",
    b"http://server:8080#@elsewhere/x",
    b"http://[::1",
    b"\xff",
)
_HEADS = (
    b"Content-Length",
    b"Transfer-Encoding",
    b"Connection",
    b"ETag",
    b"Content-Range",
    b"Retry-After",
    b"Location",
    b"Content-Type",
    b"content-length",
    b" Content-Length",
    b"Content-Length ",
    b"X",
    b"",
    b"\xff",
)
_STATUS_LINES = (
    b"HTTP/1.1 200",
    b"HTTP/1.0 200 OK",
    b"HTTP/2 200",
    b"HTTP/1.1 2000 OK",
    b"HTTP/1.1 20 OK",
    b"HTTP/1.1 \xc2\xb2\xc2\xb2 OK",
    b"HTTP/1.1 -20 OK",
    b"HTTP/1.1 000 ",
    b"HTTP/1.1 999 ",
    b"HTTP/1.1",
    b"",
    b"220 smtp ready",
)
_STATUSES = (100, 101, 103, 200, 201, 202, 204, 206, 299, 300, 301, 302, 303, 304, 307, 308, 400)
_STATUSES += (401, 403, 404, 405, 406, 408, 409, 410, 412, 413, 415, 416, 423, 425, 429, 431, 451)
_STATUSES += (500, 501, 502, 503, 504, 599, 600, 999)


def json_value():
    """Return any value that JSON has."""
    kind = randrange(8)
    if kind < 3:
        return choice(_TEXTS)
    if kind < 5:
        return choice(_NUMBERS)
    return choice((None, True, False, [], {}, [[]], [None], {"a": 1}, ["x", 1], {"href": None}))


def json_body(value):
    """Return the JSON text of `value`, a right answer, with 1 to 3 things wrong in it."""
    if isinstance(value, (dict, list)) and randrange(40):
        value = _copy(value)
        for _ in range(1 + randrange(3)):
            value = _change(value)
        text = json.dumps(value)
    else:
        text = json.dumps(json_value())
    return _text(text)


def _copy(value):
    return json.loads(json.dumps(value))


def _change(value):
    # At a place anywhere in the tree.
    if isinstance(value, dict) and value:
        key = choice(sorted(value))
        if randrange(4):
            value[key] = _change(value[key])
        elif randrange(2):
            del value[key]
        else:
            value[choice(_TEXTS)] = value.pop(key)
        return value
    if isinstance(value, list) and value:
        i = randrange(len(value))
        if randrange(4):
            value[i] = _change(value[i])
        elif randrange(2):
            del value[i]
        else:
            value.append(value[i])
        return value
    return json_value()


def _text(text):
    data = text.encode()
    if randrange(4):
        return data
    return choice(
        (
            data[: randrange(len(data) + 1)],
            data + choice((b" x", b"\x00", b"}", b" " * 4096, b" " * 9000)),
            choice((b"\xef\xbb\xbf", b"\xff", b"\n\n")) + data,
            flip(data),
            b"[" * _DEEP + data + b"]" * _DEEP,
            choice((b"", b"null", b"NaN", b"Infinity", b"1e999", b"<html></html>", b"[" * 4000)),
        )
    )


def _long():
    # Over the limit of a head, but rarely: it takes time.
    name = choice((b"X: ", b"Retry-After: ", b"Content-Length: ", b"Content-Range: bytes 0-1/"))
    return name + b"9" * (100 if randrange(8) else choice((5000, 9000)))


def flip(data):
    """Return `data` with 1 to 8 bytes that are others."""
    data = bytearray(data)
    for _ in range(1 + randrange(8) if data else 0):
        data[randrange(len(data))] = getrandbits(8)
    return bytes(data)


def head(data):
    """Return the head `data`, status line and all, with 1 to 3 things wrong in it."""
    lines = data.split(b"\r\n")[:-2]
    for _ in range(1 + randrange(3)):
        _change_line(lines)
    end = choice((b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r"))
    made = end.join(lines) + end + end
    return made if randrange(12) else flip(made)


def _change_line(lines):
    i = randrange(len(lines)) if lines else 0
    kind = randrange(8)
    if kind == 0 and lines:
        code = b"%d" % choice(_STATUSES)
        lines[0] = choice((b"HTTP/1.1 " + code + b" ", choice(_STATUS_LINES)))
    elif kind == 1 and i:
        del lines[i]
    elif kind == 2 and i:
        lines[i] = lines[i].split(b":")[0] + b": " + choice(_HEAD_VALUES)
    elif kind == 3:
        lines.append(choice((b" folded", b"nothing", b":", b"\xff: \xff", _long())))
    elif kind == 4:
        lines[0:0] = choice(([b"HTTP/1.1 100 Continue", b""], [b"HTTP/1.1 103 ", b"Link: x", b""]))
    elif kind == 5 and lines:
        lines[0] = b"HTTP/1.1 %d " % choice((301, 302, 303, 307, 308))
        lines.append(b"Location: " + choice(_LOCATIONS))
    else:
        lines.append(choice(_HEADS) + b": " + choice(_HEAD_VALUES))


def body(data):
    """Return the bytes of a body with something wrong."""
    kind = randrange(5)
    if kind == 0:
        return data[: randrange(len(data) + 1)]
    if kind == 1:
        return data + bytes(1 + randrange(100))
    if kind == 2:
        return flip(data)
    if kind == 3:
        return b""
    return chunked(data)


def chunked(data):
    """Return `data` in chunks, some of them wrong."""
    made = b""
    while data:
        size = 1 + randrange(len(data))
        said = b"%x" % size
        if not randrange(6):
            said = choice((b"", b"-1", b"0x5", b"5;ext=1", b"ffffffffffffffffff", b" 5 ", b"\xff"))
        made += said + b"\r\n" + data[:size] + choice((b"\r\n", b"\r\n", b"\r\n", b"\n", b"xx"))
        data = data[size:]
    return made + choice((b"0\r\n\r\n", b"0\r\nTrailer: x\r\n\r\n", b"0\r\n", b"", b"\r\n"))
