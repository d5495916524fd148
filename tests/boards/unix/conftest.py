import appimage
import pytest
from simboard import partitions
from simboard.host import Board, new_flash

SLOT = 0x20000
SMALL = (0x70000, partitions.ota_layout(0x70000, SLOT))


@pytest.fixture
def small_board():
    """Return a function that makes a board with 128 KiB slots and version 1.0.0 in ota_0."""

    def make(**options):
        board = Board(new_flash(SMALL), **options)
        board.install(appimage.make(version="1.0.0"))
        return board

    return make


@pytest.fixture
def staged():
    """Return a function that has an image run next, on trial: staged(board, "hangs")."""

    def stage(board, project_name="ok"):
        board.install(appimage.make(project_name, "2.0.0"), slot=1)
        before = board.get("/main.py") if has_file(board, "/main.py") else b""
        board.put(
            "/main.py",
            b"import esp32, machine\nesp32.Partition('ota_1').set_boot()\nmachine.reset()\n",
        )
        assert board.boot().how == "reset"
        board.put("/main.py", before)

    return stage


def has_file(board, path):
    try:
        board.get(path)
    except OSError:
        return False
    return True
