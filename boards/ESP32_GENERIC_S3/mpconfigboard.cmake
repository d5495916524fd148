include(boards/ESP32_GENERIC_S3/mpconfigboard.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/../ota.cmake)
use_table(partitions-8MiB-ota.csv)
use_variant()
