"""make bench: what it measures and when it fails; the figure itself is not a test."""

import sys

import bench
import interpreters
import pytest


def run(monkeypatch, results):
    monkeypatch.setattr(sys, "argv", ["bench"])
    monkeypatch.setattr(bench, "measure", lambda pairs: results)
    return bench.main()


@pytest.mark.skipif(
    interpreters.reason_absent("unix") is not None, reason="no MicroPython unix port"
)
def test_pair_is_measured():
    [(bare_us, library_us)] = bench.measure(1)
    assert 0.1 < bare_us / library_us < 10


def test_median_under_the_bar_fails(monkeypatch, capsys):
    assert run(monkeypatch, [(100, 100), (80, 100), (85, 100)]) == 1
    assert "0.85 of the bare loop's speed, bar 0.9" in capsys.readouterr().out


def test_median_at_the_bar_passes(monkeypatch):
    assert run(monkeypatch, [(90, 100), (10, 100), (200, 100)]) == 0
