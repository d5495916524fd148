"""Joins the network and keeps the board up to date. The place for your own application is
the end: see examples/ for a loop of your own around updater.cycle().
"""

import binascii

import config
import machine
import network
import ntptime
from hawkbit import board

feed = machine.WDT(timeout=config.WATCHDOG_S * 1000).feed
ntptime.host = config.NTP_HOST
wlan = network.WLAN(network.STA_IF)
wlan.active(True)
if not wlan.isconnected():
    wlan.connect(config.WIFI_SSID, config.WIFI_PASSWORD)
is_https = config.URL.startswith("https:")
board.wait_online(wlan, ntptime if is_https else None, feed)

board.updater(
    config.URL,
    config.CONTROLLER_ID or "esp32-" + binascii.hexlify(machine.unique_id()).decode(),
    tenant=config.TENANT,
    target_token=config.TARGET_TOKEN,
    gateway_token=config.GATEWAY_TOKEN,
    trusted_keys=config.TRUSTED_KEYS,
    ca=config.CA_FILE if is_https else None,
    rewrite_links=config.REWRITE_LINKS,
    attributes=config.ATTRIBUTES,
    feed=feed,
).run()
