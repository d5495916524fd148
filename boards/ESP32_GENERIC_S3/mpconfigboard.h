// The port's own board of that name.
#include "boards/ESP32_GENERIC_S3/mpconfigboard.h"
