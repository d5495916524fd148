"""Which errors pass by themselves, and how they read."""

from hawkbit.errors import HawkbitError, HTTPError, ProtocolError, UpdateError


def test_status_that_may_pass_is_transient():
    for status in (301, 302, 304, 307, 401, 403, 408, 409, 429, 500, 502, 503, 504, 599):
        assert HTTPError(status, "/x").is_transient(), status
    assert HTTPError(500, "/x", "hawkbit.server.error.artifact.loadFailed").is_transient()


def test_status_that_stays_is_not_transient():
    for status in (400, 404, 405, 406, 410, 412, 413, 415, 416, 422, 423):
        assert not HTTPError(status, "/x").is_transient(), status
    assert not HTTPError(429, "/x", "hawkbit.server.error.quota.tooManyEntries").is_transient()


def test_http_error_reads_as_one_line():
    assert str(HTTPError(503, "/feedback")) == "HTTP 503 for /feedback"
    assert str(HTTPError(429, "/feedback", "quota")) == "HTTP 429 for /feedback: quota"
    assert HTTPError(503, "/x", None, 7).retry_after_s == 7


def test_families_are_kept_apart():
    for kind in (HTTPError, ProtocolError, UpdateError):
        assert issubclass(kind, HawkbitError) and not issubclass(kind, OSError)
    assert not issubclass(ProtocolError, UpdateError)
