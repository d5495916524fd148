"""A chip to flash: PyPI's esp32-mock-bootloader in this process, on a TCP port.

Its flash is a bytearray that a test fills before and reads afterwards. The package knows
4 MiB only; size and JEDEC id are two of its constants, set here for the size wanted.
Its chips are of revision 0.0, which MicroPython's builds for the C3 refuse: that one gets 0.4.
"""

import socket
import threading

from esp32_mock_bootloader import protocol, registers, server
from esptool.targets import CHIP_DEFS

C3_MINOR_REVISION = CHIP_DEFS["esp32c3"].EFUSE_BLOCK1_ADDR + 4 * 3


class MockChip:
    """`url` for esptool, `flash` to look at; chip as esptool spells it, "esp32"."""

    def __init__(self, chip: str, mib: int):
        protocol.FLASH_MOCK_SIZE = mib * 1024 * 1024
        protocol.MOCK_FLASH_ID = (0x14 + mib.bit_length() - 1) << 16 | 0x4020
        registers.rom_profile("esp32c3")[C3_MINOR_REVISION] = 4 << 18
        self._chip = chip
        self._image = server.FlashImage()
        self._stopped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.1)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"socket://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def flash(self) -> bytearray:
        return self._image.data

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while not self._stopped.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            connection = server.BootloaderConnection(sock=client)
            server.handle_client(connection, self._stopped, self._chip, flash=self._image)
