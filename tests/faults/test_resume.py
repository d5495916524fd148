"""A download broken by a power cut goes on where it was; what came out wrong begins again."""

import hashlib
import re

import pytest
from faults.lab import FAILURE, IMAGE_SIZE, NEW, OLD, SUCCESS, WINDOW_BYTES, image
from simboard.power import BEFORE, STREAM, Cut

CHECKPOINT_BYTES = 8192
CUT_AT = 9 * 4096  # in the third window


@pytest.fixture
def broken(lab):
    """A lab whose board lost its power in the middle of the download."""
    lab.assign()
    lab.board.supply.cuts.append(Cut(STREAM, CUT_AT // 4096, BEFORE))
    assert lab.board.boot().how == "power-cut"
    lab.net.sent.clear()
    return lab


def ranges(lab):
    """(start, end) of every request for the file; end exclusive."""
    found = [re.search(r"Range: bytes=(\d+)-(\d+)", text) for text in lab.downloads()]
    return [(int(one[1]), int(one[2]) + 1) for one in found]


def damage(board):
    """Flip bytes of what is stored already."""
    slot = board.slots()[1]
    board.flash.program(slot.addr + 4096, bytes(16))


def test_download_goes_on_behind_the_last_checkpoint_after_a_power_cut(broken):
    assert broken.run() == SUCCESS
    assert broken.finals() == ["finished: installed, tested and confirmed"]
    starts = [start for start, _ in ranges(broken)]
    assert CUT_AT - CHECKPOINT_BYTES - 4096 <= starts[0] <= CUT_AT
    assert ranges(broken)[-1][1] == IMAGE_SIZE
    etags = {re.search("If-Range: (.*)\r", text)[1] for text in broken.downloads()}
    assert etags == {f'"{hashlib.sha1(image(NEW)).hexdigest()}"'}


def test_damaged_part_is_found_and_all_is_fetched_once_more(broken):
    damage(broken.board)
    assert broken.run() == SUCCESS
    assert broken.finals() == ["finished: installed, tested and confirmed"]
    starts = [start for start, _ in ranges(broken)]
    assert starts[0] > 0 and starts[-3:] == [0, WINDOW_BYTES, 2 * WINDOW_BYTES]
    assert broken.runs() == NEW


def test_file_that_is_wrong_from_the_start_too_ends_with_words(broken):
    damage(broken.board)
    broken.server.faults.add("wrong-hash")
    assert broken.run() == FAILURE
    [final] = broken.finals()
    assert "fw.bin: sha256 is" in final
    assert [start for start, _ in ranges(broken)].count(0) == 1
    assert broken.runs() == OLD


@pytest.mark.parametrize(
    "fault",
    [
        "cut-at=5000#1",
        "stall#1",
        "lost-answer@download#1",
        "status=503@download#1",
        "status=416@download#1",
        "status=412@download#1",
        "no-range",
        "no-range#1",
    ],
)
def test_fault_of_the_resume_itself_ends_well(broken, fault):
    broken.server.faults.add(fault)
    assert broken.run() == SUCCESS
    assert broken.finals() == ["finished: installed, tested and confirmed"]
    assert broken.server.faults.struck
