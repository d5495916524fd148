"""make bench-polls: what it measures and when it fails; the figures themselves are no test."""

import sys

import bench_polls
import goosebit
import pytest
from bench_polls import OURS, THEIRS


@pytest.fixture
def bench(monkeypatch, capsys):
    """Return a function that runs the bench on made-up rates; gives its status and last line."""

    def run(results):
        monkeypatch.setattr(sys, "argv", ["bench"])
        monkeypatch.setattr(bench_polls, "measure", lambda *arguments, **options: results)
        status = bench_polls.main()
        return status, capsys.readouterr().out.splitlines()[-1]

    return run


@pytest.fixture
def installed(monkeypatch):
    monkeypatch.setattr(goosebit, "install", lambda: None)


def test_registered_devices_poll_over_shared_connections():
    devices = bench_polls.CONNECTIONS + 1
    [rates] = bench_polls.measure(devices, pairs=1, seconds=0.2, beside=False)
    assert rates[OURS] > 1


def test_refused_device_ends_it_with_the_answer(monkeypatch):
    with bench_polls.serve() as ready, pytest.raises(SystemExit, match="was answered 401"):
        bench_polls.Fleet(ready["url"].removeprefix("http://"), "GatewayToken wrong", 1)


def test_median_under_the_bar_fails(bench, installed):
    pairs = [{OURS: 90, THEIRS: 100}, {OURS: 300, THEIRS: 100}, {OURS: 80, THEIRS: 100}]
    assert bench(pairs) == (1, "median of 3 pairs: 0.90 of gooseBit's rate, bar 1.0")


def test_median_at_the_bar_passes(bench, installed):
    pairs = [{OURS: 100, THEIRS: 100}, {OURS: 300, THEIRS: 100}, {OURS: 80, THEIRS: 100}]
    assert bench(pairs) == (0, "median of 3 pairs: 1.00 of gooseBit's rate, bar 1.0")


def test_without_goosebit_there_is_no_bar(bench, monkeypatch):
    def fail():
        raise goosebit.Unavailable("pip: no such thing")

    monkeypatch.setattr(goosebit, "install", fail)
    expected = "median of 1 turns: 90 a second; no bar without gooseBit"
    assert bench([{OURS: 90}]) == (0, expected)


def test_goosebit_that_cannot_be_installed_is_unavailable(monkeypatch, tmp_path):
    pins = tmp_path / "pins.txt"
    pins.write_text("not a requirement\n")
    monkeypatch.setattr(goosebit, "ROOT", tmp_path)
    monkeypatch.setattr(goosebit, "VENV", tmp_path / "build" / "goosebit")
    monkeypatch.setattr(goosebit, "PINS", pins)
    with pytest.raises(goosebit.Unavailable, match="^pip: "):
        goosebit.install()
    assert not (goosebit.VENV / "ready").exists()


def test_what_both_are_made_of_has_the_same_version():
    ours, theirs = (
        dict(line.split("==") for line in path.read_text().splitlines() if "==" in line)
        for path in (goosebit.ROOT / "tools" / "constraints.txt", goosebit.PINS)
    )
    for name in ("fastapi", "starlette", "uvicorn"):
        assert ours[name] == theirs[name]
