"""Every page of documentation: its links lead somewhere, and its `make` targets exist."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LISTED = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True)
PAGES = LISTED.stdout.split()
MADE = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)", text, re.M)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page):
    path = ROOT / page
    for link, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)", path.read_text()):
        target = (path.parent / link).resolve() if link else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text()), f"{link}#{anchor}"


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_exists(page):
    assert set(re.findall(r"`make ([a-z][a-z-]*)", (ROOT / page).read_text())) <= MADE
