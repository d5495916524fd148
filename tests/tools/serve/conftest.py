"""A local hawkBit for each test, an operator who is logged in, and devices."""

import pytest
from rollouts.testing.fixtures import hawkbit, hawkbit_server  # noqa: F401
from serve_asks import Operator


@pytest.fixture
def operator(hawkbit):  # noqa: F811
    with Operator(hawkbit) as operator:
        yield operator
