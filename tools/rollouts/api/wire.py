"""Between hawkBit's JSON and dataclasses: names, types, and nothing silently wrong.

A field `created_at_ms` is `createdAt` on the wire. Unknown members are ignored (servers
of 2023 to 2026 differ), a null is the same as absent, a wrong type is a BadAnswerError.
"""

import dataclasses
import functools
import types
import typing
from dataclasses import field
from typing import Any, TypeVar

from rollouts.api.errors import BadAnswerError

T = TypeVar("T", bound="Model")
# Of a field that must not leave by `to_json`; with repr=False it is not in a repr either.
SECRET = {"secret": True}
_KINDS = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
}


def wire_name(field_name: str) -> str:
    head, *tail = field_name.removesuffix("_ms").rstrip("_").split("_")
    return head + "".join(word.capitalize() for word in tail)


@functools.cache
def _fields(cls: Any) -> list[tuple]:
    hints = typing.get_type_hints(cls)
    return [(one, wire_name(one.name), hints[one.name]) for one in dataclasses.fields(cls)]


@typing.dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class Model:
    """A frozen dataclass whose members are given by name."""

    def __init_subclass__(cls) -> None:
        dataclasses.dataclass(frozen=True, kw_only=True)(cls)

    @classmethod
    def unfolded(cls, known: dict) -> dict:
        """The JSON object with what is told elsewhere in it under the names of the members."""
        return known


def decode(cls: type[T], data: object, where: str | None = None) -> T:
    """Return `cls`, a Model, from a JSON object. Raises BadAnswerError naming the member."""
    where = where or cls.__name__
    known = cls.unfolded(check_object(data, where))
    values = {}
    for one, name, hint in _fields(typing.cast(Any, cls)):
        if known.get(name) is not None:
            values[one.name] = _value(hint, known[name], f"{where}.{name}")
        elif one.default is one.default_factory is dataclasses.MISSING:
            raise BadAnswerError(f"{where}.{name} is missing")
    return cls(**values)


def decode_list(cls: type[T], data: object, where: str | None = None) -> list[T]:
    """Return a list of `cls` from a JSON array."""
    where = where or cls.__name__
    items = _checked(list, data, where)
    return [decode(cls, item, f"{where}[{index}]") for index, item in enumerate(items)]


def check_object(data: object, where: str) -> dict:
    """Return `data`. Raises BadAnswerError when it is not a JSON object."""
    return _checked(dict, data, where)


def _checked(kind: Any, value: object, where: str) -> Any:
    if kind is float and type(value) is int:
        return float(value)  # JSON has one kind of number
    # bool is an int in Python, but not in JSON.
    if type(value) is not kind:
        # Not the value itself, which may be a token.
        found = _KINDS.get(type(value), "null")
        raise BadAnswerError(f"{where}: {_KINDS[kind]} was expected, not {found}")
    return value


def _value(hint, value, where):
    if isinstance(hint, types.UnionType):
        hint = next(part for part in hint.__args__ if part is not types.NoneType)
    if isinstance(hint, type) and issubclass(hint, Model):
        return decode(hint, value, where)
    if typing.get_origin(hint) is list:
        [item] = typing.get_args(hint)
        # hawkBit joins a history entry without messages to one that is null.
        parts = enumerate(_checked(list, value, where))
        return [_value(item, part, f"{where}[{n}]") for n, part in parts if part is not None]
    return value if hint is object else _checked(hint, value, where)


def encode(obj: object, *, secrets: bool = True) -> Any:
    """Return the JSON form of a request: wire names, None left out."""
    if isinstance(obj, list):
        return [encode(item, secrets=secrets) for item in obj]
    if isinstance(obj, dict):
        return {key: encode(value, secrets=secrets) for key, value in obj.items()}
    if not dataclasses.is_dataclass(obj):
        return obj
    members = [(one, getattr(obj, one.name)) for one in dataclasses.fields(obj)]
    return {
        wire_name(one.name): encode(value, secrets=secrets)
        for one, value in members
        if value is not None and (secrets or "secret" not in one.metadata)
    }


def to_json(obj: object) -> Any:
    """Return `obj` as hawkBit words it, for a reader: without secrets."""
    return encode(obj, secrets=False)
