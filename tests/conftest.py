"""Shows every test of tests/device as an item of its own on every interpreter.

The files there are not imported by pytest: their tests are found by reading the source,
run by tests/device/runner.py in one fresh process per file and interpreter, and each line
that the runner prints is one result. See tests/README.md.
"""

import ast
import queue
import re
import tempfile
import time

import httpx
import interpreters
import pytest
import servers
from chunks import (  # noqa: F401 - hooks
    pytest_terminal_summary,
    pytest_xdist_auto_num_workers,
    pytest_xdist_make_scheduler,
)

TIMEOUT_S = 300  # a hang's end, on a machine with much else to do
SLOW = 2  # how many times that a board may take, and an emulated one
EMULATED = 10
# `mpremote mount` has no other end to it.
LOST = "; or a byte was lost on the serial line: press the board's reset button, and run it again"
_RESULT = re.compile(r"(PASS|FAIL|SKIP) (test_\w+) ?(.*)")


def pytest_addoption(parser):
    parser.addoption(
        "--interpreters",
        default=",".join(interpreters.default()),
        help="who runs the device tests, of cpython, unix, board, 1.27.0, versions (npm builds)",
    )


def _names(config) -> list[str]:
    chosen = config.getoption("--interpreters").split(",")
    return [
        name
        for one in chosen
        for name in (interpreters.versions() if one == "versions" else [one])
    ]


def pytest_configure(config):
    """A board that was asked for and is not there is an error, not 800 skipped tests."""
    board = interpreters.BOARD
    if _names(config) == [board] and (reason := interpreters.reason_absent(board)):
        raise pytest.UsageError(reason)
    _be_patient()


def _be_patient():
    # httpx gives up after 5 s; a server on a machine with much else to do answers later.
    default = httpx.Client.__init__.__kwdefaults__["timeout"]
    default.connect = default.read = default.write = default.pool = TIMEOUT_S


def pytest_report_header(config):
    names = _names(config)
    lines = [f"device tests on: {', '.join(names)}"]
    for name in names:
        if reason := interpreters.reason_absent(name):
            lines.insert(0, f"NO DEVICE TESTS ON {name}: {reason}")
        elif interpreters.is_mounted(name):
            lines.append(f"the board: {interpreters.board()}")
    return lines


def pytest_pycollect_makemodule(module_path, parent):
    if module_path.parent == interpreters.DEVICE:
        return DeviceFile.from_parent(parent, path=module_path)
    return None


class DeviceFile(pytest.File):
    """One file of device tests, read and not imported."""

    def collect(self):
        tree = ast.parse(self.path.read_bytes(), str(self.path))
        tests, settings = _tests(tree), _settings(tree)
        for name in _names(self.config):
            yield OnInterpreter.from_parent(self, name=name, tests=tests, settings=settings)


def _tests(tree) -> dict[str, int]:
    """Return the names of the tests with the index of their lines."""
    tests = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            if node.name in tests:
                raise pytest.Collector.CollectError(f"two tests are named {node.name}")
            tests[node.name] = node.lineno - 1
    return tests


def _settings(tree) -> dict:
    """Return what the file says of itself: NEEDS and TIMEOUT_S."""
    found = {"NEEDS": (), "TIMEOUT_S": TIMEOUT_S}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name in found:
                found[name] = ast.literal_eval(node.value)
    return found


class OnInterpreter(pytest.Collector):
    """The process that runs the chosen tests of one file on one interpreter."""

    def __init__(self, tests, settings, **kwargs):
        super().__init__(**kwargs)
        self._tests = tests
        self._needs = settings["NEEDS"]
        self._timeout_s = settings["TIMEOUT_S"] * self._slowness()
        self._process = self._folder = None
        self._ended = None
        self._results = {}

    def _slowness(self):
        if interpreters.is_mounted(self.name):
            return SLOW
        return EMULATED if self.name == interpreters.BOARD else 1

    def collect(self):
        for name, index in self._tests.items():
            yield DeviceTest.from_parent(self, name=name, index=index)

    def setup(self):
        chosen = [item.name for item in self.session.items if item.parent is self]
        if self._needs and (reason := interpreters.lacks_servers(self.name)):
            needs = ", ".join(self._needs)
            pytest.skip(f"{self.path.name} needs {needs}, and {reason}")
        try:
            argv, env = interpreters.command(self.name, self.path.stem, chosen)
        except interpreters.Unavailable as e:
            pytest.skip(str(e))
        env.update(servers.variables(self._needs))
        self._folder = tempfile.TemporaryDirectory(prefix=f"{self.path.stem}-")
        self._process = interpreters.Process(argv, env, self._folder.name)

    def teardown(self):
        if self._process:
            self._process.end()
            self._folder.cleanup()

    def result(self, name):
        """Return (verdict, reason, output) of one test; waits for its line."""
        output = []
        deadline = time.monotonic() + self._timeout_s
        while name not in self._results:
            if self._ended:
                raise DeviceFailure(self._ended, output)
            line = self._line(deadline)
            if found := line and _RESULT.fullmatch(line.rstrip("\r\n")):
                self._results[found[2]] = (found[1], found[3], output)
                output = []
            elif line:
                output.append(line)
        return self._results[name]

    def _line(self, deadline):
        try:
            line = self._process.line(deadline - time.monotonic())
        except queue.Empty:
            self._process.end()
            lost = LOST if interpreters.is_mounted(self.name) else ""
            self._ended = f"killed: a test took over {self._timeout_s} s{lost}"
            return None
        if line is None:
            self._ended = f"no result: the process ended with status {self._process.end()}"
        return line


class DeviceFailure(Exception):
    """A test that failed on its interpreter: the reason, and the lines it printed."""

    def __init__(self, reason, output):
        super().__init__(reason)
        self.output = output


class DeviceTest(pytest.Item):
    """One device test on one interpreter."""

    def __init__(self, index, **kwargs):
        super().__init__(**kwargs)
        self._index = index

    def runtest(self):
        verdict, reason, output = self.parent.result(self.name)
        if verdict == "FAIL":
            raise DeviceFailure(reason, output)
        if output:
            self.add_report_section("call", "stdout", "".join(output))
        if verdict == "SKIP":
            raise pytest.skip.Exception(f"{self.parent.name}: {reason}", _use_item_location=True)

    def repr_failure(self, excinfo, style=None):
        if not isinstance(excinfo.value, DeviceFailure):
            return super().repr_failure(excinfo, style)
        return f"{self.parent.name}: {excinfo.value}\n\n{''.join(excinfo.value.output)}"

    def reportinfo(self):
        return self.path, self._index, f"{self.name} on {self.parent.name}"
