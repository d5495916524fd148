ERROR: int
INFO: int
DEBUG: int
level: int

def line(at: int, text: str, *args: object) -> None: ...
