"""What an image does when it runs: its esp_app_desc_t's project_name decides.

Every name not listed here, also the empty one of stock MicroPython, runs /boot.py and /main.py.
"""

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


def run(chip, execute):
    """Run the application of a chip that has power, until it stops it (PowerOff) or ends.

    `execute(path, source)` runs one file and returns False when it raised; with `source`
    None it reads the file, and returns True when there is none.
    """
    if name(chip) == UNBOOTABLE:
        chip.abort("the application crashed before Python started")
    # As in MP ports/esp32/main.c: an exception in boot.py keeps main.py from running.
    if execute("/boot.py", None):
        execute("/main.py", _MAIN.get(name(chip)))
    chip.wait_for_timers()
