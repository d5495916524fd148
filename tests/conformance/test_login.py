"""Who is let in, and how a device gets known."""

import pytest
from rollouts.api import ServerError


def test_first_contact_with_the_gateway_token_registers(lab):
    device = lab.device(TARGET_TOKEN=None, GATEWAY_TOKEN=lab.gateway_token())
    device.settle()
    assert lab.api.targets.get(lab.name).update_status == "registered"
    assert lab.api.targets.attributes(lab.name)["hw"] == "simulated"


def test_target_token_lets_a_known_device_in(lab):
    lab.target()
    device = lab.device()
    device.settle()
    assert device.infos("error") == []
    # Not update_status: hawkBit writes that down up to 10 s after the poll.
    assert lab.api.targets.attributes(lab.name)["hw"] == "simulated"


def test_wrong_token_is_refused_and_changes_nothing(lab):
    lab.target()
    device = lab.device(TARGET_TOKEN="0" * 32)
    waits_s = []
    for _ in range(3):
        device.run()
        waits_s.append(device.wait_s)
    assert all("401" in error for error in device.infos("error"))
    assert waits_s == sorted(waits_s) and waits_s[0] < waits_s[-1]
    assert lab.api.targets.get(lab.name).update_status == "unknown"
    assert lab.api.targets.attributes(lab.name) == {}


def test_unknown_device_with_a_target_token_is_not_registered(lab):
    lab.target()
    lab.api.targets.delete(lab.name)
    device = lab.device()
    device.run()
    assert "401" in device.infos("error")[0]
    with pytest.raises(ServerError) as refused:
        lab.api.targets.get(lab.name)
    assert refused.value.status == 404


def test_deleted_device_is_registered_anew_by_the_gateway_token(lab):
    device = lab.device(TARGET_TOKEN=None, GATEWAY_TOKEN=lab.gateway_token())
    device.settle()
    lab.assign(lab.release())
    device.run(until="progress")
    lab.api.targets.delete(lab.name)
    device.run()
    device.settle()
    assert lab.api.targets.get(lab.name).update_status == "registered"
    assert lab.api.targets.attributes(lab.name)["hw"] == "simulated"
    assert device.infos("state") == ["downloading", "idle"]


def test_deleted_device_with_its_own_token_comes_back_when_it_is_known_again(lab):
    device = lab.registered_device()
    lab.api.targets.delete(lab.name)
    device.run()
    assert "401" in device.infos("error")[0]
    lab.target()
    action = lab.assign(lab.release())
    device.settle()
    assert lab.view(action).action == "finished"
