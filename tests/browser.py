"""The system's own Chromium, and the sizes of a window that the page is made for."""

import shutil

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WHY_ABSENT = "no Chromium: install it, on Debian `apt-get install chromium`"
# Offline, and as root in a container as well.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
