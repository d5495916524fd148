from typing import Any, Callable, NamedTuple, Sequence

from hawkbit.client import Client
from hawkbit.ddi import Offer

FEEDBACK: str
EXEC_CLOSED: str
EXEC_PROCEEDING: str
EXEC_DOWNLOADED: str
EXEC_REJECTED: str
RESULT_SUCCESS: str
RESULT_FAILURE: str
RESULT_NONE: str
SKIP: str
FORCED: str

class Deployment(NamedTuple):
    action_id: str
    download: str
    update: str
    window: str | None
    artifacts: list[Artifact]
    deltas: dict[str, Artifact]

class Artifact(NamedTuple):
    part: str
    name: str
    version: str
    metadata: dict[str, str]
    filename: str
    size: int
    hash: str
    digest: str
    url: str

def read(client: Client, offer: Offer) -> Deployment: ...
def parse(
    answer: Any, action_id: str, weak_hashes: bool = False, is_https: bool = True
) -> Deployment: ...
def delta_for(
    deployment: Deployment, artifact: Artifact, read_base: Callable[[int, Any], object]
) -> Artifact | None: ...
def stop_id(answer: Any) -> str: ...
def feedback(
    action_id: str,
    execution: str,
    finished: str,
    details: Sequence[str] = (),
    code: int | None = None,
) -> dict[str, Any]: ...
def clean_details(details: Sequence[str]) -> list[str]: ...
