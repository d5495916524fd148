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
.venv/bin/pip install --quiet --disable-pip-version-check -c tools/constraints.txt -e '.[serve,board,test]'
.venv/bin/pip install --quiet --disable-pip-version-check -c tools/constraints.txt -e '.[unix]' ||
    echo "setup: no MicroPython unix port for this system; demo and tests will use CPython"
# MicroPython's own manifestfile.py and mpy-tool.py, for a test: of these two packages nothing else
# is wanted, so their dependencies stay out, and both out of the way of the rest.
.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --ignore-requires-python \
    --upgrade --target .venv/micropython micropython-stubber==1.29.1 mpy-file-info==0.1.2
touch .venv/ready
