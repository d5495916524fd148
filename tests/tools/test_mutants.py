"""make mutants: what it changes, and that it knows a killed mutant from one that lives."""

import subprocess
import sys

import interpreters
import pytest
from mutants import __main__ as command
from mutants.chosen import LIB, run
from mutants.operators import Module, Mutant, mutants

CHANGES = [
    ("return any(a.ok for a in b)", "return any(a.ok for a in list(b)[:1])"),
    ("return any(a.ok for a in b)", "return all(a.ok for a in b)"),
    ("return a and b", "return (a)"),
    ("return a and b", "return (b)"),
    ("return a and b", "return a or b"),
    ("return a <= b", "return a < b"),
    ("return a <= b", "return"),
    ("return a[:8]", "return a"),
    ("return call(a, b=1)", "return call(a, )"),
    ("self.a = b", "pass"),
    ("call(a)", "pass"),
    ('a["key"]', 'a["XXkeyXX"]'),
]
LEFT_ALONE = [
    'log.line(log.INFO, "%s: %d", a, 5)',
    'def g():\n        """Words."""',
    "import a",
]


def changed(body: str) -> set[str]:
    head = "def f(self, a, b):\n    "
    return {
        one.source.removeprefix(head).strip() for one in mutants([Module("m", head + body + "\n")])
    }


@pytest.mark.parametrize(("right", "wrong"), CHANGES)
def test_a_function_is_broken_in_each_way(right, wrong):
    assert wrong in changed(right)


@pytest.mark.parametrize("body", LEFT_ALONE)
def test_words_and_imports_are_left_alone(body):
    assert changed(body) == set()


def test_a_raise_may_be_gone_but_its_words_stay():
    assert changed('raise UpdateError("%s: too large" % a)') == {"pass"}


def test_what_stands_outside_of_functions_is_left_alone():
    assert not list(mutants([Module("m", "LIMIT = const(5)\n\n\nclass A:\n    b = True\n")]))


class _Tests:
    """What Chosen does, of the tests of `log` alone."""

    names = ("test_line_beyond_the_level_is_not_printed", "test_line_is_text_and_arguments")

    def __init__(self):
        self.found = []

    def of(self, module, lines, most_s):
        return {"test_log": list(self.names)}

    def limit_s(self, file, names):
        return 20

    def has_found(self, file, name):
        self.found.append(name)


@pytest.mark.parametrize(
    ("instead", "verdict"),
    [
        ("if at <= level:", command.SURVIVED),  # as it is
        ("if at < level:", command.KILLED),
        ("if True:", command.KILLED),
        ("while True:", command.KILLED),  # by its limit of CPU time
        ("nonsense(", command.KILLED),
    ],
)
def test_a_mutant_is_judged_by_its_tests(instead, verdict, monkeypatch):
    tests = _Tests()
    monkeypatch.setattr(tests, "limit_s", lambda file, names: 2)
    source = (LIB / "log.py").read_text()
    broken = source.replace("if at <= level:", instead)
    assert (broken != source) == (verdict == command.KILLED)
    assert command.judge(Mutant("log", (1, 1), broken, ""), tests, 20) == verdict


def test_lines_are_those_that_each_test_runs():
    done = run("test_log", _Tests.names, None, 60, "--lines", str(LIB))
    assert done.returncode == 0, done.stderr
    silent, printed = (f'"{name}": [true, ' for name in _Tests.names)
    assert silent in done.stdout.decode() and printed in done.stdout.decode()


def test_help_names_the_modules():
    env = {"PYTHONPATH": "tests:tools", "COLUMNS": "200"}
    command = [sys.executable, "-m", "mutants", "--help"]
    done = subprocess.run(
        command, cwd=interpreters.ROOT, env=env, capture_output=True, text=True, check=True
    )
    assert "rollback" in done.stdout and "--sample" in done.stdout


def drawn(*words):
    found = command.drawn(command.parser().parse_args(words))
    return [(mutant.module, mutant.change) for mutant in found]


def test_draw_is_of_all_modules_and_the_same_for_the_same_seed():
    small = ("errors", "guard", "log", "pem")
    found = drawn(*small, "--draw", "20", "--seed", "5")
    assert len(set(found)) == 20 and {module for module, _ in found} == set(small)
    assert found == drawn(*small, "--draw", "20", "--seed", "5")
    assert found != drawn(*small, "--draw", "20", "--seed", "6")


def test_sample_is_of_each_module():
    assert [module for module, _ in drawn("guard", "log", "--sample", "2")] == ["guard"] * 2 + [
        "log"
    ] * 2
