"""make size weighs what is there, and fails over a budget."""

import pytest
import size


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "hawkbit"
    folder.mkdir()
    (folder / "small.py").write_text('"""Free."""\nX = 1  # free too\n')
    (folder / "large.py").write_text("\n".join(f"name_{i} = 'text {i}'" for i in range(400)))
    return folder


def test_modules_are_compiled_and_weighed(package, tmp_path):
    sizes = size.compile_library(package, tmp_path / "out")
    assert sorted(sizes) == ["large", "small"]
    assert sizes["small"] < 100 < size.MODULE_BUDGET < sizes["large"]
    assert (tmp_path / "out" / "small.mpy").read_bytes()[:1] == b"M"


def test_comments_cost_nothing(package, tmp_path):
    before = size.compile_library(package, tmp_path / "out")["small"]
    (package / "small.py").write_text("X = 1\n")
    assert size.compile_library(package, tmp_path / "out")["small"] == before


def test_module_and_total_over_budget_are_named():
    sizes = {"ddi": 101, "http": 100, "files": 99}
    assert size.overruns(sizes, 101, 201) == []
    assert size.overruns(sizes, 100, 200) == [
        "ddi: 101 bytes, 1 over the budget of a module",
        "all together: 201 bytes, 1 over the budget",
    ]


def test_what_is_apart_has_the_budget_of_a_module_too():
    assert len(size.overruns({"files": 5000}, 4096, 1)) == 1


def test_over_budget_is_exit_1_and_in_the_output(package, monkeypatch, capsys):
    root = package.parent
    (root / "lib").mkdir()
    package.rename(root / "lib" / "hawkbit")
    monkeypatch.setattr(size, "ROOT", root)
    monkeypatch.setattr("sys.argv", ["size.py"])
    assert size.main() == 1
    assert "large: " in capsys.readouterr().out
    monkeypatch.setattr(size, "MODULE_BUDGET", 10**6)
    assert size.main() == 0


def test_module_that_does_not_compile_ends_with_its_name(package, tmp_path):
    (package / "broken.py").write_text("def f(:\n")
    with pytest.raises(SystemExit, match="(?s)hawkbit/broken.py.*SyntaxError"):
        size.compile_library(package, tmp_path / "out")


def test_empty_package_is_an_error(tmp_path):
    with pytest.raises(SystemExit, match="no modules"):
        size.compile_library(tmp_path, tmp_path / "out")
