"""One fault at every request of a whole update, one at a time: the update ends well."""

import pytest
from faults.lab import NEW, SUCCESS

BASE = "/DEFAULT/controller/v1/dev-1"
WINDOWS = 3
# What one update asks for, until nothing is left to do.
UPDATE = [
    "GET poll",
    "PUT configData",
    "GET deploymentBase",
    "POST deploymentBase",  # from 0 bytes
    *["GET softwaremodules", "POST deploymentBase"] * 2,
    "GET softwaremodules",
    "GET poll",  # the last word before installing is the server's
    "GET deploymentBase",
    "POST deploymentBase",  # resetting
    "GET poll",  # that confirms the new image
    "POST deploymentBase",  # the end
    "GET poll",
    "PUT configData",
    "GET poll",
]
FAULTS = ["status=503", "status=429", "lost-answer", "stall"]


def asked(line):
    """Return a request of the board as it stands in UPDATE."""
    method, path = line.split()[:2]
    return f"{method} {path.removeprefix(BASE).strip('/').split('/')[0] or 'poll'}"


def test_clean_update_asks_for_this(lab):
    assert lab.update() == SUCCESS
    assert [asked(line) for line in lab.net.sent][: len(UPDATE)] == UPDATE
    assert {asked(line) for line in lab.net.sent[len(UPDATE) :]} == {"GET poll"}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("number", range(1, len(UPDATE) + 1))
def test_fault_at_one_request_ends_nothing(lab, fault, number):
    assert lab.update(f"{fault}@any#{number}") == SUCCESS
    assert lab.finals() == ["finished: installed, tested and confirmed"]
    assert lab.runs() == NEW
    assert len(lab.server.faults.struck) == 1
    assert len(lab.downloads()) <= WINDOWS + 1
