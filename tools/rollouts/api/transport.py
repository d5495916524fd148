"""One request to the Management API: path in, JSON out, errors as exceptions.

The only module that knows httpx. Redirects are not followed: the login would go along.
"""

import functools
import json
import re
import ssl
import time
import urllib.parse
from collections.abc import Callable
from typing import Any

import httpx

from rollouts import __version__
from rollouts.api import retry
from rollouts.api.errors import BadAnswerError, RefusedError, ServerError, UnreachableError
from rollouts.api.login import Login

_BASE = "/rest/v1"
_ACCEPT = "application/json, application/octet-stream"
_BASIC = re.compile(r"(^|[\s,])basic\b", re.I)
# A server on this computer that refuses a connection may just be starting.
_STARTING_TRIES = 12
_STARTING_DELAY_S = 0.5
_PLAIN_CHARS = 200
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)
# Hosts that are this computer.
LOOPBACK = ("localhost", "127.0.0.1", "::1")
# What http_proxy says is not meant for these: the login would leave this computer.
_DIRECT = dict.fromkeys(("all://localhost", "all://127.0.0.1", "all://[::1]"))


def path(*parts: str | int) -> str:
    """Return a path below /rest/v1 from its segments, each percent-encoded.

    Raises RefusedError on a segment that no URL can carry: empty, `.` and `..`.
    """
    texts = [str(part) for part in parts]
    for text in texts:
        if text in ("", ".", ".."):
            raise RefusedError(
                f"{text!r} cannot be part of a path: the server cannot be asked for it"
            )
    return "/" + "/".join(urllib.parse.quote(text, safe="") for text in texts)


class Transport:
    """Sends requests on kept connections. `on_exchange(method, path, status, seconds)`."""

    def __init__(
        self,
        url: str,
        login: Login,
        ca: str | None = None,
        on_exchange: Callable[[str, str, object, float], None] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        mock: httpx.BaseTransport | None = None,
    ):
        self._url = _base_url(url)
        self._sleep = sleep
        self._on_exchange = on_exchange
        self._reached = False
        self._http = httpx.Client(
            auth=login,
            headers={"Accept": _ACCEPT, "User-Agent": f"rollouts/{__version__}"},
            timeout=_TIMEOUT,
            transport=mock,
            mounts=_DIRECT,
            verify=_ssl_context(ca),
        )

    @property
    def origin(self) -> str:
        """Scheme, host and port (and path before /rest/v1), as the user gave it."""
        return self._url.removesuffix(_BASE)

    def close(self) -> None:
        self._http.close()

    def get(self, where: str, **params) -> Any:
        return self.request("GET", where, params=params)

    def post(self, where: str, body: object = None, **params) -> Any:
        return self.request("POST", where, body, params)

    def put(self, where: str, body: object = None) -> Any:
        return self.request("PUT", where, body)

    def delete(self, where: str, **params) -> Any:
        return self.request("DELETE", where, params=params)

    def download(self, where: str) -> bytes:
        """Return a file as it is. Raises as request() does."""
        return self.request("GET", where, decoded=lambda response, *_: response.content)

    def request(
        self,
        method: str,
        where: str,
        body: object = None,
        params: dict | None = None,
        files: dict[str, Any] | None = None,
        decoded: Callable[[httpx.Response, str, str], Any] | None = None,
    ) -> Any:
        """Return the decoded body, None when it is empty.

        `body`: JSON; or `files`: the parts of a form, as httpx takes them.
        Raises ServerError, UnreachableError, BadAnswerError; only after the tries of `retry`.
        """
        tries = 0
        while True:
            tries += 1
            try:
                response = self._exchange(method, where, params, json=body, files=files)
                if response.is_success:
                    return (decoded or _decoded)(response, method, where)
                raise _error(response, method, where)
            except (UnreachableError, ServerError) as error:
                # Before the first answer it is the address that is wrong, not the moment.
                if not (self._reached and retry.is_worth_it(error, tries)):
                    raise
                self._sleep(retry.delay_s(error, tries))

    def _exchange(
        self, method: str, where: str, params: dict | None, **content: Any
    ) -> httpx.Response:
        begin = time.monotonic()
        request = self._http.build_request(method, self._full(where, params), **content)
        try:
            response = self._sent(request)
        except httpx.HTTPError as error:
            self._tell(method, where, type(error).__name__, begin)
            raise UnreachableError(_why(error, self.origin)) from error
        self._reached = True
        self._tell(method, where, response.status_code, begin)
        return response

    def _sent(self, request: httpx.Request) -> httpx.Response:
        for _ in range(_STARTING_TRIES):
            try:
                return self._http.send(request)
            except httpx.ConnectError as error:
                if self._reached or not (request.url.host in LOOPBACK and _is_refused(error)):
                    raise
            self._sleep(_STARTING_DELAY_S)
        return self._http.send(request)

    def _full(self, where: str, params: dict | None) -> str:
        given = {key: value for key, value in (params or {}).items() if value is not None}
        query = urllib.parse.urlencode(given, quote_via=urllib.parse.quote)
        return self._url + where + ("?" + query if query else "")

    def _tell(self, method: str, where: str, outcome: object, begin: float) -> None:
        if self._on_exchange:
            self._on_exchange(method, _BASE + where, outcome, time.monotonic() - begin)


def _base_url(url: str) -> str:
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise RefusedError(f"the server's URL cannot be read: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.host:
        raise RefusedError("the server's URL has to begin with https:// or http:// and a host")
    if parts.userinfo:
        raise RefusedError("the server's URL holds a user or password: give them separately")
    if parts.query or parts.fragment:
        raise RefusedError("the server's URL ends before /rest/v1 and has no query")
    before_api = parts.path.rstrip("/").removesuffix(_BASE)
    return f"{parts.scheme}://{parts.netloc.decode()}{before_api}{_BASE}"


# To read all roots takes longer than most requests.
_of_well_known_roots = functools.cache(httpx.create_ssl_context)


def _ssl_context(ca: str | None) -> ssl.SSLContext:
    if ca is None:
        return _of_well_known_roots()
    context = httpx.create_ssl_context()
    try:
        context.load_verify_locations(cafile=ca)
    except OSError as error:
        # ssl.SSLError is an OSError: no such file, and no certificate in it.
        raise RefusedError(f"the CA file {ca} cannot be used (PEM is wanted): {error}") from error
    return context


def _decoded(response: httpx.Response, method: str, where: str) -> Any:
    if not response.content.strip():
        return None
    try:
        return response.json()
    except ValueError as error:
        kind = response.headers.get("content-type", "no content type")
        raise BadAnswerError(
            f"{method} {_BASE}{where} was answered with {kind}, not JSON: is this hawkBit's URL?"
        ) from error


def _error(response: httpx.Response, method: str, where: str) -> ServerError:
    if response.is_redirect:
        target = response.headers.get("location", "nowhere")
        raise BadAnswerError(
            f"the server redirects {method} {_BASE}{where} to {target}: set the URL it means"
        )
    asked_for = ", ".join(response.headers.get_list("www-authenticate"))
    if response.status_code == 401 and asked_for and not _BASIC.search(asked_for):
        raise BadAnswerError(
            f"the server wants a login by {asked_for.split()[0].rstrip(',')}, and rollouts has "
            "only the basic one (ROLLOUTS_USER, ROLLOUTS_PASSWORD): let the server take that too, "
            "or set ROLLOUTS_URL to an address of it that does"
        )
    try:
        known = response.json()
    except ValueError:
        known = {}
    known = known if isinstance(known, dict) else {}
    code, message = known.get("errorCode"), known.get("message")
    if code is None and known.get("exceptionClass"):
        code = known["exceptionClass"]
    text = response.text.strip()
    if not known and len(text) < _PLAIN_CHARS and "<" not in text:
        message = text  # a proxy's few words; a whole page says no more
    body = json.dumps(known, ensure_ascii=False, indent=2) if known else text
    after = response.headers.get("retry-after")
    return ServerError(response.status_code, method, _BASE + where, body, code, message, after)


def _is_refused(error: BaseException | None) -> bool:
    while error and not isinstance(error, ConnectionRefusedError):
        error = error.__cause__ or error.__context__
    return error is not None


def _why(error: httpx.HTTPError, origin: str) -> str:
    text = str(error) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in text:
        reason = re.sub(r".*CERTIFICATE_VERIFY_FAILED\] ?|\(_ssl.*", "", text).strip()
        return f"the certificate of {origin} is not trusted ({reason}); --ca FILE adds a root"
    if isinstance(error, httpx.TimeoutException):
        return f"no answer from {origin} in time ({type(error).__name__})"
    hint = ": no https is spoken there" if "WRONG_VERSION_NUMBER" in text else ""
    return f"cannot reach {origin}{hint}: {text}"
