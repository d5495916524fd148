# Freezes the library on top of the port's own modules:
#   make -C ports/esp32 BOARD=ESP32_GENERIC FROZEN_MANIFEST=/path/to/boards/manifest.py
include("$(PORT_DIR)/boards/manifest.py")
package("hawkbit", base_path="../lib", opt=3)
