from urllib.parse import urlsplit

import appimage
import certificates
import commands
import flash as flasher
import images
import install
import interpreters
import pytest
from boards.ESP32_GENERIC.mock_chip import MockChip
from boards.ESP32_GENERIC.repl import Repl
from rollouts.api import Hawkbit
from rollouts.testing import local_server
from simboard.flash import Flash, Memory
from simboard.host import Board
from tls_proxy import TLSProxy

from boards.ESP32_GENERIC import board_asyncio


@pytest.fixture
def plug_in():
    """Return a function that plugs a chip in: plug_in("esp32", 8) -> MockChip."""
    chips = []

    def plug(chip: str, mib: int) -> MockChip:
        chips.append(MockChip(chip, mib))
        return chips[-1]

    yield plug
    for chip in chips:
        chip.stop()


@pytest.fixture
def board(plug_in, tmp_path):
    """Return a simulated board with the flash that `make flash` wrote, and boot.py on it."""
    chip = plug_in("esp32", 8)
    file = tmp_path / "firmware.bin"
    file.write_bytes(images.combined())
    assert flasher.main(["--port", chip.url, "--firmware", str(file)]) == 0
    memory = Memory(len(chip.flash))
    memory.data = chip.flash
    board = Board(Flash(memory), modules={"asyncio": board_asyncio.MODULE})
    board.put("/boot.py", (install.BOARD / "boot.py").read_bytes())
    return board


class Operator:
    """Who rolls out to the target kitchen-1, by the command line of a local server."""

    TARGET = "kitchen-1"

    def __init__(self, server, folder):
        self.server = server
        self._folder = folder
        self._environ = {
            "ROLLOUTS_URL": server.url,
            "ROLLOUTS_USER": server.user,
            "ROLLOUTS_PASSWORD": server.password,
            "XDG_CONFIG_HOME": str(folder),
        }

    def __call__(self, *words):
        result = commands.invoke(words, env=self._environ)
        assert result.exit_code == 0, result.output

    def setup(self, *options) -> bytes:
        """Register the target; return its config.py."""
        config = self._folder / "config.py"
        self("setup", self.TARGET, "--out", config, *options)
        return config.read_bytes()

    def publish(self, version: str) -> None:
        """Publish an image of that version."""
        image = self._folder / "firmware.app-bin"
        image.write_bytes(appimage.make(version=version))
        self("publish", image, "--name", "firmware", "--version", version)

    def roll_out(self, version: str, *options) -> None:
        """Publish an image of that version and assign it to the target."""
        self.publish(version)
        self("assign", f"firmware:{version}", self.TARGET, *options)

    def target(self):
        """Return (update status, attributes) of the target as the server sees it."""
        server = self.server
        with Hawkbit(server.url, server.user, server.password) as hawkbit:
            status = hawkbit.targets.get(self.TARGET).update_status
            return status, hawkbit.targets.attributes(self.TARGET)


@pytest.fixture
def operator(tmp_path):
    """Return the Operator of an empty local server."""
    with local_server() as server:
        yield Operator(server, tmp_path)


@pytest.fixture
def tls_proxy(operator, tmp_path):
    """Return a function that puts TLS before that server: tls_proxy(clients=None) -> its URL.

    clients: the CA of the devices' certificates. tests/certificates.py lie in tmp_path.
    """
    certificates.make(tmp_path)
    proxies = []

    def start(clients=None):
        port = urlsplit(operator.server.url).port
        proxies.append(TLSProxy(port, tmp_path / "good.pem", clients))
        return f"https://localhost:{proxies[-1].port}"

    yield start
    for proxy in proxies:
        proxy.close()


@pytest.fixture
def tls_url(tls_proxy):
    """Return where that server speaks https; ca.pem and ca.der lie in tmp_path."""
    return tls_proxy()


@pytest.fixture
def connect(tmp_path):
    """Return a function that starts a board: connect(slots=2) -> Repl."""
    if reason := interpreters.reason_absent("unix"):
        pytest.skip(f"the board's REPL is the unix port's: {reason}")
    repls = []

    def start(slots=2) -> Repl:
        for name in "files", "modules":
            (tmp_path / name).mkdir()
        repls.append(Repl(tmp_path / "files", tmp_path / "modules", slots))
        return repls[-1]

    yield start
    for repl in repls:
        repl.stop()
