from typing import Any, Callable, Mapping

from typing_extensions import Unpack

from hawkbit.client import _ClientSettings
from hawkbit.download import _Sink
from hawkbit.http import _SessionSettings
from hawkbit.updater import Updater, _UpdaterSettings

class _Settings(_SessionSettings, _ClientSettings, _UpdaterSettings, total=False):
    ca: str | bytes | None
    cert: str | bytes | None
    key: str | bytes | None
    insecure: bool

def updater(
    url: str,
    controller_id: str,
    tenant: str = "DEFAULT",
    sinks: Mapping[str, _Sink] | None = None,
    **settings: Unpack[_Settings],
) -> Updater: ...
def wait_online(wlan: Any, ntptime: Any = None, feed: Callable[[], object] = ...) -> None: ...
