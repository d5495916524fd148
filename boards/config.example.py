# Copy this file to config.py beside the Makefile and fill it in, or let the server fill in
# what it knows: rollouts setup NAME --template boards/config.example.py
# `make install` puts it onto the board once.

WIFI_SSID = "my network"
WIFI_PASSWORD = "its password"

# https needs the certificate that the server's was signed with, DER or PEM, in CA_FILE
# (`make install` copies ca.pem, ca.crt, ca.cer and ca.der beside config.py too), and the time:
# the board's clock begins in 2000.
URL = "https://hawkbit.example.com"
CA_FILE = "ca.pem"
NTP_HOST = "pool.ntp.org"
# True: a proxy before the server makes it write links to http or to another host.
REWRITE_LINKS = False

TENANT = "DEFAULT"
# None: "esp32-" and the chip's own number, such as esp32-240ac4e29526.
CONTROLLER_ID = None
# One of the two, the other is None; the server must have that kind of login switched on. The
# target's own token opens one device, the gateway token each device of the tenant.
TARGET_TOKEN = "the security token of the target"
GATEWAY_TOKEN = None
# A list of public keys (PEM): only releases that one of them has signed are installed.
TRUSTED_KEYS = None

# What the server shows as the attributes of the target.
ATTRIBUTES = {"board": "ESP32_GENERIC"}

# A board that hangs is reset. Longer than a TLS handshake and a DNS lookup; a day while you
# work at the prompt, where nobody feeds it.
WATCHDOG_S = 60
