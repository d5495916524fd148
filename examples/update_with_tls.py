# As update_firmware.py, from a verified https server: /ca.pem on the board is the certificate
# that the server's was signed with. Waits for the Wi-Fi, and for the time: a clock that begins
# in 2000 finds every certificate in the future, and a lost NTP packet is no reason to give up.
#   mpremote cp ca.pem : + cp examples/update_with_tls.py :main.py + reset

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
    feed=feed,
    rewrite_links=True,  # behind a proxy that ends TLS, hawkBit may write http links
).run()
