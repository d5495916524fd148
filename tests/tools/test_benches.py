"""The benches: each measures something, and fails under its bar; figures are no test."""

import shutil
import sys

import interpreters
import pytest
from bench import download, polls, signature, upload

needs_unix = pytest.mark.skipif(
    interpreters.reason_absent("unix") is not None, reason="no MicroPython unix port"
)


@pytest.fixture
def run(monkeypatch, capsys):
    """Return a function that runs a bench; gives its status and its last line."""

    def run(bench, measured=None, options=()):
        monkeypatch.setattr(sys, "argv", ["bench", *options])
        if measured is not None:
            monkeypatch.setattr(bench, "measure", lambda *arguments: measured)
        return bench.main(), capsys.readouterr().out.splitlines()[-1]

    return run


@needs_unix
def test_pair_of_downloads_is_measured():
    [(bare_us, library_us)] = download.measure(1)
    assert bare_us > 0 and library_us > 0


@needs_unix
def test_signature_is_measured():
    assert signature.measure() > 0


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl")
def test_pairs_of_uploads_are_measured(run, monkeypatch):
    monkeypatch.setattr(upload, "MIN_RATIO", 0)
    # Linux counts what the parent had when it started the process, and this is a large one.
    monkeypatch.setattr(upload, "MAX_RSS_MB", 10_000)
    status, last = run(upload, options=["--megabytes", "1", "--pairs", "2"])
    assert status == 0 and "of curl's speed" in last


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux")
def test_polls_are_measured(run):
    status, last = run(polls, options=["--devices", "2", "--polls", "3"])
    assert status == 0 and "ms of processor time" in last


@pytest.mark.parametrize(
    ("bench", "measured", "status"),
    [
        (download, [(90, 100), (10, 100), (200, 100)], 0),
        (download, [(100, 100), (80, 100), (85, 100)], 1),
        (upload, [(1.0, 1 / 0.7, 119)], 0),
        (upload, [(1.0, 1 / 0.69, 119)], 1),
        (upload, [(1.0, 1.0, 120)], 1),
    ],
)
def test_median_under_the_bar_fails(run, bench, measured, status):
    assert run(bench, measured, ["--pairs", "1"])[0] == status
