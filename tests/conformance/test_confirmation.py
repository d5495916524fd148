"""A tenant that asks the user first."""

import pytest
from conformance.lab import View

FLOW = "user.confirmation.flow.enabled"


@pytest.fixture
def device(lab):
    lab.tenant.require(FLOW, True)
    return lab.registered_device(ASKS=True)


def test_confirmed_update_is_installed(lab, device):
    action = lab.assign(lab.release())
    device.settle()
    assert len(device.infos("accept")) == 1
    assert lab.view(action) == View("finished", "in_sync", "2.0.0")


def test_confirmation_put_off_leaves_it_waiting(lab, device):
    action = lab.assign(lab.release())
    device.accepts = "later"
    device.run()
    device.run()
    assert lab.view(action).action == "wait_for_confirmation"
    device.accepts = "now"
    device.settle()
    assert lab.view(action).action == "finished"


def test_denied_update_is_answered_once_and_waits_for_the_operator(lab, device):
    action = lab.assign(lab.release())
    device.accepts = "refuse"
    device.run()
    answers = device.counts["reports"]
    device.run()
    device.run()
    assert device.counts["reports"] == answers
    assert lab.view(action) == View("wait_for_confirmation", "pending", None)
    lab.cancel(action)
    device.settle()
    assert lab.view(action).action == "canceled"
    assert device.infos("state") == []
