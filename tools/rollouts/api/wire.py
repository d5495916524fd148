"""Between hawkBit's JSON and dataclasses: names, types, and nothing silently wrong.

A field `created_at_ms` is `createdAt` on the wire. Unknown members are ignored (servers
of 2023 to 2026 differ), a null is the same as absent, a wrong type is a BadAnswerError.
"""

import dataclasses
import functools
import types
import typing
from typing import Any, TypeVar

from rollouts.api.errors import BadAnswerError

T = TypeVar("T")
_KINDS = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
}


def secret() -> Any:
    """Declare a str field that must not show in repr() and not leave by `to_json`."""
    return dataclasses.field(default=None, repr=False, metadata={"secret": True})


def wire_name(field_name: str) -> str:
    head, *tail = field_name.removesuffix("_ms").rstrip("_").split("_")
    return head + "".join(word.capitalize() for word in tail)


@functools.cache
def _fields(cls: Any) -> list[tuple]:
    hints = typing.get_type_hints(cls)
    return [(field, wire_name(field.name), hints[field.name]) for field in dataclasses.fields(cls)]


def decode(cls: type[T], data: object, where: str | None = None) -> T:
    """Return `cls` from a JSON object. Raises BadAnswerError naming the member."""
    where = where or cls.__name__
    known = check_object(data, where)
    values = {}
    for field, name, hint in _fields(typing.cast(Any, cls)):
        if known.get(name) is not None:
            values[field.name] = _value(hint, known[name], f"{where}.{name}")
        elif _is_required(field):
            raise BadAnswerError(f"{where}.{name} is missing")
    return cls(**values)


def decode_list(cls: type[T], data: object, where: str | None = None) -> list[T]:
    """Return a list of `cls` from a JSON array."""
    where = where or cls.__name__
    return [
        decode(cls, item, f"{where}[{index}]") for index, item in enumerate(_list(data, where))
    ]


def _kind(value: object) -> str:
    # Not the value itself, which may be a token.
    return _KINDS.get(type(value), "null")


def check_object(data: object, where: str) -> dict:
    """Return `data`. Raises BadAnswerError when it is not a JSON object."""
    if not isinstance(data, dict):
        raise BadAnswerError(f"{where}: an object was expected, not {_kind(data)}")
    return data


def _list(data: object, where: str) -> list:
    if not isinstance(data, list):
        raise BadAnswerError(f"{where}: a list was expected, not {_kind(data)}")
    return data


def _is_required(field):
    missing = dataclasses.MISSING
    return field.default is missing and field.default_factory is missing


def _value(hint, value, where):
    if isinstance(hint, types.UnionType):
        hint = next(part for part in hint.__args__ if part is not types.NoneType)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return decode(hint, value, where)
    if typing.get_origin(hint) is list:
        [item] = typing.get_args(hint)
        # hawkBit joins a history entry without messages to one that is null.
        parts = [(n, part) for n, part in enumerate(_list(value, where)) if part is not None]
        return [_value(item, part, f"{where}[{index}]") for index, part in parts]
    # bool is an int in Python, but not in JSON.
    if hint is not object and (type(value) is not hint):
        raise BadAnswerError(f"{where}: {_KINDS[hint]} was expected, not {_kind(value)}")
    return value


def encode(obj: object) -> Any:
    """Return the JSON form of a request: wire names, None left out."""
    if isinstance(obj, list):
        return [encode(item) for item in obj]
    if not dataclasses.is_dataclass(obj):
        return obj
    pairs = (
        (wire_name(field.name), getattr(obj, field.name)) for field in dataclasses.fields(obj)
    )
    return {name: encode(value) for name, value in pairs if value is not None}


def to_json(obj: object) -> Any:
    """Return `obj` as hawkBit words it, for a reader: as `encode`, but without secrets."""
    if isinstance(obj, list):
        return [to_json(item) for item in obj]
    if isinstance(obj, dict):
        return {key: to_json(value) for key, value in obj.items()}
    if not dataclasses.is_dataclass(obj):
        return obj
    shown = {}
    for field in dataclasses.fields(obj):
        value = getattr(obj, field.name)
        if value is not None and not field.metadata.get("secret"):
            shown[wire_name(field.name)] = to_json(value)
    return shown
