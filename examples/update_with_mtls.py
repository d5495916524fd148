# As update_with_tls.py, to a proxy before hawkBit that lets only devices in that show a
# certificate of its own CA (mTLS). DER or PEM; the key without a password.
#   mpremote cp ca.pem device.pem device.key : + cp examples/update_with_mtls.py :main.py + reset

import config
import machine
import network
import ntptime
from hawkbit import board

feed = machine.WDT(timeout=60000).feed
board.wait_online(network.WLAN(network.STA_IF), ntptime, feed)
board.updater(
    config.URL,
    config.CONTROLLER_ID,
    target_token=config.TARGET_TOKEN,
    ca="/ca.pem",
    cert="/device.pem",
    key="/device.key",
    feed=feed,
    rewrite_links=True,
).run()
