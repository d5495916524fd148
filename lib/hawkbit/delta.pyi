from typing import Any, Callable

from hawkbit.client import Client
from hawkbit.deployment import Artifact
from hawkbit.download import Download, _Sink

class Patch:
    def __init__(self, read_base: Callable[[int, Any], object], view: Any) -> None: ...
    def load(self, payload: Any, first: int) -> None: ...
    def make(self, block: Any) -> None: ...

class DeltaDownload(Download):
    def __init__(
        self, client: Client, artifact: Artifact, sink: _Sink, delta: Artifact, frame: int
    ) -> None: ...
