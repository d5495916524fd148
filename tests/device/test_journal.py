"""The record: all or nothing, and only its own."""

import json
import os

from fakes import MemoryStore
from hawkbit import log
from hawkbit.filestore import FileStore
from hawkbit.journal import FORMAT, Journal
from runner import Skip, raises

REPORT = ["6", "closed", "failure", ["why"]]
BASE = "http://server/DEFAULT/controller/v1/dev1"


def opened(*args):
    """Return a journal that has read its store."""
    journal = Journal(*args)
    journal.load()
    return journal


def saved(**keys):
    """Return a journal over a store that holds such a record of ours."""
    record = {"format": FORMAT, "base": BASE}
    record.update(keys)
    return opened(MemoryStore(json.dumps(record).encode()), BASE, print)


def test_empty_store_is_an_empty_record():
    for data in (None, b""):
        assert opened(MemoryStore(data), BASE, print).record == {}


def test_record_written_is_read_back():
    store = MemoryStore()
    opened(store, BASE, print).write(
        state="staged", action="7", reports=[["7", "closed", "success", []]]
    )
    record = opened(store, BASE, print).record
    assert record["state"] == "staged" and record["reports"] == [["7", "closed", "success", []]]


def test_record_of_another_server_tenant_or_device_is_dropped():
    for base in (
        "https://server/DEFAULT/controller/v1/dev1",
        "http://other/DEFAULT/controller/v1/dev1",
        "http://server/OTHER/controller/v1/dev1",
        "http://server/DEFAULT/controller/v1/dev2",
        None,
        7,
    ):
        assert saved(base=base, action="7").record == {}


def test_record_of_older_and_newer_format_is_dropped():
    for number in (FORMAT - 1, FORMAT + 1, str(FORMAT), None, [FORMAT]):
        assert saved(format=number, action="7").record == {}


def test_record_of_format_1_is_still_read():
    # As written by version 0.1.0.
    data = (
        '{"format": 1, "base": "%s", "state": "activating", "action": "7",'
        ' "key": "0123456789abcdef", "tries": 1, "posts": 5, "done": 1,'
        ' "at": 0, "etag": null, "kept": {"os": "2621440:e9"},'
        ' "config": 123456, "reports": [["6", "closed", "failure", ["why"]]]}' % BASE
    )
    record = opened(MemoryStore(data.encode()), BASE, print).record
    assert record["state"] == "activating" and record["kept"] == {"os": "2621440:e9"}
    assert record["reports"] == [["6", "closed", "failure", ["why"]]]


def test_unknown_keys_of_a_newer_writer_are_kept():
    journal = saved(new_key=[1, 2], action="7")
    journal.write(state="idle")
    assert journal.record["new_key"] == [1, 2]


def test_garbage_is_dropped():
    for data in (b"\xff" * 64, b"\0", b"{", b"null", b"7", b"[]", b'"x"', b"{}", b'{"format": 1}'):
        assert opened(MemoryStore(data), BASE, print).record == {}, data
    whole = saved(action="7")._store.data
    for end in range(1, len(whole) - 1):
        record = opened(MemoryStore(whole[:end]), BASE, print).record
        # MicroPython before 1.27 takes an object whose last brace is missing.
        assert record in ({}, {"format": FORMAT, "base": BASE}), record


def test_new_action_keeps_what_outlives_one():
    journal = saved(
        reports=[REPORT], config=1, installed=["a", "1"], answered="5", action="6", at=9
    )
    journal.renew(state="downloading", action="7")
    record = opened(journal._store, BASE, print).record
    assert record["reports"] == [REPORT] and record["config"] == 1
    assert record["installed"] == ["a", "1"] and record["answered"] == "5"
    assert record["action"] == "7" and "at" not in record


def test_new_action_may_replace_what_outlives_one():
    journal = saved(reports=[REPORT])
    journal.renew(reports=[])
    assert journal.record["reports"] == []


def test_failed_save_leaves_the_record_as_it_was():
    journal = saved(state="staged")
    for change in (journal.write, journal.renew):
        journal._store.error = OSError(28, "no space")
        raises(OSError, change, state="activating")
        assert journal.record["state"] == "staged"
        assert json.loads(journal._store.data)["state"] == "staged"


def test_wrong_inner_types_drop_the_action_and_keep_what_lasts():
    for keys in (
        {"state": 7},
        {"action": ["7"]},
        {"tries": "1"},
        {"at": None},
        {"done": {}},
        {"kept": []},
        {"kept": {"os": 7}},
        {"cause": 1.5},
        {"key": 0},
        {"ended": True},
        {"stored": []},
        {"lost": 7},
        {"posts": "2"},
        {"frame": {}},
        {"signed": 7},
        {"signed": {"os": "7"}},
    ):
        changes = {"state": "staged", "action": "7", "config": 5, "reports": [REPORT]}
        changes.update(keys)
        assert saved(**changes).record == {"config": 5, "reports": [REPORT]}, keys


def test_what_lasts_is_dropped_where_its_type_is_wrong():
    right = {
        "config": 5,
        "answered": "6",
        "installed": ["a", "1"],
        "counters": {"os": 7},
        "reports": [REPORT],
    }
    for key, wrong in (
        ("config", "5"),
        ("answered", 6),
        ("installed", "a 1"),
        ("counters", [7]),
        ("counters", {"os": "7"}),
        ("reports", {}),
    ):
        changes = dict(right, state="staged")
        changes[key] = wrong
        rest = dict(right)
        rest.pop(key)
        assert saved(**changes).record == rest, (key, wrong)


def test_reports_of_a_wrong_shape_are_dropped():
    for reports in ("x", 7, [7], [[]], [REPORT[:3]], [REPORT, ["6", "closed", "failure", "why"]]):
        record = saved(action="7", installed=["a", "1"], reports=reports).record
        assert record == {"installed": ["a", "1"]}, reports


def test_another_state_is_told_and_the_same_is_not():
    told = []
    journal = opened(MemoryStore(), BASE, told.append)
    journal.write(state="downloading")
    journal.write(at=4096)
    journal.write(state="staged")
    journal._store.error = OSError(28, "no space")
    raises(OSError, journal.write, state="activating")
    journal.renew(state="idle")
    assert told == ["downloading", "staged", "idle"]


def exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def file_store():
    try:
        with open("record.json", "wb") as f:
            f.write(b"old")
    except OSError:
        raise Skip("no filesystem to write to")
    return FileStore("record.json")


def test_file_store_reads_what_it_saved():
    store = file_store()
    assert store.load() == b"old"
    store.save(b"new")
    assert store.load() == b"new"
    assert not exists("record.json.new")


def test_file_store_without_a_file_is_empty():
    assert FileStore("nothing-there.json").load() is None


def test_file_store_cut_while_writing_keeps_the_old_record():
    store = file_store()
    with open("record.json.new", "wb") as f:
        f.write(b"hal")
    assert store.load() == b"old"
    store.save(b"new")
    assert store.load() == b"new"


def test_file_store_that_cannot_write_raises():
    raises(OSError, FileStore("no/such/folder/record.json").save, b"x")


def test_empty_store_is_no_error():
    lines = []
    real, log.line = log.line, lambda level, text, *args: lines.append(text)
    try:
        Journal(MemoryStore(), "http://server", print).load()
        Journal(MemoryStore(b""), "http://server", print).load()
    finally:
        log.line = real
    assert lines == []
