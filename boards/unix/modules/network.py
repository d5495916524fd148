"""Module `network` for a main.py that joins a Wi-Fi first: the simulated board is online."""

STA_IF = 0
AP_IF = 1


class WLAN:
    IF_STA = STA_IF
    IF_AP = AP_IF

    def __init__(self, interface=STA_IF):
        self._is_active = False

    def active(self, is_active=None):
        if is_active is not None:
            self._is_active = is_active
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
