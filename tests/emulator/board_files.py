"""The files of a board in the emulator: config.py, and boards/main.py with a few lines before."""

import datetime

import install
from emulator.qemu import SSID

EXAMPLES = install.ROOT / "examples"
_SLEEP = "machine.deepsleep("
# In front of main.py: what a new image does wrong. The application is MicroPython in both
# slots, so that the slot says which of the two runs.
_IN_THE_NEW_IMAGE = """
from esp32 import Partition
if Partition(Partition.RUNNING).info()[4] == "ota_1":
{code}
"""
RAISES = 'raise RuntimeError("the new image is broken")'
HANGS = "while True: pass"
CRASHES_IN_C = "import machine; machine.mem32[0] = 0"
CANNOT_IMPORT = "import hawkbit.not_there"
SELF_TEST_FAILS = """
from hawkbit.updater import Updater
Updater.self_test = lambda self: False
"""
GIVES_UP_SOON = """
from hawkbit.updater import Updater
Updater.confirm_timeout_s = 10
"""
# A board that is switched on waits up to 10 s otherwise, so that a fleet's polls are spread.
POLLS_AT_ONCE = """
from hawkbit.updater import Updater
Updater.first_poll_spread_s = 0
"""
# Resets the board, if the emulator has that watchdog.
WATCHDOG_TRIAL = b"""
import machine
import time
machine.WDT(timeout=2000)
time.sleep(20)
print("no watchdog")
"""
# After each line of the log: Python's heap, and ESP-IDF's, which lwIP and TLS take from.
HEAP_TRACE = """
import gc
import esp32
from hawkbit import log
_line = log.line
def line(at, text, *args):
    _line(at, text, *args)
    idf = esp32.idf_heap_info(esp32.HEAP_DATA)
    numbers = (sum(h[1] for h in idf), max(h[2] for h in idf), sum(h[3] for h in idf))
    print("heap: %s:" % (text % args), gc.mem_alloc(), gc.mem_free(), *numbers)
log.line = line
"""


def set_clock() -> str:
    """The emulated network has no NTP server."""
    now = datetime.datetime.now(datetime.UTC)
    fields = (now.year, now.month, now.day, now.weekday(), now.hour, now.minute, now.second, 0)
    return f"import machine\nmachine.RTC().datetime({fields})\n"


def in_the_new_image(code: str) -> str:
    lines = "".join(f"    {line}\n" for line in code.strip().splitlines())
    return _IN_THE_NEW_IMAGE.format(code=lines)


def main_py(before: str = "") -> bytes:
    return before.encode() + (install.BOARD / "main.py").read_bytes()


def with_client_certificate(main: bytes) -> bytes:
    """Return main.py with the two keywords that docs/tls.md names."""
    before, argument, rest = main.partition(b"    rewrite_links=")
    return before + b"    cert='board.pem',\n    key='board-key.pem',\n" + argument + rest


def example_py(name: str) -> bytes:
    """Return one of examples/ behind the lines of main.py that join the Wi-Fi.

    It says when it sleeps: an emulator may not wake by itself.
    """
    online, _, _ = main_py(POLLS_AT_ONCE).decode().partition("board.updater(")
    example = (EXAMPLES / name).read_text()
    return (online + example.replace(_SLEEP, f"print('asleep')\n{_SLEEP}")).encode()


def impatient_boot_py() -> bytes:
    """Return boot.py with a watchdog of 10 s: for images that never feed it."""
    shipped, changed = b"watchdog_s=60", b"watchdog_s=10"
    boot_py = (install.BOARD / "boot.py").read_bytes()
    assert shipped in boot_py
    return boot_py.replace(shipped, changed)


def boot_py_of_application() -> bytes:
    """Return boot.py with the lines that examples/update_application.py asks for."""
    lines = "import sys\nfrom hawkbit import bundle\nsys.path.insert(0, bundle.guard('/app'))\n"
    return (install.BOARD / "boot.py").read_bytes() + lines.encode()


def config_py(written_by_setup: bytes, **settings) -> bytes:
    """Return the config.py of `rollouts setup` for the emulated network."""
    settings = {"WIFI_SSID": SSID, "WIFI_PASSWORD": None, **settings}
    lines = "".join(f"{name} = {value!r}\n" for name, value in settings.items())
    return written_by_setup + lines.encode()
