"""What is frozen into the image that runs; here: what its esp_app_desc_t says."""

from simboard import behavior
from simboard.chip import current

_app = current().app()
version = _app.version if _app else ""
project_name = _app.project_name if _app else ""


def self_test():
    """Does the hardware answer as this image expects?"""
    return project_name != behavior.SELF_TEST_FAILS
