"""What an image does when it runs: its esp_app_desc_t's project_name decides.

Every name not listed here, also the empty one of stock MicroPython, runs /boot.py and /main.py.
"""

from simboard.errors import PowerOff

# How a boot ended that nothing stopped: at the prompt, with no timer left.
END = "end"

# Accepted by the bootloader, but the application crashes before Python starts.
UNBOOTABLE = "unbootable"
# Each in the place of /main.py, after /boot.py.
HANGS = "hangs"
CRASHES = "crashes-before-updater"
# /main.py runs, but ...
CANNOT_IMPORT = "cannot-import"  # ... `import hawkbit.updater` fails
NO_NETWORK = "no-network"  # ... no connection comes about
SELF_TEST_FAILS = "self-test-fails"  # ... app.self_test() returns False

UPDATER = "hawkbit.updater"
NET = "hawkbit.net"

_MAIN = {
    HANGS: "while True:\n    pass\n",
    CRASHES: 'raise RuntimeError("this image crashes before the updater")\n',
}


def name(chip):
    """The project_name of the running image, "" without a description."""
    app = chip.app()
    return app.project_name if app else ""


def run(chip, execute, report):
    """Run the application of a chip that has power, until it stops it (PowerOff) or ends.

    `execute(path, source)` runs one file, which it reads when `source` is None; no file is
    no error. `report(e)` prints the traceback of an exception that the file let out.
    """
    if name(chip) == UNBOOTABLE:
        chip.abort("the application crashed before Python started")
    # As in MP ports/esp32/main.c: an exception in boot.py keeps main.py from running.
    if _run_file(chip, execute, report, "/boot.py"):
        _run_file(chip, execute, report, "/main.py", _MAIN.get(name(chip)))
    chip.wait_for_timers()


def _run_file(chip, execute, report, path, source=None):
    try:
        execute(path, source)
    except SystemExit:
        chip.stop(chip.SOFT_RESET, cause=chip.SOFT_CAUSE)
    except Exception as e:
        if chip.stopped:
            # The OSError of a dead flash, met in a `finally` on the way out.
            raise PowerOff(chip.stopped)
        report(e)
        return False
    return True
