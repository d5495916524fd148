"""make bench-page: how long the page takes to show 500 targets and 200 sets, in Chromium.

From the navigation to the first frame that has all rows. The median counts.
"""

import argparse
import statistics
import sys

from browser import ARGUMENTS, CHROMIUM, DESK, WHY_ABSENT
from fleet import SETS, TARGETS, Fleet
from playwright.sync_api import sync_playwright
from rollouts.testing import local_server
from serve_asks import Operator

MAX_S = 1.0
MAX_BYTES = 2_000_000
# Milliseconds since the navigation, when a frame with all rows has been painted.
_SHOWN = """([targets, sets]) => new Promise((resolve) => {
  const rows = (path) => document.querySelectorAll(path).length;
  const look = () => {
    if (rows("#targets tr") < targets || rows("#sets > li") < sets) requestAnimationFrame(look);
    else requestAnimationFrame(() => resolve(performance.now()));
  };
  look();
})"""
_BYTES = "performance.getEntries().reduce((sum, entry) => sum + (entry.transferSize ?? 0), 0)"


def measure(visits: int) -> list[tuple[float, int]]:
    """Seconds and bytes on the wire of each visit."""
    with local_server(gateway_token="gateway") as server, Operator(server) as operator:
        Fleet(server, operator).live()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            login = {"username": server.user, "password": server.password}
            context = browser.new_context(http_credentials=login, viewport=DESK)
            return [_visit(context, server.url) for _ in range(visits)]


def _visit(context, url: str) -> tuple[float, int]:
    page = context.new_page()
    page.goto(url, wait_until="commit")
    shown_s = page.evaluate(_SHOWN, [TARGETS, SETS]) / 1000
    size = page.evaluate(_BYTES)
    page.close()
    return shown_s, size


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-page", description=__doc__)
    parser.add_argument("--visits", type=int, default=9)
    if CHROMIUM is None:
        parser.error(WHY_ABSENT)
    visits = measure(parser.parse_args().visits)
    median_s = statistics.median(shown_s for shown_s, _ in visits)
    size = max(size for _, size in visits)
    each = " ".join(f"{shown_s:.2f}" for shown_s, _ in visits)
    print(f"{TARGETS} targets and {SETS} sets, seconds of each visit: {each}")
    print(f"median {median_s:.2f} s, bar {MAX_S} s; at most {size / 1000:.0f} kB a visit")
    return int(median_s > MAX_S or size > MAX_BYTES)


if __name__ == "__main__":
    sys.exit(main())
