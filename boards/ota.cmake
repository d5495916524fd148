# What every board here adds to the port's own definition of it: the library frozen, rollback,
# a version in the image, and a table with two slots. Included by mpconfigboard.cmake.

set(MICROPY_FROZEN_MANIFEST ${MICROPY_BOARD_DIR}/manifest.py)
list(APPEND SDKCONFIG_DEFAULTS
    ${CMAKE_CURRENT_LIST_DIR}/sdkconfig.ota
    ${MICROPY_BOARD_DIR}/sdkconfig.board
)

# `make firmware VERSION=2.0.0`; without it ESP-IDF takes that of MicroPython's checkout.
if(FIRMWARE_VERSION)
    set(PROJECT_VER ${FIRMWARE_VERSION})
endif()

# ESP-IDF looks for a table in the port's folder, and an sdkconfig knows no variables: a line
# with the whole path is written. The last one counts, so a variant may call this again.
macro(use_table CSV)
    file(WRITE ${CMAKE_BINARY_DIR}/sdkconfig.${CSV}
        "CONFIG_PARTITION_TABLE_CUSTOM_FILENAME=\"${MICROPY_BOARD_DIR}/${CSV}\"\n")
    list(APPEND SDKCONFIG_DEFAULTS ${CMAKE_BINARY_DIR}/sdkconfig.${CSV})
endmacro()

# MicroPython 1.23 leaves a variant to the board; later ones include it after this once more.
macro(use_variant)
    include(${MICROPY_BOARD_DIR}/mpconfigvariant_${MICROPY_BOARD_VARIANT}.cmake OPTIONAL)
endmacro()
