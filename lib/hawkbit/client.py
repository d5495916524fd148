# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""The controller's side of DDI: its poll, its attributes, and the requests that the life of an
action is made of, over any HTTP session (see http.Session).

All methods raise OSError (network), HTTPError (a status that the call does not accept),
ProtocolError (not DDI) and UpdateError (an answer over json_limit). JSON is read into
`block`, the one buffer, which the download uses too.
"""

import json

from micropython import const

from hawkbit import __version__, ddi, log
from hawkbit.errors import HTTPError, ProtocolError, UpdateError
from hawkbit.http import absolute, split_url
from hawkbit.settings import take_all

BLOCK_SIZE = const(4096)
_MAX_ETAG = const(256)  # as repr() has it, so that one of control characters is no longer


def quote(text):
    """Percent-encode one path segment; UTF-8. What RFC 3986 allows there stays as it is."""
    safe = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:@!$&'()*+,;="
    return "".join(chr(b) if b in safe else "%%%02X" % b for b in text.encode())


class Client:
    """A controller of one tenant at `address`, such as "https://hawkbit.example".

    Its token goes to that origin only. JSON links are followed there too, whatever host a proxy
    made the server write into them; links of artifacts may lead elsewhere (CDN).
    """

    # Settings.
    target_token = None  # one of the two, or none where the server lets anonymous devices in
    gateway_token = None
    rewrite_links = False  # bring links of artifacts home too: a proxy writes wrong hosts
    weak_hashes = False  # take sha1 or md5 from servers that have no sha256
    json_limit = 8 * 1024  # bytes of an answer, at least 4096
    headers = {}  # more of them, for a proxy or a gateway at that origin

    def __init__(self, session, address, tenant, controller_id, **settings):
        take_all(self, settings)
        self.block = bytearray(BLOCK_SIZE)
        self.view = memoryview(self.block)
        self.url = ddi.CONTROLLER % (address.rstrip("/"), quote(tenant), quote(controller_id))
        self._session = session
        self.origin = split_url(address)[:3]
        self._base_path = split_url(address)[3].rstrip("/")
        self._etag = None
        self._polled = None

    def close(self):
        """Close the kept connection."""
        self._session.close()

    def poll(self):
        """Return the ddi.Poll; on a 304 to our own ETag, the last one."""
        if getattr(self._session, "is_insecure", False):
            log.line(log.ERROR, "TLS is not verified: insecure=True")
        etag, self._etag = self._etag, None  # it may be what the server refuses
        headers = {"If-None-Match": etag} if etag else {}
        response = self.request("GET", self.url, headers)
        try:
            if response.status != 304 or not self._polled:
                etag = self.etag(response)
                self._polled = ddi.poll(self._json(response, self.url))
            self._etag = etag
        finally:
            response.close()
        return self._polled

    def config_data(self, attributes, mode=ddi.MODE_MERGE):
        """Send attributes of the device, a dict with at least one pair."""
        self.send("PUT", "/" + ddi.CONFIG_DATA, ddi.config_data(attributes, mode))

    def at_home(self, link):
        """Return `link` on the configured origin, behind the base path that a proxy strips."""
        path = split_url(absolute(self.url, link))[3]
        if not path.startswith(self._base_path + "/"):
            path = self._base_path + path
        return "/".join(self.url.split("/", 3)[:3]) + path

    def artifact_link(self, link):
        """Return where to ask for an artifact: at home too, if its link names our own host and
        another scheme, as behind a proxy that ends TLS, or if `rewrite_links` says so."""
        scheme, host, port, _ = split_url(absolute(self.url, link))
        is_own = host == self.origin[1] and (scheme != self.origin[0] or port == self.origin[2])
        return self.at_home(link) if is_own or self.rewrite_links else absolute(self.url, link)

    def request(self, method, url, headers, body=None):
        """Ask any server; the token and the user's headers go to the configured origin only."""
        headers["Accept"] = "application/hal+json, */*"
        headers["User-Agent"] = "micropython-hawkbit/" + __version__
        if split_url(url)[:3] == self.origin:
            headers.update(self.headers)
            if self.target_token:
                headers["Authorization"] = "TargetToken " + self.target_token
            elif self.gateway_token:
                headers["Authorization"] = "GatewayToken " + self.gateway_token
        return self._session.request(method, url, headers, body)

    def etag(self, response):
        """Return the ETag of an answer that may go into the journal, or None.

        A longer one is done without, and unsaid: the only cost is a poll that is answered whole,
        and a resumed download whose other file shows in its hash only.
        """
        etag = response.header("etag")
        return etag if len(repr(etag)) < _MAX_ETAG else None

    def get(self, link):
        """Return the JSON behind a link of a poll."""
        # Unless it is answered, the next poll is whole: the link may be out of date, or wrong.
        etag, self._etag = self._etag, None
        response = self.request("GET", self.at_home(link), {})
        try:
            answer = self._json(response, link)
        finally:
            response.close()
        self._etag = etag
        return answer

    def send(self, method, path, body):
        """Send `body` as JSON to a path below the controller's URL."""
        headers = {"Content-Type": "application/json"}
        body = json.dumps(body).encode()
        response = self.request(method, self.url + path, headers, body)
        try:
            if not 200 <= response.status < 300:
                raise self.error(response, path)
            # A short answer is read to its end, so that the connection can be kept.
            response.readinto(self.view)
        finally:
            response.close()

    def _json(self, response, url):
        if response.status != 200:
            raise self.error(response, url)
        n = response.readinto(self.view)
        body = bytes(self.view[:n])
        if n == BLOCK_SIZE:
            body += self._rest(response)
        try:
            return json.loads(body)
        except (ValueError, RuntimeError):  # UnicodeError; RecursionError of CPython
            raise ProtocolError("not JSON")

    def _rest(self, response):
        rest = bytearray(self.json_limit - BLOCK_SIZE + 1)
        n = response.readinto(memoryview(rest))
        if n == len(rest):
            raise UpdateError("an answer larger than %d bytes: json_limit" % self.json_limit)
        return rest[:n]

    def error(self, response, path):
        """Return the HTTPError of an answer: hawkBit's errorCode if its body has one, where a
        redirect leads, and how long to wait."""
        location = response.header("location")
        if 300 <= response.status < 400 and location:
            path = "%s, moved to %s" % (path, location)
        retry_after = response.header("retry-after")
        try:
            n = response.readinto(self.view)
            code = json.loads(bytes(self.view[:n])).get("errorCode")
        except (OSError, ProtocolError, ValueError, AttributeError, RuntimeError):
            code = None  # HTML, nothing, cut off
        code = code if type(code) is str else None
        seconds = _seconds(retry_after) if retry_after else None
        return HTTPError(response.status, path, code, seconds)


def _seconds(text):
    try:
        return int(text)
    except ValueError:
        from hawkbit import http_date

        return http_date.seconds_until(text)
