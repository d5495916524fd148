"""A target as it begins, whether an operator makes it or it registers itself."""

import secrets

from . import errors
from .model import Target

MAX_CONTROLLER_ID = 256
MAX_NAME = 128


def new_target(controller_id: str, **values) -> Target:
    """A target that is not stored yet. ApiError for an id that none has."""
    if any(c.isspace() for c in controller_id):
        raise errors.constraint("a controllerId must not contain whitespace")
    if len(controller_id) > MAX_CONTROLLER_ID:
        raise errors.constraint(f"a controllerId has at most {MAX_CONTROLLER_ID} characters")
    defaults = {"name": controller_id[:MAX_NAME], "security_token": secrets.token_hex(16)}
    return Target(controller_id=controller_id, **defaults | values)
