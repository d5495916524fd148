"""What differs in `--dialect 2023`, the server behind the seed reference (hawkBit of 2023-08).

Answers that are more than a status are chosen where they are made, by `settings.is_2023`;
here is what can be translated on the way out.
"""

from .errors import PREFIX, ApiError

# Quotas were forbidden, not "too many"; a set in use was read-only, not locked.
_STATUS = {429: 403, 423: 403}
_CODE = {"locked": "entityReadOnly"}


def error_of_2023(error: ApiError) -> tuple[int, dict]:
    """Status and body as they were then: `parameters` instead of `info`."""
    body = dict(error.body)
    info = body.pop("info", None)
    code = body.get("errorCode", "").removeprefix(PREFIX)
    if code in _CODE:
        body["errorCode"] = PREFIX + _CODE[code]
    body["parameters"] = [str(info["entityId"])] if info else []
    return _STATUS.get(error.status, error.status), body
