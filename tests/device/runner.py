"""Runs device tests: the functions test_* of a file, one line each on stdout.

    PASS name
    FAIL name reason
    SKIP name reason

A device test is a plain function without arguments. This file and the tests run
unchanged on CPython and on every MicroPython; on a board:

    make test-board PORT=/dev/ttyUSB0
"""

import gc
import os
import sys


class Skip(Exception):
    """A test that cannot run here raises it; its text is the reason."""


def raises(kind, call, *args, **kwargs):
    """Return the exception of `kind` that call(*args, **kwargs) must raise."""
    try:
        call(*args, **kwargs)
    except kind as e:
        return e
    raise AssertionError("%s was not raised" % kind.__name__)


def run(module, names=None, absent=(), skips=Skip, why_not=None):
    """Run the tests `names` (default: all) of `module`.

    absent: modules this interpreter is known not to have; a file that imports one is skipped.
    skips: exceptions that skip a test. why_not() -> why a test that failed could not run, or None.
    """
    why_skipped = _why_skipped(module, absent)
    for name in names or _names(_load(module, absent)):
        if why_skipped:
            print("SKIP", name, why_skipped)
            continue
        gc.collect()
        if why_not:
            why_not()  # of the test before
        try:
            getattr(_load(module, absent), name)()
            print("PASS", name)
        except skips as e:
            print("SKIP", name, _line(str(e) or "no reason given"))
        except KeyboardInterrupt:
            raise
        except BaseException as e:  # noqa: B036 - a simulated power cut is a BaseException
            _print_exception(e)
            reason = why_not and why_not()
            print("SKIP" if reason else "FAIL", name, _line(reason or repr(e)))


def run_apart(module, names=None, absent=(), folder="/device-tests"):
    """The same on a board, in a folder of its own, of which nothing is left.

    A test that a board has no memory for is skipped, with its words, which the library may
    have met and logged.
    """
    _remove(folder)
    os.mkdir(folder)
    os.chdir(folder)
    try:
        run(module, names, absent, (Skip, MemoryError), _memory_watch())
    finally:
        os.chdir("/")
        _remove(folder)


def _memory_watch():
    """Return a function that tells what a log has said of too little memory since it was asked."""
    from hawkbit import log

    said = []
    line = log.line

    def watched(at, text, *args):
        if "memory allocation failed" in text % args:
            said.append(text % args)
        line(at, text, *args)

    def tell():
        words = said[0] if said else None
        said[:] = []
        return words

    log.line = watched
    return tell


def _remove(path):
    try:
        for name in os.listdir(path):
            _remove(path + "/" + name)
        os.rmdir(path)
    except OSError:
        try:
            os.remove(path)
        except OSError:
            pass  # not there


def _load(module, absent):
    try:
        return __import__(module)
    except ImportError as e:
        for name in absent:
            if "'%s'" % name in str(e):
                raise Skip("this MicroPython has no module `%s`" % name)
        raise


def _why_skipped(module, absent):
    # Asked once: a board takes a second or two to find out.
    try:
        _load(module, absent)
    except Skip as e:
        return _line(str(e))
    except Exception:
        return None  # each test says what is wrong


def _names(module):
    return sorted(name for name in dir(module) if name.startswith("test_"))


def _line(text):
    return text.replace("\r", "\\r").replace("\n", "\\n")


def _print_exception(e):
    if sys.implementation.name == "micropython":
        sys.print_exception(e)
    else:
        import traceback

        traceback.print_exception(type(e), e, e.__traceback__, file=sys.stdout)
