"""The application of the simulated board: it only keeps itself up to date.

As boards/main.py, without Wi-Fi; `config` is /config.py on the board.
"""

import app
import config
import machine
from hawkbit import board

print("main.py: version", app.version or "unknown")
board.updater(
    config.URL,
    config.CONTROLLER_ID,
    tenant=config.TENANT,
    target_token=config.TARGET_TOKEN,
    gateway_token=config.GATEWAY_TOKEN,
    trusted_keys=config.TRUSTED_KEYS,
    feed=machine.WDT(timeout=config.WATCHDOG_S * 1000).feed,
    self_test=app.self_test,
    attributes={"board": "simulated", "version": app.version},
    poll_s=config.POLL_S,
    first_poll_spread_s=0,
    confirm_timeout_s=config.CONFIRM_S,
).run()
