"""The life of an action: what each report does, and what the server believes afterwards."""

import time

import pytest
from rollouts.testing import local_server
from serve_asks import Device, Operator

# execution, finished -> kind of the entry, action's status, is it open, target's status
REPORTS = [
    ("proceeding", "none", "running", "running", True, "pending"),
    ("scheduled", "none", "running", "running", True, "pending"),
    ("resumed", "none", "running", "running", True, "pending"),
    ("download", "none", "download", "running", True, "pending"),
    ("downloaded", "none", "downloaded", "running", True, "pending"),
    ("canceled", "success", "canceled", "running", True, "pending"),
    ("rejected", "failure", "warning", "running", True, "pending"),
    ("closed", "success", "finished", "finished", False, "in_sync"),
    ("closed", "none", "finished", "finished", False, "in_sync"),
    ("closed", "failure", "error", "error", False, "error"),
]


@pytest.mark.parametrize("report", REPORTS, ids=lambda r: "-".join(r[:2]))
def test_report_moves_action_and_target(operator, report):
    execution, finished, entry, status, is_open, target_status = report
    device = operator.device()
    action_id = operator.release()
    assert device.feedback(action_id, execution, finished).status_code == 200
    action = operator.action(action_id)
    assert (action["status"], action["active"]) == (status, is_open)
    assert operator.target()["updateStatus"] == target_status
    assert operator.history(action_id) == ["running", entry]


CANCEL_REPORTS = [
    ("closed", "success", "canceled", set()),
    ("closed", "none", "canceled", set()),
    ("closed", "failure", "running", {"deploymentBase"}),
    ("rejected", "none", "running", {"deploymentBase"}),
    ("canceled", "success", "canceling", {"cancelAction"}),
    ("proceeding", "none", "canceling", {"cancelAction"}),
]


@pytest.mark.parametrize("report", CANCEL_REPORTS, ids=lambda r: "-".join(r[:2]))
def test_cancel_report_ends_or_keeps_the_action(operator, report):
    execution, finished, status, links = report
    device = operator.device()
    action_id = operator.release()
    operator.delete(f"/targets/dev-1/actions/{action_id}")
    assert device.links() == {"cancelAction"}
    answer = device.feedback(action_id, execution, finished, channel="cancelAction")
    assert answer.status_code == 200
    assert operator.action(action_id)["status"] == status
    assert device.links() == links


def test_closed_twice_is_gone(operator):
    device = operator.device()
    action_id = operator.release()
    assert device.feedback(action_id, "closed", "success").status_code == 200
    assert device.feedback(action_id, "closed", "success").status_code == 410


def test_looking_at_a_closed_deployment_breaks_its_record(operator):
    device = operator.device()
    action_id = operator.release()
    device.feedback(action_id, "closed", "success")
    assert device.links() == {"installedBase"}
    assert device.deployment(action_id).status_code == 200
    assert operator.action(action_id)["status"] == "retrieved"
    assert device.links() == set()


@pytest.mark.parametrize("timestamp", [946684800000, int(time.time())], ids=["2000", "seconds"])
def test_report_older_than_the_last_installation_leaves_target_pending(operator, timestamp):
    device = operator.device()
    device.feedback(operator.release(), "closed", "success")
    second = operator.release(name="second")
    assert device.feedback(second, "closed", "success", timestamp=timestamp).status_code == 200
    assert operator.action(second)["status"] == "finished"
    assert operator.target()["updateStatus"] == "pending"
    assert operator.read("/targets/dev-1/installedDS")["name"] == "fw"


def test_markup_in_details_loses_the_report(operator):
    device = operator.device()
    action_id = operator.release()
    answer = device.feedback(action_id, "closed", "failure", details=["in <module>"])
    assert answer.status_code == 400
    assert answer.json()["errorCode"] == "hawkbit.server.error.repo.constraintViolation"
    assert operator.action(action_id)["active"]
    assert device.feedback(action_id, "proceeding", details=["a < b"]).status_code == 200


def test_long_details_are_cut_into_pieces_of_512(operator):
    device = operator.device()
    action_id = operator.release()
    device.feedback(action_id, "proceeding", details=["x" * 513])
    entry = operator.read(f"/targets/dev-1/actions/{action_id}/status")["content"][0]
    assert entry["messages"] == ["x" * 512, "x"]


def test_51_messages_are_refused_even_when_closing(operator):
    device = operator.device()
    action_id = operator.release()
    details = [f"line {i}" for i in range(51)]
    answer = device.feedback(action_id, "closed", "success", details=details)
    assert answer.status_code == 429
    assert answer.json()["errorCode"] == "hawkbit.server.error.quota.tooManyEntries"
    assert operator.action(action_id)["active"]


def test_full_history_still_takes_the_end():
    with local_server(max_status_entries=5) as server, Operator(server) as operator:
        device = operator.device()
        action_id = operator.release()
        for _ in range(4):
            assert device.feedback(action_id, "proceeding").status_code == 200
        assert device.feedback(action_id, "proceeding").status_code == 429
        assert device.feedback(action_id, "closed", "success").status_code == 200


def test_superseded_action_is_canceled_before_the_new_one_is_offered(operator):
    device = operator.device()
    old, new = operator.release(), operator.release(name="second")
    assert f"/cancelAction/{old}" in device.poll()["_links"]["cancelAction"]["href"]
    device.feedback(old, "closed", "success", channel="cancelAction")
    assert f"/deploymentBase/{new}?c=" in device.poll()["_links"]["deploymentBase"]["href"]
    assert operator.target()["updateStatus"] == "pending"


def test_required_migration_step_is_not_superseded(operator):
    device = operator.device()
    step = operator.set_of(operator.module(fw_bin=b"1"), name="step")
    operator.put(f"/distributionsets/{step}", json={"requiredMigrationStep": True})
    first = operator.assign("dev-1", step)
    second = operator.release(name="second")
    assert f"/deploymentBase/{first}?" in device.poll()["_links"]["deploymentBase"]["href"]
    device.feedback(first, "closed", "success")
    assert f"/deploymentBase/{second}?" in device.poll()["_links"]["deploymentBase"]["href"]


def test_autoclose_ends_the_old_action_at_once(operator):
    operator.config("repository.actions.autoclose.enabled", True)
    device = operator.device()
    old, new = operator.release(), operator.release(name="second")
    assert not operator.action(old)["active"]
    assert f"/deploymentBase/{new}?" in device.poll()["_links"]["deploymentBase"]["href"]


def test_force_quit_needs_a_cancel_first(operator):
    device = operator.device()
    action_id = operator.release()
    path = f"/targets/dev-1/actions/{action_id}"
    answer = operator.delete(path + "?force=true")
    assert answer.status_code == 405
    assert answer.json()["errorCode"] == "hawkbit.server.error.action.notForceQuitable"
    operator.delete(path)
    assert operator.delete(path + "?force=true").status_code == 204
    assert device.links() == set()
    assert device.feedback(action_id, "closed", "success").status_code == 410


def test_download_only_ends_with_downloaded(operator):
    device = operator.device()
    action_id = operator.release(type="downloadonly")
    assert device.deployment(action_id).json()["deployment"]["update"] == "skip"
    assert device.feedback(action_id, "downloaded").status_code == 200
    assert operator.target()["updateStatus"] == "in_sync"
    assert device.feedback(action_id, "closed", "success").status_code == 410


def test_timeforced_becomes_forced_when_its_time_comes(operator, hawkbit):
    device = operator.device()
    later = hawkbit.clock.now_ms() + 3600_000
    action_id = operator.release(type="timeforced", forcetime=later)
    before = device.poll()["_links"]["deploymentBase"]["href"]
    assert device.deployment(action_id).json()["deployment"]["update"] == "attempt"
    hawkbit.clock.advance(3601)
    assert device.deployment(action_id).json()["deployment"]["update"] == "forced"
    assert device.poll()["_links"]["deploymentBase"]["href"] != before


def test_failed_set_can_be_assigned_again(operator):
    device = operator.device()
    set_id = operator.set_of(operator.module(fw_bin=b"1"))
    first = operator.assign("dev-1", set_id)
    device.feedback(first, "closed", "failure")
    assert operator.assign("dev-1", set_id) > first


def test_denied_action_is_offered_again_and_can_be_confirmed(operator):
    operator.config("user.confirmation.flow.enabled", True)
    device = operator.device()
    action_id = operator.release()
    url = f"{device.base}/confirmationBase/{action_id}/feedback"
    for answer in ("denied", "denied"):
        assert device.post(url, json={"confirmation": answer}).status_code == 200
        assert device.links() == {"confirmationBase"}
    assert device.post(url, json={"confirmation": "confirmed"}).status_code == 200
    assert device.links() == {"deploymentBase"}
    assert device.post(url, json={"confirmation": "confirmed"}).status_code == 404


def test_auto_confirmation_starts_what_waits(operator):
    operator.config("user.confirmation.flow.enabled", True)
    device = operator.device()
    operator.release()
    url = f"{device.base}/confirmationBase/activateAutoConfirm"
    assert device.post(url).status_code == 415
    assert device.post(url, json={}).status_code == 200
    assert device.post(url, json={}).status_code == 409
    assert device.links() == {"deploymentBase"}


def test_deleted_target_registers_itself_anew_with_the_gateway_token(operator, hawkbit):
    device = operator.device()
    action_id = operator.release()
    assert operator.delete("/targets/dev-1").status_code == 204
    assert device.get(device.base).status_code == 401
    gateway = Device(hawkbit, "dev-1", f"GatewayToken {hawkbit.gateway_token}")
    assert gateway.feedback(action_id, "closed", "success").status_code == 404
    assert gateway.links() == set()
    assert operator.target()["createdBy"] == "CONTROLLER_PLUG_AND_PLAY"
