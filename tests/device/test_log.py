"""What is printed at which level."""

import builtins

from hawkbit import log


def printed(level, at, text, *args):
    """Return what line() prints at `level`."""
    lines = []
    before, log.level = log.level, level
    # A module without a `print` of its own takes the builtin.
    log.print = lambda *words: lines.append(" ".join(str(word) for word in words))
    try:
        log.line(at, text, *args)
    finally:
        log.level = before
        log.print = builtins.print
    return lines


def test_line_is_text_and_arguments():
    assert printed(log.INFO, log.INFO, "%s: %d", "a", 5) == ["hawkbit: a: 5"]
    assert printed(log.INFO, log.INFO, "100 %%") == ["hawkbit: 100 %"]


def test_line_beyond_the_level_is_not_printed():
    assert printed(log.ERROR, log.INFO, "x") == []
    assert printed(log.DEBUG, log.DEBUG, "x") == ["hawkbit: x"]
    assert printed(0, log.ERROR, "x") == []


def test_line_is_one_line_whatever_a_server_wrote():
    for wrong in ("a\nhawkbit: state: idle", "a\r\0b", "\x1b]0;owned\x07", "\x7f\t"):
        line = printed(log.INFO, log.INFO, "HTTP 404: %s", wrong)[0]
        assert line.startswith("hawkbit: HTTP 404: ")
        assert not any(c < " " or c == "\x7f" for c in line), line
