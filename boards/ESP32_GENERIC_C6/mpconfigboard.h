// The port's own board of that name.
#include "boards/ESP32_GENERIC_C6/mpconfigboard.h"
