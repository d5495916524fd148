"""make lint finds what it is for, and make format mends what it can."""

import ast
import json
import shutil
import subprocess

import lint
import pytest


@pytest.fixture
def repository(tmp_path):
    """A small one without a problem."""
    library = tmp_path / "lib" / "hawkbit"
    library.mkdir(parents=True)
    (library / "__init__.py").write_text('__version__ = "1.2.3"\n')
    (library / "ddi.py").write_text(
        'from micropython import const\n\nCLOSED = const("closed")\nKEY = "actionHistory"\n'
    )
    (tmp_path / "package.json").write_text(lint.manifest(tmp_path))
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "poll_once.py").write_text(
        "from hawkbit import ddi\n\nprint(ddi.KEY)\n"
    )
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("try:\n    import tls\nexcept ImportError:\n    import ssl", "try: import"),
        ("raise X from e", "raise ... from"),
        ("x: int = 1", "annotation"),
        ("def f(x: int): pass", "annotation"),
        ("def f(*, x: int): pass", "annotation"),
        ("def f() -> int: pass", "f: annotation"),
        ("class C:\n def f(self):\n" + "  g()\n" * 31, "f: 31 lines, at most 30"),
        ('def f():\n """One\n two."""\n' + " g()\n" * 30, ""),
        ("try:\n    f()\nexcept OSError:\n    raise ValueError", ""),
    ],
)
def test_broken_rule_is_named(source, problem):
    found = [text for _, text in lint.check_module(ast.parse(source))]
    assert len(found) == bool(problem) and all(text.startswith(problem) for text in found), found


def test_more_to_read_is_named(repository, monkeypatch):
    monkeypatch.setattr(lint, "MAX_FILE_LINES", 2)
    monkeypatch.setattr(lint, "MAX_TOOLS_LINES", 5)
    (repository / "tools" / "page").mkdir(parents=True)
    for name, lines in (("a.py", 2), ("page/b.js", 3), ("c.md", 9)):
        (repository / "tools" / name).write_text("x\n" * lines)
    assert list(lint.check_lengths(repository)) == ["tools/page/b.js: 3 lines, at most 2"]
    (repository / "tools" / "d.css").write_text("x\n")
    assert list(lint.check_lengths(repository))[1:] == ["tools: 6 lines, at most 5: what can go?"]


def test_wire_word_in_a_second_module_is_named(monkeypatch):
    monkeypatch.setattr(lint, "HOMONYMS", {"denied": ("journal",)})
    sources = {
        "client": 'x = "closed"\ny = "actionHistory"\nz = "stopId"\n"""closed by the server"""',
        "ddi": 'CLOSED = const("closed")\nKEY = "actionHistory"\nDENIED = const("denied")',
        "deploy": 'x = "stopId"',
        "journal": 'KEY = "denied"',
    }
    trees = {name: ast.parse(source) for name, source in sources.items()}
    assert sorted(lint.check_wire_words(trees)) == [
        ("client", 1, '"closed" is a word of ddi'),
        ("client", 2, '"actionHistory" is a word of ddi'),
        ("deploy", 1, '"stopId" is a word of client'),
    ]


def test_library_is_read_from_the_repository(repository):
    assert list(lint.check_library(repository)) == []
    (repository / "lib/hawkbit/client.py").write_text('x: str = "closed"\n')
    assert list(lint.check_library(repository)) == [
        'lib/hawkbit/client.py:1: "closed" is a word of ddi',
        "lib/hawkbit/client.py:1: annotation: before 1.29 it keeps const() from folding",
    ]


def test_manifest_lists_every_module_and_the_version(repository):
    read = json.loads((repository / "package.json").read_text())
    assert read["version"] == "1.2.3"
    assert read["urls"][1] == ["hawkbit/ddi.py", "lib/hawkbit/ddi.py"]
    assert list(lint.check_manifest(repository)) == []


@pytest.mark.parametrize("path", ["lib/hawkbit/new.py", "lib/hawkbit/__init__.py"])
def test_manifest_that_is_behind_is_named(repository, path):
    (repository / path).write_text('__version__ = "1.2.4"\n')
    assert "make format" in next(lint.check_manifest(repository))


def test_absent_manifest_is_named(repository):
    (repository / "package.json").unlink()
    assert "package.json" in next(lint.check_manifest(repository))


def test_example_that_does_not_compile_is_named(repository):
    assert list(lint.check_board_code(repository)) == []
    (repository / "examples/poll_once.py").write_text("match x:\n    case 1: pass\n")
    assert list(lint.check_board_code(repository)) == [
        "examples/poll_once.py: SyntaxError: invalid syntax"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "/" + "home/me/project",
        "# TO" + "DO later",
        '"reso' + 'lved": "https://x"',
        "cancel" + "led",
    ],
)
def test_word_that_does_not_belong_is_named(repository, text):
    assert list(lint.check_words(repository)) == []
    (repository / "notes.md").write_text(f"first\n{text}\n")
    assert next(lint.check_words(repository)).startswith("notes.md:2: ")


def test_what_git_ignores_is_not_read(repository):
    (repository / ".gitignore").write_text("build/\n")
    (repository / "build").mkdir()
    (repository / "build" / "log").write_text("/" + "home/me\n")
    assert list(lint.check_words(repository)) == []


def test_what_was_recorded_may_have_any_words(repository):
    (repository / lint.RECORDED).mkdir(parents=True)
    (repository / lint.RECORDED / "ddi.jsonl").write_text("cance" + "lled\n")
    assert list(lint.check_words(repository)) == []


@pytest.mark.parametrize(
    ("module", "source", "words"),
    [
        ("http", "import socket\n", "hawkbit.http -> socket"),
        ("log", "from hawkbit import board\n", "hawkbit.log -> hawkbit.board"),
        ("surprise", "", "surprise"),
    ],
)
def test_wrong_import_is_exit_1(tmp_path, monkeypatch, capsys, module, source, words):
    shutil.copytree(lint.ROOT / "lib", tmp_path / "lib")
    shutil.copy(lint.ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "tools").symlink_to(lint.ROOT / "tools")
    monkeypatch.setattr(lint, "ROOT", tmp_path)
    with (tmp_path / "lib" / "hawkbit" / f"{module}.py").open("a") as file:
        file.write(source)
    assert not lint.content("lint-imports")
    assert words in capsys.readouterr().out


def test_ruff_forbids_in_the_library_what_others_may(tmp_path, monkeypatch, capsys):
    shutil.copy(lint.ROOT / "pyproject.toml", tmp_path)
    monkeypatch.setattr(lint, "ROOT", tmp_path)
    (tmp_path / "lib" / "hawkbit").mkdir(parents=True)
    for folder in ("lib/hawkbit", "."):
        (tmp_path / folder / "wrong.py").write_text("assert open\nprint(1)\n")
    assert not lint.content("ruff", "check", ".")
    printed = capsys.readouterr().out
    assert printed.count("S101") == printed.count("T201") == 1


def test_fix_mends_format_and_manifest(repository, monkeypatch):
    monkeypatch.setattr(lint, "ROOT", repository)
    (repository / "package.json").unlink()
    (repository / "wrong.py").write_text("import os\nx  =  1\n")
    assert lint.fix() == 0
    assert (repository / "wrong.py").read_text() == "x = 1\n"
    assert list(lint.check_manifest(repository)) == []
