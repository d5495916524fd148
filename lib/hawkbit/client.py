# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""One method per DDI resource, over any HTTP session (see http.Session).

All methods raise OSError (network), HTTPError (a status that the call does not accept),
ProtocolError (not DDI) and UpdateError (an answer over json_limit). JSON is read into
`block`, the one buffer, which the download uses too.
"""

import json

from micropython import const

from hawkbit import ddi
from hawkbit.errors import HTTPError, ProtocolError, UpdateError
from hawkbit.http import split_url

BLOCK_SIZE = const(4096)

_JSON_LIMIT = const(8 * 1024)
_MAX_REDIRECTS = const(3)
_REDIRECTS = const((301, 302, 303, 307, 308))


def quote(text):
    """Percent-encode one path segment; UTF-8."""
    safe = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:@"
    return "".join(chr(b) if b in safe else "%%%02X" % b for b in text.encode())


class Client:
    """A controller of one tenant at `url`, such as "https://hawkbit.example".

    Give `target_token` or `gateway_token`; it goes to that origin only. JSON links are
    followed there too, whatever host a proxy made the server write into them; links of
    artifacts may lead elsewhere (CDN), unless `rewrite_links` brings them home.
    """

    def __init__(
        self,
        session,
        url,
        tenant,
        controller_id,
        target_token=None,
        gateway_token=None,
        rewrite_links=False,
        weak_hashes=False,
        json_limit=_JSON_LIMIT,
    ):
        self.block = bytearray(BLOCK_SIZE)
        self.view = memoryview(self.block)
        self._session = session
        self._origin = split_url(url)[:3]
        self.base = "%s/%s/controller/v1/%s" % (
            url.rstrip("/"),
            quote(tenant),
            quote(controller_id),
        )
        self._token = None
        if target_token:
            self._token = "TargetToken " + target_token
        elif gateway_token:
            self._token = "GatewayToken " + gateway_token
        self._rewrite_links = rewrite_links
        self._weak_hashes = weak_hashes
        self._json_limit = json_limit
        self._etag = None
        self._polled = None

    def close(self):
        """Close the kept connection."""
        self._session.close()

    def poll(self):
        """Return the ddi.Base; on a 304 to our own ETag, the last one."""
        heads = {"If-None-Match": self._etag} if self._etag else {}
        response = self._request("GET", self.base, heads)
        try:
            if response.status == 304 and self._polled:
                return self._polled
            etag = response.header("etag")
            self._polled = ddi.base(self._json(response))
            self._etag = etag
        finally:
            response.close()
        return self._polled

    def deployment(self, link):
        """Return the ddi.Deployment behind a deploymentBase, confirmationBase or
        installedBase link. Only for links just polled: asking for the deploymentBase of a
        closed action breaks the server's record of it.

        Raises UpdateError when it can never be installed.
        """
        return ddi.deployment(self._get(link), link, self._weak_hashes)

    def feedback(self, action_id, execution, finished, details=(), code=None):
        """Report on an action: one status entry. EXEC_CLOSED ends it. 410: it has ended."""
        self.send(
            "POST",
            "/deploymentBase/%s/feedback" % action_id,
            ddi.feedback(execution, finished, details, code),
        )

    def stop_id(self, link):
        """Return the id of the action that a cancelAction link wants stopped."""
        return ddi.stop_id(self._get(link))

    def cancel_feedback(self, action_id, execution, finished, details=()):
        """Answer a cancelAction. EXEC_CLOSED with success accepts it, EXEC_REJECTED refuses."""
        self.send(
            "POST",
            "/cancelAction/%s/feedback" % action_id,
            ddi.feedback(execution, finished, details),
        )

    def config_data(self, attributes, mode=ddi.MODE_MERGE):
        """Send attributes of the device, a dict with at least one pair."""
        self.send("PUT", "/configData", ddi.config_data(attributes, mode))

    def set_installed(self, name, version):
        """Say which distribution set runs, after a rollback or a cable flash.

        Experimental in hawkBit, which ignores it while an action is open.
        """
        self.send("PUT", "/installedBase", {"name": name, "version": version})

    def artifact(self, url, start, end, etag=None):
        """Ask for the bytes `start` to `end` (exclusive) of an artifact; return the response.

        etag: as received with an earlier part; another file is then answered whole (200).
        Raises UpdateError for a link from https to http.
        """
        heads = {"Range": "bytes=%d-%d" % (start, end - 1)}
        if etag:
            heads["If-Range"] = etag
        if self._rewrite_links:
            url = self._at_home(url)
        for _ in range(_MAX_REDIRECTS):
            if self._origin[0] == "https" and not url.startswith("https:"):
                raise UpdateError("artifact link leads from https to http; see rewrite_links")
            # A copy: the token in it must not go along to where a redirect leads.
            response = self._request("GET", url, heads.copy())
            if response.status not in _REDIRECTS:
                return response
            location = response.header("location") or ""
            response.close()
            url = self._absolute(url, location)
        raise ProtocolError("over %d redirects" % _MAX_REDIRECTS)

    def _at_home(self, link):
        return self._absolute(self.base, split_url(self._absolute(self.base, link))[3])

    def _absolute(self, url, location):
        if location.startswith("/"):
            return "/".join(url.split("/", 3)[:3]) + location
        return location

    def _request(self, method, url, heads, body=None):
        heads["Accept"] = "application/hal+json, */*"
        if self._token and split_url(url)[:3] == self._origin:
            heads["Authorization"] = self._token
        return self._session.request(method, url, heads, body)

    def _get(self, link):
        # Unless it is answered, the next poll is whole: the link may be out of date, or wrong.
        etag, self._etag = self._etag, None
        response = self._request("GET", self._at_home(link), {})
        try:
            answer = self._json(response)
        finally:
            response.close()
        self._etag = etag
        return answer

    def send(self, method, path, body):
        """Send `body` as JSON to a path below the controller's base."""
        heads = {"Content-Type": "application/json"}
        body = json.dumps(body).encode()
        response = self._request(method, self.base + path, heads, body)
        try:
            if not 200 <= response.status < 300:
                raise self.error(response, path)
            # A short answer is read to its end, so that the connection can be kept.
            response.readinto(self.view)
        finally:
            response.close()

    def _json(self, response):
        if response.status != 200:
            raise self.error(response, "GET")
        n = response.readinto(self.view)
        body = bytes(self.view[:n])
        if n == BLOCK_SIZE:
            body += self._rest(response)
        try:
            return json.loads(body)
        except (ValueError, RuntimeError):  # UnicodeError; RecursionError of CPython
            raise ProtocolError("not JSON")

    def _rest(self, response):
        rest = bytearray(self._json_limit - BLOCK_SIZE + 1)
        n = response.readinto(memoryview(rest))
        if n == len(rest):
            raise UpdateError("an answer larger than %d bytes" % self._json_limit)
        return rest[:n]

    def error(self, response, path):
        """Return the HTTPError of an answer, with hawkBit's errorCode if its body has one."""
        try:
            n = response.readinto(self.view)
            code = json.loads(bytes(self.view[:n])).get("errorCode")
        except (OSError, ProtocolError, ValueError, AttributeError, RuntimeError):
            code = None  # HTML, nothing, cut off
        try:
            retry_after_s = int(response.header("retry-after") or "")
        except ValueError:  # none, or a date
            retry_after_s = None
        code = code if type(code) is str else None
        return HTTPError(response.status, path, code, retry_after_s)
