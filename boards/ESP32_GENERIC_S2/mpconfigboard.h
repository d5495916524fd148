// The port's own board of that name.
#include "boards/ESP32_GENERIC_S2/mpconfigboard.h"
