"""What request bodies may hold: the building blocks for the models of each resource.

Two kinds of refusal, as in hawkBit: a body of the wrong shape is "not readable"; a value that
is too long or has markup in it violates a "constraint". Like Jackson, numbers and booleans
are taken as text, and text as numbers.
"""

import math
import re
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from .answers import CONSTRAINT, SERVER_FAULT

INT32_MAX = 2**31 - 1
INT64_MAX = 2**63 - 1
# What hawkBit's check for markup refuses: the beginning of a tag.
_MARKUP = re.compile(r"<[A-Za-z/!?]")


class Body(BaseModel):
    """A JSON object in camelCase; unknown members are ignored."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


def constraint(message: str) -> PydanticCustomError:
    return PydanticCustomError(CONSTRAINT, "{message}", {"message": message})


def has_markup(text: str) -> bool:
    return bool(_MARKUP.search(text))


def as_text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return value


def as_int(value: Any) -> Any:
    """Jackson cuts a fraction off."""
    return int(value) if isinstance(value, float) and math.isfinite(value) else value


def text(minimum: int, maximum: int, *, required: bool = False):
    """Text of a length between these, without markup."""

    def check(value: Any) -> Any:
        value = as_text(value)
        if value is None:
            if required:
                raise constraint("must not be null")
            return None
        if not isinstance(value, str):
            return value  # the type's own check refuses it
        if not minimum <= len(value) <= maximum:
            raise constraint(f"must have {minimum} to {maximum} characters")
        if has_markup(value):
            raise constraint("must not contain markup")
        return value

    kind = Annotated[str | None, BeforeValidator(check)]
    return Annotated[kind, Field(default=None, validate_default=True)] if required else kind


Text = Annotated[str, BeforeValidator(as_text)]
Int32 = Annotated[int, BeforeValidator(as_int), Field(ge=-INT32_MAX - 1, le=INT32_MAX)]
Int64 = Annotated[int, BeforeValidator(as_int), Field(ge=-INT64_MAX - 1, le=INT64_MAX)]
PathId = Annotated[int, Path(ge=-INT64_MAX - 1, le=INT64_MAX)]


def _without_nulls(value: Any) -> Any:
    return [item for item in value if item is not None] if isinstance(value, list) else value


# What a device or an operator says, line by line; hawkBit passes nulls over.
Lines = Annotated[list[Text], BeforeValidator(_without_nulls)]


def needed_or_500(value: Any) -> Any:
    """hawkBit 1.0.4 answers 500 where this is missing (metadata)."""
    if value is None:
        raise PydanticCustomError(SERVER_FAULT, "missing")
    return as_text(value)


class Id(Body):
    """A reference to something by its number."""

    id: Int64
