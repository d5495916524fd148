"""A simulated ESP32: flash, bootloader, power supply. What firmware sees of it is in ../modules.

Runs on CPython 3.11+ and on MicroPython's unix port, `host` and `sandbox` on CPython alone.
"IDF" in comments is espressif/esp-idf v5.5.1, "MP" is micropython/micropython v1.28.
Knows nothing of lib/hawkbit: it is an independent witness of what that writes.
"""
