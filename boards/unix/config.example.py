# The settings of the simulated board; `board.py flash --config KEY=VALUE` changes them.
URL = "http://127.0.0.1:8080"
TENANT = "DEFAULT"
CONTROLLER_ID = "simulated-1"
TARGET_TOKEN = None
GATEWAY_TOKEN = None
# A list of public keys (PEM): only releases that one of them has signed are installed.
TRUSTED_KEYS = None

# How often to poll; None: as the server says.
POLL_S = None
# A new image reaches the server within this, or goes back; the guard ends it for sure.
CONFIRM_S = 3600
GUARD_S = 3720
WATCHDOG_S = 20
