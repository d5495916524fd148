from typing import Any, Callable, Generator, Mapping, Sequence, TypedDict

from typing_extensions import Unpack

from hawkbit.client import Client
from hawkbit.deployment import Deployment
from hawkbit.download import _Sink
from hawkbit.journal import _Store
from hawkbit.report import Reports

class _UpdaterSettings(TypedDict, total=False):
    feed: Callable[[], object] | None
    accept: Callable[[Deployment], str] | None
    self_test: Callable[[], object] | None
    on_event: Callable[[str, Any], object] | None
    reset: Callable[[], object] | None
    trusted_keys: Sequence[str | bytes] | None
    attributes: dict[str, Any]
    installed: tuple[str, str] | None
    poll_s: int | None
    min_poll_s: int
    max_poll_s: int
    first_poll_spread_s: int
    confirm_timeout_s: int
    max_tries: int
    window_bytes: int
    checkpoint_bytes: int

class Updater:
    feed: Callable[[], object] | None
    accept: Callable[[Deployment], str] | None
    self_test: Callable[[], object] | None
    on_event: Callable[[str, Any], object] | None
    reset: Callable[[], object] | None
    trusted_keys: Sequence[str | bytes] | None
    attributes: dict[str, Any]
    installed: tuple[str, str] | None
    poll_s: int | None
    min_poll_s: int
    max_poll_s: int
    first_poll_spread_s: int
    confirm_timeout_s: int
    max_tries: int
    window_bytes: int
    checkpoint_bytes: int
    clock: Any
    started_ms: int
    on_trial: bool
    def __init__(
        self,
        client: Client,
        sinks: Mapping[str, _Sink] | Callable[[], Mapping[str, _Sink]],
        store: _Store,
        is_on_trial: Callable[[], bool] | None = None,
        clock: Any = ...,
        **settings: Unpack[_UpdaterSettings],
    ) -> None: ...
    def run(self) -> None: ...
    def run_once(self) -> int: ...
    def cycle(self) -> Generator[None, None, None]: ...
    def wait_s(self) -> int: ...
    def close(self) -> None: ...
    def sinks(self) -> dict[str, _Sink]: ...
    def reports(self) -> Reports: ...
    def feed_watchdog(self) -> None: ...
    def event(self, name: str, info: Any) -> None: ...
    def restart(self) -> None: ...
    def begin_trial(self) -> None: ...
    def revert(self) -> None: ...
    def look(self) -> None: ...
