"""ESP-IDF's error codes as MicroPython raises them, and how a running board stops."""

# IDF esp_err.h, esp_ota_ops.h, nvs.h
FAIL = -1
INVALID_ARG = 0x102
INVALID_SIZE = 0x104
NOT_FOUND = 0x105
NVS_NOT_FOUND = 0x1102
NVS_NOT_ENOUGH_SPACE = 0x1105
NVS_KEY_TOO_LONG = 0x1109
NVS_INVALID_LENGTH = 0x110C
NVS_VALUE_TOO_LONG = 0x110E
NVS_PART_NOT_FOUND = 0x110F
OTA_VALIDATE_FAILED = 0x1503

_NAMES = {
    FAIL: "ESP_FAIL",
    INVALID_ARG: "ESP_ERR_INVALID_ARG",
    INVALID_SIZE: "ESP_ERR_INVALID_SIZE",
    NOT_FOUND: "ESP_ERR_NOT_FOUND",
    NVS_NOT_FOUND: "ESP_ERR_NVS_NOT_FOUND",
    NVS_NOT_ENOUGH_SPACE: "ESP_ERR_NVS_NOT_ENOUGH_SPACE",
    NVS_KEY_TOO_LONG: "ESP_ERR_NVS_KEY_TOO_LONG",
    NVS_INVALID_LENGTH: "ESP_ERR_NVS_INVALID_LENGTH",
    NVS_VALUE_TOO_LONG: "ESP_ERR_NVS_VALUE_TOO_LONG",
    NVS_PART_NOT_FOUND: "ESP_ERR_NVS_PART_NOT_FOUND",
    OTA_VALIDATE_FAILED: "ESP_ERR_OTA_VALIDATE_FAILED",
}


def esp_error(code):
    """The OSError that check_esp_err() raises for `code`; ESP_FAIL comes out as 1."""
    return OSError(-code, _NAMES[code])


class PowerOff(BaseException):
    """The board stopped: power cut, reset, sleep or abort. No firmware may catch this."""


class MisuseError(BaseException):
    """The firmware did what a real board would forgive or hide: a test has to see it."""
