"""make bench-upload: what it measures and when it fails; the figures themselves are no test."""

import shutil
import sys

import bench_upload
import pytest


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl")
def test_both_servers_are_measured(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["bench", "--megabytes", "1", "--pairs", "1"])
    monkeypatch.setattr(bench_upload, "MIN_RATIO", 0)
    # Linux counts what the parent had when it started the process, and this is a large one.
    monkeypatch.setattr(bench_upload, "MAX_RSS_MB", 10_000)
    assert bench_upload.main() == 0
    sink, ours = capsys.readouterr().out.splitlines()
    assert sink.startswith("bare sink: ")
    assert ours.startswith("rollouts serve: ")


@pytest.fixture
def compared(monkeypatch, tmp_path):
    """Return a function that compares made-up uploads, of which curl's takes a second."""
    file = tmp_path / "big.bin"
    file.write_bytes(b"image")

    def compare(seconds, size_mb):
        monkeypatch.setattr(bench_upload, "_curl", lambda *arguments: 1.0)
        monkeypatch.setattr(bench_upload, "_ours", lambda *arguments: (seconds, size_mb))
        return bench_upload._compare("made up", "http://server", lambda: 1, file, "", 3)

    return compare


def test_upload_at_the_bar_passes(compared):
    assert compared(1 / 0.7, 119)


def test_slower_upload_fails(compared):
    assert not compared(1 / 0.69, 119)


def test_larger_process_fails(compared):
    assert not compared(1.0, 120)
