"""Every example runs: two on MicroPython's unix port, the others as main.py of a board."""

import subprocess
import tarfile
from pathlib import Path

import interpreters
import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"
NEED_NO_BOARD = ("poll_once", "report_config")
NEED_A_BOARD = ("ask_first", "asyncio_loop", "confirm_or_go_back", "own_loop", "update_firmware")
NEED_TLS = ("update_with_mtls", "update_with_tls")
UPDATES_AN_APPLICATION = ("update_application",)
OTHERS = ("deep_sleep", "led_progress", "own_sink", "several_artifacts")
TEN_MINUTES_MS = 10 * 60 * 1000


@pytest.fixture
def run(operator, tmp_path):
    """Return a function that runs an example as its first comment says; what it printed."""
    if reason := interpreters.reason_absent("unix"):
        pytest.skip(reason)
    operator.setup()

    def run(name):
        lib = interpreters.ROOT / "lib"
        done = subprocess.run(
            [interpreters.unix_port(), EXAMPLES / f"{name}.py"],
            env={"MICROPYPATH": f".:{lib}"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_every_example_is_tested_short_and_says_how_to_run_it():
    names = {path.stem for path in EXAMPLES.glob("*.py")}
    assert names == {*NEED_NO_BOARD, *NEED_A_BOARD, *NEED_TLS, *UPDATES_AN_APPLICATION, *OTHERS}
    for name in names:
        lines = (EXAMPLES / f"{name}.py").read_text().splitlines()
        assert len(lines) <= 30
        head = lines[: lines.index("")]
        assert all(line.startswith("#") for line in head)
        assert f"examples/{name}.py" in "".join(head)


def test_poll_once_says_whether_there_is_an_update(run, operator):
    assert "update: none" in run("poll_once")
    operator.roll_out("2.0.0")
    assert "update: yes" in run("poll_once")


def test_report_config_shows_in_the_targets_attributes(run, operator):
    run("report_config")
    assert operator.target()[1]["platform"] == "linux"


def update(board, operator, name, pins=""):
    """Have an example update the board. pins: what the simulated `machine` lacks for it."""
    operator.roll_out("2.0.0", "--type", "soft")
    board.put("/main.py", (pins + (EXAMPLES / f"{name}.py").read_text()).encode())
    board.run(max_boots=2, limit_ms=TEN_MINUTES_MS)
    assert board.chip.app().version == "2.0.0"
    assert operator.target()[0] == "in_sync"


@pytest.mark.parametrize("name", NEED_A_BOARD)
def test_example_updates_the_board(name, board, operator):
    board.put("/config.py", operator.setup())
    update(board, operator, name)


JOIN = b"""
import network
network.WLAN(network.STA_IF).active(True)
"""


@pytest.mark.parametrize("name", NEED_TLS)
def test_example_updates_the_board_over_tls(name, board, operator, tls_proxy, tmp_path):
    tls_url = tls_proxy(clients=tmp_path / "ca.pem" if "mtls" in name else None)
    board.put("/boot.py", board.get("/boot.py") + JOIN)
    board.put("/config.py", operator.setup("--device-url", tls_url))
    files = {"ca.pem": "ca.pem", "device.pem": "client.der", "device.key": "client-key.der"}
    for path, file in files.items():
        board.put(f"/{path}", (tmp_path / file).read_bytes())
    update(board, operator, name)


APPLICATION = """
def work():
    with open("/worked", "w") as f:
        f.write("version %s")
"""


@pytest.mark.parametrize("name", UPDATES_AN_APPLICATION)
def test_example_updates_the_application(name, board, operator, tmp_path):
    example = (EXAMPLES / f"{name}.py").read_text()
    more_boot = [line.lstrip("# ") for line in example.splitlines() if line.startswith("#   ")][:3]
    boot = board.get("/boot.py").decode() + "\n" + "\n".join(more_boot) + "\n"
    board.put("/boot.py", boot.encode())
    board.put("/app/application.py", (APPLICATION % 1).encode())
    board.put("/main.py", example.encode())
    board.put("/config.py", operator.setup())
    board.run(max_boots=1, limit_ms=TEN_MINUTES_MS)
    assert board.get("/worked") == b"version 1"

    app = tmp_path / "application.py"
    app.write_text(APPLICATION % 2)
    archive = tmp_path / "app.tar"
    with tarfile.open(archive, "w", format=tarfile.USTAR_FORMAT) as tar:
        tar.add(app, app.name)
    operator("publish", archive, "--type", "application", "--name", "app", "--version", "2")
    operator("assign", "app:2", operator.TARGET)
    board.run(max_boots=2, limit_ms=TEN_MINUTES_MS)
    assert board.get("/worked") == b"version 2"
    assert operator.target()[0] == "in_sync"


def test_deep_sleep_wakes_to_poll_and_stays_awake_on_trial(board, operator):
    board.put("/config.py", operator.setup())
    update(board, operator, "deep_sleep")  # its second boot ends asleep
    assert board.chip.sleep_ms > 0
    assert board.boot(TEN_MINUTES_MS).how == "sleep"


LED = """
import machine
class PWM:
    def __init__(self, pin, freq, duty_u16):
        self.freq = self.duty_u16 = print
machine.Pin, machine.PWM = int, PWM
"""


def test_led_grows_brighter_and_blinks_on_trial(board, operator, capsys):
    board.put("/config.py", operator.setup())
    update(board, operator, "led_progress", LED)
    said = capsys.readouterr().out.split()
    assert {"32768", "65535", "2", "1000"} <= set(said)  # testing, 100 %, blinking, not blinking


UART = """
import machine
class UART:
    def __init__(self, number, baud):
        self.sent = b""
    def write(self, data):
        self.sent += bytes(data)
        with open("/uart", "wb") as f:
            f.write(self.sent)
machine.UART = UART
"""


def test_own_sink_passes_the_artifact_on(board, operator, tmp_path):
    board.put("/config.py", operator.setup())
    motor = tmp_path / "motor.bin"
    motor.write_bytes(bytes(range(250)) * 40)
    operator("publish", motor, "--type", "application", "--name", "motor", "--version", "3")
    operator("assign", "motor:3", operator.TARGET)
    board.put("/main.py", (UART + (EXAMPLES / "own_sink.py").read_text()).encode())
    board.run(max_boots=1, limit_ms=TEN_MINUTES_MS)
    assert board.get("/uart") == motor.read_bytes() + b"START\n"
    assert operator.target()[0] == "in_sync"


def test_several_artifacts_are_used_together(board, operator, tmp_path, capsys):
    example = (EXAMPLES / "several_artifacts.py").read_text()
    boot = [line.lstrip("# ") for line in example.splitlines() if line.startswith("#   ")][:2]
    board.put("/boot.py", board.get("/boot.py") + ("\n".join(boot) + "\n").encode())
    board.put("/main.py", example.encode())
    board.put("/config.py", operator.setup())
    speech = tmp_path / "speech.tflite"
    speech.write_bytes(b"a model")
    operator.publish("2.0.0")
    operator("publish", speech, "--type", "application", "--name", "speech", "--version", "5")
    shown = next(line for line in example.splitlines() if "rollouts ds create" in line)
    operator(*shown.split()[2:])
    operator("assign", "kitchen:2.0.0", operator.TARGET)
    board.run(max_boots=2, limit_ms=TEN_MINUTES_MS)
    assert board.chip.app().version == "2.0.0"
    assert "models: /models.a" in capsys.readouterr().out
    assert board.get("/models.a/speech.tflite") == b"a model"
    assert operator.target()[0] == "in_sync"


def test_console_of_a_rollback_is_what_the_boards_readme_shows(board, operator, capsys):
    page = (EXAMPLES.parent / "boards" / "README.md").read_text()
    shown = page.partition("## A rollback on the serial console")[2].partition("| what you see")[0]
    shown = [line.strip() for line in shown.splitlines() if line.startswith("    hawkbit:")]
    example = (EXAMPLES / "confirm_or_go_back.py").read_text()
    failing = example.replace("return len(machine.unique_id()) == 6", "return False")
    assert failing != example
    board.put("/config.py", operator.setup())
    board.put("/main.py", failing.encode())
    operator.roll_out("2.0.0")
    board.run(max_boots=3, limit_ms=TEN_MINUTES_MS)
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("hawkbit:")]
    said = said[said.index(shown[0]) :]
    assert "\n".join(said[: len(shown)]) == "\n".join(shown)
