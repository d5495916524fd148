include(boards/ARDUINO_NANO_ESP32/mpconfigboard.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/../ota.cmake)
use_table(partitions-16MiB-ota-factory.csv)

# See mpconfigboard.h.
list(FILTER MICROPY_SOURCE_BOARD EXCLUDE REGEX "/(board_init|double_tap)\\.c$")

# The pins' names are the port's.
set(GEN_PINS_BOARD_CSV ${CMAKE_CURRENT_SOURCE_DIR}/boards/ARDUINO_NANO_ESP32/pins.csv)
set(GEN_PINS_BOARD_CSV_ARG --board-csv ${GEN_PINS_BOARD_CSV})
