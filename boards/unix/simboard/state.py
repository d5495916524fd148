"""What outlives the process of one boot: RTC memory, counts, and how the board stopped."""

import binascii
import json

from simboard import behavior
from simboard.chip import Chip, Retained

# What a process that was one boot exits with; 1 is an error of the simulation itself.
EXIT_CODES = {
    behavior.END: 0,
    Chip.RESET: 3,
    Chip.SOFT_RESET: 4,
    Chip.SLEEP: 5,
    Chip.POWER_CUT: 6,
    Chip.HUNG: 7,
    Chip.TIME_UP: 8,
}


def load_state(open_state):
    """Return (Retained, counts or None). `open_state(mode)` opens the state file."""
    try:
        with open_state("r") as file:
            state = json.loads(file.read())
    except OSError:
        return Retained(), None
    memory = binascii.unhexlify(state["memory"])
    return Retained(state["cause"], state["slot_addr"], memory), state["counts"]


def save_state(open_state, chip):
    """Write down how `chip` stopped, and what it retained."""
    retained = chip.retained if chip.stopped else Retained()
    state = {
        "how": chip.stopped or behavior.END,
        "sleep_ms": chip.sleep_ms,
        "cause": retained.cause,
        "slot_addr": retained.slot_addr,
        "memory": binascii.hexlify(retained.memory).decode(),
        "counts": chip.supply.counts,
    }
    with open_state("w") as file:
        file.write(json.dumps(state))
