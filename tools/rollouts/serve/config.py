"""The tenant's configuration: its keys, their defaults, and which values they take."""

from collections.abc import Callable
from dataclasses import dataclass

from . import errors, polling
from .model import ConfigValue
from .settings import Settings
from .store import Work

TARGET_TOKEN_ENABLED = "authentication.targettoken.enabled"
GATEWAY_TOKEN_ENABLED = "authentication.gatewaytoken.enabled"
GATEWAY_TOKEN_KEY = "authentication.gatewaytoken.key"
POLLING_TIME = "pollingTime"
OVERDUE_TIME = "pollingOverdueTime"
WINDOW_POLL_COUNT = "maintenanceWindowPollCount"
AUTOCLOSE = "repository.actions.autoclose.enabled"
CONFIRMATION_FLOW = "user.confirmation.flow.enabled"
IMPLICIT_LOCK = "implicit.lock.enabled"
ROLLOUT_APPROVAL = "rollout.approval.enabled"


def _boolean(value, settings: Settings) -> bool:
    # hawkBit takes every other word for false, "yes" too.
    return value is True or str(value).lower() == "true"


def _text(value, settings: Settings) -> str:
    if not isinstance(value, str):
        raise ValueError("it takes a text")
    return value


def _count(value, settings: Settings) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("it takes a whole number above 0")
    return value


def _polling(value, settings: Settings) -> str:
    polling.Polling(_text(value, settings), settings)
    return value


def _duration(value, settings: Settings) -> str:
    polling.interval_s(_text(value, settings))
    return value


@dataclass(frozen=True)
class Key:
    check: Callable
    default: Callable[[Settings], object]


KEYS = {
    TARGET_TOKEN_ENABLED: Key(_boolean, lambda settings: settings.device_login),
    GATEWAY_TOKEN_ENABLED: Key(_boolean, lambda settings: settings.device_login),
    GATEWAY_TOKEN_KEY: Key(_text, lambda settings: settings.gateway_token),
    POLLING_TIME: Key(_polling, lambda settings: settings.polling_time),
    OVERDUE_TIME: Key(_duration, lambda settings: "00:05:00"),
    WINDOW_POLL_COUNT: Key(_count, lambda settings: 3),
    AUTOCLOSE: Key(_boolean, lambda settings: False),
    CONFIRMATION_FLOW: Key(_boolean, lambda settings: False),
    IMPLICIT_LOCK: Key(_boolean, lambda settings: True),
    ROLLOUT_APPROVAL: Key(_boolean, lambda settings: False),
}


def get(work: Work, key: str):
    stored = work.store.config_values(work.db)
    return stored[key] if key in stored else _key(key).default(work.settings)


def patience_ms(work: Work) -> tuple[int, int]:
    """How long after its last poll a target is expected, and how long until it is overdue."""
    expected_s = polling.Polling(get(work, POLLING_TIME), work.settings).default.seconds
    overdue_s = expected_s + polling.interval_s(get(work, OVERDUE_TIME))
    return round(expected_s * 1000), round(overdue_s * 1000)


def put(work: Work, key: str, value) -> None:
    """Store a value. Raises ApiError for an unknown key or a value it does not take."""
    try:
        checked = _key(key).check(value, work.settings)
    except ValueError as e:
        raise errors.bad_config_value(f"{key}: {e}")
    stored = work.db.get(ConfigValue, key)
    if stored is None:
        work.add(ConfigValue(key=key, value=checked))
    else:
        stored.value = checked
        work.touch(stored)
    work.store.forget_config()


def delete(work: Work, key: str) -> None:
    """Back to the default."""
    _key(key)
    stored = work.db.get(ConfigValue, key)
    if stored is not None:
        work.db.delete(stored)
    work.store.forget_config()


def _key(key: str) -> Key:
    if key not in KEYS:
        raise errors.bad_config_key(key)
    return KEYS[key]
