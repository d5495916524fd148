"""One process that runs device tests of one file on CPython.

python child.py FILE TEST...              prints the first test that fails, and ends with status 1
python child.py --lines LIB FILE TEST...  prints as JSON what each test costs, and the lines of the
                                          library that it runs
"""

import contextlib
import io
import json
import sys
import time

import runner


def passes(module: str, name: str) -> bool:
    """Run one test; it has passed, or says why it cannot run here."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        runner.run(module, [name])
    return not any(line.startswith("FAIL ") for line in output.getvalue().splitlines())


def lines(library: str, module: str, names: list[str]) -> dict:
    """Return by test [passed, CPU seconds, {path: lines}]."""
    import coverage

    measured = coverage.Coverage(data_file=None, config_file=False, include=[library + "/*"])
    found = {}
    with measured.collect():
        for name in names:
            measured.switch_context(name)
            began = time.process_time()
            found[name] = [passes(module, name), time.process_time() - began, {}]
    data = measured.get_data()
    for path in data.measured_files():
        for line, contexts in data.contexts_by_lineno(path).items():
            for name in contexts:
                found[name][2].setdefault(path, []).append(line)
    return found


def main(words: list[str]) -> int:
    if words[0] == "--lines":
        print(json.dumps(lines(words[1], words[2], words[3:])))
        return 0
    failed = next((name for name in words[1:] if not passes(words[0], name)), None)
    print(failed or "")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
