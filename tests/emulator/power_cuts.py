"""Updates during which the power is cut at random moments, which a seed tells.

A moment is a word on the serial line and a part of what follows it, so that a slow host cuts
in the same places as a fast one.
"""

import random
import re
from collections import namedtuple

from emulator.serial_log import LostNetworkError, SilentError

# Each of these waits is over at the latest when the update ends.
DOWNLOAD = (
    r"^hawkbit: state: downloading$",
    r"^hawkbit: progress: 15$",
    r"^hawkbit: progress: 47$",
    r"^hawkbit: progress: 94$",
    r"^hawkbit: progress: 100$",  # finish
    r"^hawkbit: state: staged$",
)
TRIAL = (
    r"^hawkbit: state: activating$",  # set_boot, reset
    r"^rst:0xc ",  # first boot
    r"^hawkbit: state: testing$",  # confirm
    r"^hawkbit: state: reporting$",  # report
)
WORDS = DOWNLOAD + TRIAL
_END = r"^hawkbit: state: idle$"
_MAX_DELAY_S = 3.0
_MAX_LOST = 5  # times in one wait that the emulated radio may lose its network
_MOST_CUTS = 8  # many to one update: each costs a boot, the rest is shared

Cut = namedtuple("Cut", ("word", "delay_s"))


def plan(seed: int) -> list[Cut]:
    """Return the cuts of one update, in the order in which they are made.

    Every other update is cut after its download only, which takes half the time.
    """
    dice = random.Random(seed)
    words = WORDS if seed % 2 else TRIAL
    chosen = sorted(dice.choices(range(len(words)), k=dice.randint(1, _MOST_CUTS)))
    # Half of the delays are short: what is fast is hit as well.
    return [Cut(words[i], _MAX_DELAY_S * dice.random() ** 3) for i in chosen]


def run(board, cuts, is_over, sleep) -> int:
    """Update `board`, which is off, with the power cut at `cuts`; leave it off.

    is_over(): does the server know the end? Returns how many cuts were made: none of a word
    that does not come any more.
    """
    made = 0
    board.power_on()
    while (due := _next(board, is_over, [cut.word for cut in cuts])) is not None:
        sleep(cuts[due].delay_s)
        board.cut_power()
        made += 1
        board.power_on()
        if is_over():
            break
        cuts = cuts[due + 1 :]
    board.cut_power()
    return made


def _next(board, is_over, words) -> int | None:
    """Wait for the end, and return None, or for one of the words: return the index of the
    first that it is. Those before it may not come any more."""
    for _ in range(_MAX_LOST):
        try:
            said = board.log.expect("|".join([_END, *words]))[0]
        except SilentError:
            # The power may have been cut between the last report and the word for it.
            if is_over():
                return None
            raise
        except LostNetworkError:
            # The radio's fault, and for the board one more power cut.
            board.cut_power()
            board.power_on()
        else:
            return next((i for i, word in enumerate(words) if re.match(word, said)), None)
    raise LostNetworkError(f"the emulated radio lost its network {_MAX_LOST} times in a row")


def slots(new: str) -> dict:
    """Return what boots after an update of the slot `new`, by the status of its action.

    A cut of the trial, between first boot and confirmation, makes the bootloader go back.
    """
    old = "ota_1" if new == "ota_0" else "ota_0"
    return {"finished": (new, "valid"), "error": (old, "valid")}


def complaints(office, action_id: int, wanted: dict, found) -> list[str]:
    """Return what is wrong after an update that was cut; `found`: what the flash holds, of
    what is `wanted` by the status of the action."""
    status, _ = office.believes(action_id)
    wrong = []
    if status not in wanted:
        wrong.append(f"the action is {status}")
    elif found != wanted[status]:
        wrong.append(f"the action is {status}, but {found} is what boots")
    final = office.final_reports(action_id)
    if len(final) != 1:
        wrong.append(f"{len(final)} final reports: {final}")
    return wrong
