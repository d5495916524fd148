from typing import Any

NOW: str
LATER: str
REFUSE: str

def take(thing: object, settings: dict[str, Any]) -> dict[str, Any]: ...
def take_all(thing: object, settings: dict[str, Any]) -> None: ...
