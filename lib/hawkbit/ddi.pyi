from typing import Any, NamedTuple

CONTROLLER: str
DEPLOYMENT_BASE: str
CANCEL_ACTION: str
CONFIRMATION_BASE: str
INSTALLED_BASE: str
CONFIG_DATA: str
MODE_MERGE: str

class Offer(NamedTuple):
    action_id: str
    link: str

class Poll(NamedTuple):
    sleep: str | None
    deployment: Offer | None
    cancel: Offer | None
    confirmation: Offer | None
    wants_config: bool

def poll(answer: Any) -> Poll: ...
def href(links: dict[str, Any], rel: str) -> str | None: ...
def sleep_s(text: str | None) -> int: ...
def config_data(attributes: dict[str, Any], mode: str = ...) -> dict[str, Any]: ...
