"""What may be wrong in a module: every mutant of its source that is worth a run of the tests.

mutmut's operators, of which those are left out that nearly always end in a TypeError, and those
that it lacks: a statement or a condition that is gone, a loop that looks at its first item only.
Words for people, in log lines and errors, are left alone, and what stands outside of functions.
"""

import difflib
import random
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation import mutators

_PASS = cst.Pass()
_FALSE, _TRUE = cst.Name("False"), cst.Name("True")
_SWAPPED_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
_NOTHING = m.Return(value=m.Name("None") | m.Name("False"))  # much the same as no value
_LOG_LINE = m.Call(func=m.Attribute(value=m.Name("log"), attr=m.Name("line")))


@dataclass(frozen=True)
class Mutant:
    """One changed source; lines: the first and the last that differ, in the right one."""

    module: str
    lines: tuple[int, int]
    source: str
    change: str

    def __str__(self) -> str:
        return f"{self.module}.py:{self.lines[0]}\n{self.change}"


def _without_statement(node: cst.SimpleStatementLine) -> Iterator[cst.CSTNode]:
    statement = node.body[0]
    is_words = m.matches(statement, m.Expr(m.SimpleString() | m.ConcatenatedString() | _LOG_LINE))
    is_setting = m.matches(statement, m.Assign([m.AssignTarget(m.Attribute() | m.Subscript())]))
    if is_setting or (isinstance(statement, cst.Expr | cst.Raise) and not is_words):
        yield node.with_changes(body=[_PASS])
    returns = isinstance(statement, cst.Return) and statement.value
    if returns and not m.matches(statement, _NOTHING):
        yield node.with_changes(body=[cst.Return()])


def _forced(node: cst.If) -> Iterator[cst.CSTNode]:
    yield node.with_changes(test=_TRUE)
    yield node.with_changes(test=_FALSE)


def _one_operand(node: cst.BooleanOperation) -> Iterator[cst.CSTNode]:
    for operand in (node.left, node.right):
        yield operand.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _first_item(node: cst.For | cst.CompFor) -> Iterator[cst.CSTNode]:
    first = cst.parse_expression("list(x)[:1]")
    yield node.with_changes(iter=first.with_deep_changes(first.value.args[0], value=node.iter))


def _unsliced(node: cst.Subscript) -> Iterator[cst.CSTNode]:
    if isinstance(node.slice[0].slice, cst.Slice):
        yield node.value


def _without_keyword(node: cst.Call) -> Iterator[cst.CSTNode]:
    for i, argument in enumerate(node.args):
        if argument.keyword or argument.star == "**":
            yield node.with_changes(args=[*node.args[:i], *node.args[i + 1 :]])


def _without_exception(node: cst.ExceptHandler) -> Iterator[cst.CSTNode]:
    if isinstance(kinds := node.type, cst.Tuple):
        for i in range(len(kinds.elements)):
            rest = [*kinds.elements[:i], *kinds.elements[i + 1 :]]
            yield node.with_changes(type=kinds.with_changes(elements=rest))


def _swapped_call(node: cst.Call) -> Iterator[cst.CSTNode]:
    if isinstance(node.func, cst.Name) and node.func.value in _SWAPPED_CALLS:
        yield node.with_changes(func=cst.Name(_SWAPPED_CALLS[node.func.value]))


def _other_string(node: cst.SimpleString) -> Iterator[cst.CSTNode]:
    if " " not in node.value and not node.value.startswith('"""'):
        yield next(iter(mutators.operator_string(node)))


_LEFT_OUT = (
    mutators.operator_arg_removal,
    mutators.operator_assignment,
    mutators.operator_match,
    mutators.operator_string,
)
OPERATORS = [
    *(pair for pair in mutators.mutation_operators if pair[1] not in _LEFT_OUT),
    (cst.SimpleStatementLine, _without_statement),
    (cst.If, _forced),
    (cst.BooleanOperation, _one_operand),
    (cst.For | cst.CompFor, _first_item),
    (cst.Subscript, _unsliced),
    (cst.Call, _without_keyword),
    (cst.Call, _swapped_call),
    (cst.ExceptHandler, _without_exception),
    (cst.SimpleString, _other_string),
]


class _Collector(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self):
        super().__init__()
        self._depth = 0  # only what functions do: constants and defaults are written down
        self.found = []  # the node, what stands there instead, first and last line

    def on_visit(self, node: cst.CSTNode) -> bool:
        if m.matches(node, _LOG_LINE) or isinstance(node, cst.Import | cst.ImportFrom):
            return False
        self._depth += isinstance(node, cst.FunctionDef)
        for kind, operator in OPERATORS if self._depth else ():
            if isinstance(node, kind):
                place = self.get_metadata(PositionProvider, node)
                lines = (place.start.line, place.end.line)
                self.found += [(node, changed, lines) for changed in operator(node)]
        return not isinstance(node, cst.Raise | cst.Parameters)

    def on_leave(self, node: cst.CSTNode) -> None:
        self._depth -= isinstance(node, cst.FunctionDef)


class Module:
    """Where one module can be changed. Each mutant is made when it is asked for: that is slow."""

    def __init__(self, name: str, source: str):
        self.name = name
        self._source = source
        self._wrapper = MetadataWrapper(cst.parse_module(source))
        collector = _Collector()
        self._wrapper.visit(collector)
        self._places = collector.found

    def __len__(self):
        return len(self._places)

    def mutant(self, number: int) -> Mutant | None:
        """Return one mutant, or None where it does not compile or is no other source."""
        node, changed, lines = self._places[number]
        code = self._wrapper.module.deep_replace(node, changed).code
        if code == self._source or not _compiles(code):
            return None
        return Mutant(self.name, lines, code, _change(self._source, code))


def mutants(modules: list[Module], dice: random.Random | None = None) -> Iterator[Mutant]:
    """Yield every mutant of the modules, each once, in their order or in that of `dice`."""
    places = [(module, number) for module in modules for number in range(len(module))]
    if dice:
        dice.shuffle(places)
    seen = set()
    for module, number in places:
        mutant = module.mutant(number)
        if mutant and (module.name, mutant.source) not in seen:
            seen.add((module.name, mutant.source))
            yield mutant


def _compiles(code: str) -> bool:
    try:
        compile(code, "mutant", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def _change(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return "\n".join(line for line in list(lines)[2:] if not line.startswith("@@"))
