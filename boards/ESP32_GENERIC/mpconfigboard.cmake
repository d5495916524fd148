include(boards/ESP32_GENERIC/mpconfigboard.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/../ota.cmake)
use_table(partitions-4MiB-ota.csv)
use_variant()
