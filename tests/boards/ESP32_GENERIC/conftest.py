import pytest
from boards.ESP32_GENERIC.mock_chip import MockChip


@pytest.fixture
def plug_in():
    """Return a function that plugs a chip in: plug_in("esp32", 8) -> MockChip."""
    chips = []

    def plug(chip: str, mib: int) -> MockChip:
        chips.append(MockChip(chip, mib))
        return chips[-1]

    yield plug
    for chip in chips:
        chip.stop()
