"""Every answer that hawkBit 1.0.4 gave in the recordings comes to what recordings/*.txt says."""

from places import check


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
