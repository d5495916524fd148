"""Joins the network and keeps the board up to date. The place for your own application is
main(): see examples/ for a loop of your own around updater.cycle().
"""

import gc

gc.threshold(2048)  # before the imports: nothing else saves as much RAM

import binascii
import time

import config
import machine
import network
import ntptime
from hawkbit import net
from hawkbit.client import Client
from hawkbit.firmware import FirmwareSlot
from hawkbit.http import Session
from hawkbit.nvs import NVSStore
from hawkbit.updater import Updater

_YEAR = 2025  # a clock that says less was never set


def controller_id():
    """Return the configured id, or one from the chip's own number."""
    unique = binascii.hexlify(machine.unique_id()).decode()
    return config.CONTROLLER_ID or "esp32-" + unique


def join_network(feed):
    """Wait until the network is there, however long: the chip keeps trying, also later."""
    wlan = network.WLAN(network.STA_IF)
    wlan.active(True)
    if not wlan.isconnected():
        wlan.connect(config.WIFI_SSID, config.WIFI_PASSWORD)
    while not wlan.isconnected():
        feed()
        time.sleep(1)


def set_clock(feed):
    """Wait until the clock is right: before that, every certificate is in the future."""
    ntptime.host = config.NTP_HOST
    while time.gmtime()[0] < _YEAR:
        feed()
        try:
            ntptime.settime()
        except OSError as e:
            print("main: no time from", config.NTP_HOST, repr(e))
            time.sleep(5)


def tls_context():
    """Return what verifies the server; None for http."""
    if not config.URL.startswith("https:"):
        return None
    with open(config.CA_FILE, "rb") as f:
        return net.context(f.read())


def main():
    feed = machine.WDT(timeout=config.WATCHDOG_S * 1000).feed
    join_network(feed)
    tls = tls_context()
    if tls:
        set_clock(feed)
    session = Session(net, time, tls=tls, feed=feed)
    client = Client(
        session,
        config.URL,
        config.TENANT,
        controller_id(),
        target_token=config.TARGET_TOKEN,
        gateway_token=config.GATEWAY_TOKEN,
        rewrite_links=config.REWRITE_LINKS,
    )
    updater = Updater(client, {"os": FirmwareSlot()}, NVSStore(), feed=feed)
    updater.attributes = config.ATTRIBUTES
    updater.run()


main()
