"""make readme: write what `make demo` prints into README.md.

What differs from run to run, ports and seconds, is written as it was in the last run; the test
compares without them.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
_BLOCK = re.compile(r"(?<=<!-- demo -->\n)```text\n.*?```\n(?=<!-- /demo -->)", re.DOTALL)
_VARIES = (r"127\.0\.0\.1:\d+", r"in \d+ s")


def play() -> str:
    """Return the transcript of a demo, with the command that makes it."""
    command = [sys.executable, ROOT / "tools" / "demo.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return f"$ make demo\n{done.stdout}"


def written() -> str:
    """Return the transcript that README.md shows."""
    block = _BLOCK.search(README.read_text())
    return block[0].removeprefix("```text\n").removesuffix("```\n")


def constant(transcript: str) -> str:
    """Return `transcript` without what differs from run to run."""
    for pattern in _VARIES:
        transcript = re.sub(pattern, "...", transcript)
    return transcript


def main() -> None:
    block = f"```text\n{play()}```\n"
    README.write_text(_BLOCK.sub(lambda _: block, README.read_text()))


if __name__ == "__main__":
    main()
