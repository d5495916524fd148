"""hawkBit's Management API for Python: typed results, whole lists, retries, streamed uploads."""

from rollouts.api.client import Hawkbit
from rollouts.api.errors import (
    BadAnswerError,
    RefusedError,
    RolloutsError,
    ServerError,
    UnreachableError,
)

__all__ = [
    "BadAnswerError",
    "Hawkbit",
    "RefusedError",
    "RolloutsError",
    "ServerError",
    "UnreachableError",
]
