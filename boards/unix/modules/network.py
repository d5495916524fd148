"""Module `network` for a main.py that joins a Wi-Fi first: the simulated board is online."""

STA_IF = 0
AP_IF = 1


class WLAN:
    IF_STA = STA_IF
    IF_AP = AP_IF

    _is_active = False  # of the chip: a WLAN made later finds what an earlier one did

    def __init__(self, interface=STA_IF):
        pass

    def active(self, is_active=None):
        if is_active is not None:
            WLAN._is_active = is_active
        return self._is_active

    def connect(self, ssid=None, key=None):
        pass

    def disconnect(self):
        pass

    def isconnected(self):
        return self._is_active

    def status(self, param=None):
        return 1010  # STAT_GOT_IP

    def ifconfig(self):
        return ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")
