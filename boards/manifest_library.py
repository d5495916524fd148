# The library on top of the port's own modules, for a manifest of your own.
include("$(PORT_DIR)/boards/manifest.py")
package("hawkbit", base_path="../lib", opt=3)
