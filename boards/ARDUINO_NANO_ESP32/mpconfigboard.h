// The port's own board of that name, but for its start: that calls
// esp_ota_mark_app_valid_cancel_rollback() before Python runs, which ends every trial at once.
// What goes with it is the double tap on reset that starts the factory application.
#include "boards/ARDUINO_NANO_ESP32/mpconfigboard.h"
#undef MICROPY_BOARD_STARTUP
#undef MICROPY_BOARD_ENTER_BOOTLOADER
#undef MICROPY_HW_USB_CUSTOM_LINE_STATE_CB
