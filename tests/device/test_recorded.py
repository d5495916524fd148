"""Every answer that hawkBit 1.0.4 gave in the recordings comes to what recordings/*.txt says."""

from hawkbit.settings import NOW
from places import check, cycle


def test_logins_recorded():
    check("ddi_auth")


def test_polls_recorded():
    check("ddi_base")


def test_cancellations_recorded():
    check("ddi_cancel")


def test_reports_with_timestamps_recorded():
    check("ddi_clock")


def test_attributes_recorded():
    check("ddi_config")


def test_confirmations_recorded():
    check("ddi_confirmation")


def test_forced_update_recorded():
    check("ddi_deployment")


def test_downloads_recorded():
    check("ddi_download")


def test_feedback_recorded():
    check("ddi_feedback")


def test_installed_sets_recorded():
    check("ddi_installed")


def test_media_types_recorded():
    check("ddi_media")


def test_paths_recorded():
    check("ddi_paths")


def test_quota_recorded():
    check("ddi_quota")


def test_types_of_assignment_recorded():
    check("ddi_types")


def test_one_cycle_from_the_poll_to_the_first_bytes_recorded():
    asked = cycle("ddi_deployment", "something assigned", "follow the link", "download begun")
    assert asked == [
        "poll",
        "PUT configData",
        "GET deploymentBase/3?c=413446921",
        "POST deploymentBase/3/feedback proceeding none",
        "GET softwaremodules/4/artifacts/app.tar",
        "then GET softwaremodules/4/artifacts/app.tar",
    ]


def test_one_cycle_from_the_question_to_the_deployment_recorded():
    titles = ("waiting for confirmation", "confirmationBase/{id}", "confirmed", "after confirmed")
    asked = cycle("ddi_confirmation", *titles, accept=lambda deployment: NOW)
    assert asked == [
        "poll",
        "PUT configData",
        "GET confirmationBase/49?c=455928887",
        "POST confirmationBase/49/feedback confirmed",
        "poll",
        "PUT configData",
        "GET deploymentBase/49?c=456018260",
        "then GET deploymentBase/49?c=456018260",
    ]


def test_one_cycle_of_a_cancellation_recorded():
    titles = ("poll while the cancellation waits", "cancelAction")
    asked = cycle("ddi_cancel", "cancel feedback closed / success", *titles)
    assert asked == [
        "poll",
        "PUT configData",
        "GET cancelAction/20",
        "POST cancelAction/20/feedback closed success",
        "poll",
        "then poll",
    ]
