"""The runs of CI end in one line, and a run without an end is noticed."""

import closing_line
import pytest

FIRST = "....\n==== 1 failed, 30 passed, 4 skipped, 1 warning in 62.50s (0:01:02) ====\n"
SECOND = "==== 3 passed in 1.00s ====\nmore\n===== 12 passed, 2 warnings, 1 error in 1.25s =====\n"


@pytest.fixture
def logs(tmp_path):
    def write(*texts):
        paths = [tmp_path / f"{number}.log" for number in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text)
        return paths

    return write


def test_runs_are_added_up(logs):
    line = closing_line.closing_line(logs(FIRST, SECOND))
    words = "1 failed, 42 passed, 4 skipped, 3 warnings, 1 error in 63.75s"
    assert line.strip("= ") == words and line.startswith("=") and line.endswith("=")


def test_run_without_an_end_is_an_error(logs, capsys):
    assert "1.log: no closing line" in closing_line.main(map(str, logs(FIRST, "Killed")))
    assert "No such file" in closing_line.main(["nothing.log"])
    assert capsys.readouterr().out == ""


def test_no_tests_is_said(logs):
    assert "no tests ran" in closing_line.closing_line(logs("=== no tests ran in 0.01s ===\n"))
