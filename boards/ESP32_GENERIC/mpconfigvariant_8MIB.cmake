use_table(partitions-8MiB-ota.csv)
list(APPEND SDKCONFIG_DEFAULTS ${MICROPY_BOARD_DIR}/sdkconfig.8MiB)
