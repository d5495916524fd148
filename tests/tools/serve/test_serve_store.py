"""The store: files, other formats, writers at the same time, and forgetting."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from rollouts.serve.clock import Clock
from rollouts.serve.settings import Settings
from rollouts.serve.store import Store, StoreError
from rollouts.testing import local_server
from serve_asks import FIRMWARE, Device, Operator


def test_database_file_keeps_everything_over_a_restart(tmp_path):
    path = str(tmp_path / "hawkbit.db")
    with local_server(db=path) as server, Operator(server) as operator:
        operator.device()
        action_id = operator.release()
        operator.config("pollingTime", "00:00:42")
    with local_server(db=path) as server, Operator(server) as operator:
        device = Device(server, "dev-1")
        assert device.poll()["config"]["polling"]["sleep"] == "00:00:42"
        assert device.get(device.artifact_url(action_id)).content == FIRMWARE


def test_second_server_on_the_same_file_is_refused(tmp_path):
    path = str(tmp_path / "hawkbit.db")
    with local_server(db=path), pytest.raises(StoreError, match="is a server running on it"):
        Store(path, Clock(), Settings())


def test_database_of_another_format_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "hawkbit.db"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="has format 99"):
        Store(str(path), Clock(), Settings())
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


@pytest.mark.parametrize("content", [b"this is no database " * 100, None])
def test_what_is_no_database_is_refused(tmp_path, content):
    path = tmp_path / "hawkbit.db"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(StoreError):
        Store(str(path), Clock(), Settings())


def test_of_two_writers_one_gets_a_conflict(operator):
    def create(_):
        with Operator(operator.server) as mine:
            return mine.post("/targets", json=[{"controllerId": "same", "name": "x"}]).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(create, range(8)))
    assert answers == [201] + [409] * 7
    assert operator.read("/targets")["total"] == 1


def test_list_is_made_whole_or_not_at_all(operator):
    operator.device("dev-2")
    body = [{"controllerId": c} for c in ("dev-1", "dev-2", "dev-3")]
    assert operator.post("/targets", json=body).status_code == 409
    assert [t["controllerId"] for t in operator.read("/targets")["content"]] == ["dev-2"]


def test_reset_forgets_everything_and_begins_with_id_1(operator, hawkbit):
    operator.device()
    operator.release()
    operator.config("pollingTime", "00:01:00")
    hawkbit.clock.advance(3600)
    hawkbit.reset()
    assert operator.read("/targets")["total"] == 0
    assert operator.read("/system/configs/pollingTime")["global"]
    operator.device()
    assert operator.release() == 1


def test_ids_are_not_used_twice(operator):
    first = operator.set_of(name="one")
    operator.delete(f"/distributionsets/{first}")
    assert operator.set_of(name="two") > first
