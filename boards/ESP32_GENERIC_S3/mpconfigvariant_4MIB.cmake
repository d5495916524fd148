use_table(partitions-4MiB-ota.csv)
list(APPEND SDKCONFIG_DEFAULTS ${MICROPY_BOARD_DIR}/sdkconfig.4MiB)
