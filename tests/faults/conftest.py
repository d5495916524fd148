"""A lab for each test: see lab.py."""

import pytest
from faults.lab import Lab
from rollouts.testing.fixtures import hawkbit, hawkbit_server  # noqa: F401
from serve_asks import Operator


@pytest.fixture
def lab(hawkbit):  # noqa: F811
    """A server with one target, and its board."""
    with Operator(hawkbit) as operator:
        yield Lab(hawkbit, operator)
