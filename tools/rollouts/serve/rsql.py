"""RSQL, hawkBit's query language for the `q` of lists and the queries of target filters.

Parsed with lark, turned into SQLAlchemy conditions. Names, keywords and values are taken
without regard to case; `*` in a value stands for anything.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from operator import ge, gt, le, lt

from lark import Lark, Token, Transformer
from lark.exceptions import LarkError
from sqlalchemy import ColumnElement, and_, func, not_, or_, true

from . import errors

_GRAMMAR = r"""
    ?start: alternatives
    alternatives: conditions (("," | _OR) conditions)*
    conditions: term ((";" | _AND) term)*
    ?term: "(" alternatives ")" | comparison
    comparison: SELECTOR OPERATOR values
    values: value | "(" value ("," value)* ")"
    value: QUOTED | WORD

    OPERATOR: /==|!=|<=|>=|<|>|=[A-Za-z]+=/
    SELECTOR: /[^\s"'();,=!~<>]+/
    WORD: /[^\s"'();,=!~<>]+/
    QUOTED: /"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/
    _AND.2: /and(?=[\s(])/i
    _OR.2: /or(?=[\s(])/i
    %ignore /\s+/
"""
_QUOTED = re.compile(r"""\"(\\.|[^"\\])*"|'(\\.|[^'\\])*'""")
_JOINT = re.compile(r"[;,]|[<>]|==|!=|=[a-z]+=", re.I)
# Beyond these neither Python's stack nor SQLite's would do.
_MAX_DEPTH = 50
_MAX_JOINTS = 4000
_MAX_COMPARISONS = 500
_ESCAPED_QUOTE = re.compile(r"""\\(["'])""")
_ALIASES = {
    "=lt=": "<", "=le=": "<=", "=gt=": ">", "=ge=": ">=",
    "=is=": "==", "=eq=": "==", "=not=": "!=", "=ne=": "!=",
}  # fmt: skip
_ORDER = {"<": lt, "<=": le, ">": gt, ">=": ge}
_OPERATORS = {"==", "!=", *_ORDER, "=in=", "=out="}


@dataclass(frozen=True)
class Field:
    """What a name in a query stands for.

    `column`: compared as it is. `within`: makes a condition on another table out of a
    condition on `column`. `keyed`: the name is followed by .key, as in attribute.hw.
    `convert`: makes the database's value of the word; ValueError when it is none.
    """

    column: ColumnElement | None
    convert: Callable = str
    within: Callable | None = None
    keyed: bool = False


class Comparison:
    def __init__(self, name: Token, operator: Token, values: list[str]):
        """Raises ApiError."""
        self.name = str(name)
        self.operator = _ALIASES.get(operator.lower(), operator.lower())
        self.values = values
        if self.operator not in _OPERATORS:
            raise errors.rsql_syntax(f"{str(operator)!r} is no operator")


class _Build(Transformer):
    """The parse tree as nested tuples (or_ | and_, [...]) around Comparisons."""

    values = list

    def alternatives(self, parts):
        return parts[0] if len(parts) == 1 else (or_, parts)

    def conditions(self, parts):
        return parts[0] if len(parts) == 1 else (and_, parts)

    def comparison(self, parts):
        return Comparison(*parts)

    def value(self, parts: list[Token]):
        text = str(parts[0])
        return _ESCAPED_QUOTE.sub(r"\1", text[1:-1]) if parts[0].type == "QUOTED" else text


_PARSER = Lark(_GRAMMAR, parser="lalr", lexer="contextual", transformer=_Build())


@lru_cache(maxsize=256)
def parse(query: str):
    """The tree of a query. ApiError rsqlParamSyntax when it is none."""
    if not query.strip():
        raise errors.rsql_syntax("the query is empty")
    _check_size(_QUOTED.sub("", query))
    try:
        return _PARSER.parse(query)
    except LarkError as e:
        where = getattr(e, "column", None)
        at = f" at character {where}" if isinstance(where, int) and where > 0 else ""
        raise errors.rsql_syntax(f"{query!r} is not a query{at}")


def _check_size(bare: str) -> None:
    """`bare`: the query without what stands in quotes."""
    depth = max(accumulate((c == "(") - (c == ")") for c in bare), default=0)
    joints = _JOINT.findall(bare)
    comparisons = len(joints) - sum(joint in ";," for joint in joints)
    if depth > _MAX_DEPTH or len(joints) > _MAX_JOINTS or comparisons > _MAX_COMPARISONS:
        raise errors.rsql_syntax(
            f"the query is too large: at most {_MAX_COMPARISONS} comparisons, {_MAX_JOINTS} "
            f"values, {_MAX_DEPTH} parentheses in each other"
        )


def to_sql(query: str, fields: dict[str, Field]) -> ColumnElement:
    """The query as a condition. ApiError rsqlInvalidField for a name not in `fields`."""
    return _condition(parse(query), fields)


def _condition(node, fields: dict[str, Field]) -> ColumnElement:
    if isinstance(node, Comparison):
        return _compare(node, fields)
    join, parts = node
    return join(*[_condition(part, fields) for part in parts])


def _compare(comparison: Comparison, fields: dict[str, Field]) -> ColumnElement:
    name = comparison.name.lower()
    field, key = fields.get(name), None
    if field is None:
        stem, dot, key = comparison.name.partition(".")
        field = fields.get(stem.lower()) if dot and key else None
        if field is None or not field.keyed:
            raise errors.rsql_field(comparison.name)
    elif field.keyed:
        raise errors.rsql_field(comparison.name)
    if field.column is None:
        return true()
    if field.within is None:
        return _on_column(field, comparison)
    return _elsewhere(field, comparison, key)


def _elsewhere(field: Field, comparison: Comparison, key: str | None) -> ColumnElement:
    """A condition on rows of another table: != means that no such row is there."""
    within = (lambda c: field.within(key, c)) if field.keyed else field.within
    opposite = {"!=": "==", "=out=": "=in="}.get(comparison.operator)
    if opposite is None:
        return within(_on_column(field, comparison))
    has = Comparison(comparison.name, opposite, comparison.values)
    return not_(within(_on_column(field, has)))


def _on_column(field: Field, comparison: Comparison) -> ColumnElement:
    operator, values = comparison.operator, comparison.values
    if operator in ("=in=", "=out="):
        found = _one_of(field, values)
        return found if operator == "=in=" else not_(found)
    if len(values) != 1:
        raise errors.rsql_syntax(f"{operator} takes one value")
    if operator == "==":
        return _equals(field, values[0])
    if operator == "!=":
        return not_(func.coalesce(_equals(field, values[0]), False))
    value = _value(field, values[0])
    if isinstance(value, str):
        return _ORDER[operator](func.upper(field.column), value.upper())
    return _ORDER[operator](field.column, value)


def _one_of(field: Field, words: list[str]) -> ColumnElement:
    if field.convert is not str:
        return field.column.in_([_value(field, word) for word in words])
    literal = [word.upper().replace("\\*", "*") for word in words if word]
    found = func.upper(field.column).in_(literal)
    return found if all(words) else or_(found, _equals(field, ""))


def _equals(field: Field, word: str) -> ColumnElement:
    if field.convert is not str:
        return field.column == _value(field, word)
    if not word:
        return func.coalesce(field.column, "") == ""
    column = func.upper(field.column)
    literal = word.upper().replace("\\*", "\0")
    if "*" not in literal:  # that stands for anything
        return column == literal.replace("\0", "*")
    for special in ("\\", "%", "_"):
        literal = literal.replace(special, "\\" + special)
    return column.like(literal.replace("*", "%").replace("\0", "*"), escape="\\")


def _value(field: Field, word: str):
    try:
        return field.convert(word)
    except ValueError:
        raise errors.rsql_syntax(f"{word!r} is not a value of this field")
