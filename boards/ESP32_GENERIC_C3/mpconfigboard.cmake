include(boards/ESP32_GENERIC_C3/mpconfigboard.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/../ota.cmake)
use_table(partitions-4MiB-ota-large.csv)
