"""The harness itself, without an emulator."""

import sys
import threading

import images
import pytest
from emulator import conftest, power_cuts
from emulator.office import Office
from emulator.qemu import Emulator, EmulatorError, Machine, find_machine
from emulator.serial_log import (
    POWER_ON,
    SOFTWARE,
    Heap,
    LostNetworkError,
    SerialLog,
    SilentError,
)
from rollouts.testing import local_server

BOOT = b"ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x12\r\nentry 0x400805cc\r\n"
DOWNLOADING = b"hawkbit: state: downloading\r\nheap: state: downloading: 1 2 3 4 5\r\n"
# Has these machines; says that it boots, then whatever it is told; ends when it is told to.
QEMU = """#!{python}
import socket, sys
if sys.argv[1:] == ["-machine", "help"]:
    sys.exit(print("Supported machines are:", *{machines!r}, "none  empty machine", sep="\\n"))
address = sys.argv[sys.argv.index("-serial") + 1].split(",")[0]
listener = socket.create_server(("127.0.0.1", int(address.rpartition(":")[2])))
while True:
    client, _ = listener.accept()
    client.sendall({boot!r})
    {then}
    while data := client.recv(100):
        client.sendall(data)
"""


def logged(*pieces, **options):
    log = SerialLog(**options)
    for piece in pieces:
        log.add(piece)
    return log


@pytest.mark.parametrize("length", [12, 18, 26])
def test_words_are_found_over_pieces_and_gone_through_once(length):
    log = logged(BOOT[:40], BOOT[40:], DOWNLOADING[:length])
    threading.Timer(0.01, log.add, [DOWNLOADING[length:]]).start()
    assert log.expect(r"^hawkbit: state: (\w+)$")[1] == "downloading"
    log.end(EmulatorError("it ended"))
    with pytest.raises(EmulatorError, match="it ended"):
        log.expect("^rst")


def test_log_tells_boots_states_and_heaps():
    log = logged(BOOT, DOWNLOADING, b"rst:0xc (RTC_SW_CPU_RST),boot:0x8\r\n")
    assert log.boots() == [POWER_ON, SOFTWARE]
    assert log.states() == ["downloading"]
    assert log.heaps() == [Heap("state: downloading", 1, 2, 3, 4, 5)]


def test_silence_is_an_end_with_the_last_lines():
    with pytest.raises(SilentError, match=r"silent for 0 s before 'idle'[^$]*entry 0x400805cc"):
        logged(BOOT, silence_s=0).expect("idle")


@pytest.fixture
def make_qemu(tmp_path):
    """Return a function that makes a program with QEMU's arguments and a serial line."""

    def make(name="qemu", machines=("esp32    Espressif ESP32 machine (default)",), then=""):
        program = tmp_path / name
        text = QEMU.format(python=sys.executable, boot=BOOT, machines=machines, then=then)
        program.write_text(text)
        program.chmod(0o755)
        return program

    return make


def test_power_that_comes_back_is_another_process_in_the_same_log(make_qemu, tmp_path):
    board = Emulator(find_machine([make_qemu()], "esp32"), tmp_path / "flash.bin")
    for _ in range(2):
        board.power_on().expect("^entry")
        board.cut_power()
    assert board.log.boots() == [POWER_ON] * 2


def test_emulator_that_ends_at_once_is_an_error_with_its_words(make_qemu, tmp_path):
    program = make_qemu()
    program.write_text(f"#!{sys.executable}\nimport sys; sys.exit('no such machine')\n")
    with pytest.raises(EmulatorError, match="status 1, and said: no such machine"):
        Emulator(Machine(program, "esp32", "esp32"), tmp_path / "flash.bin").power_on()


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ("sys.exit('no more guests')", "status 1, and said: no more guests"),
        ("import os; os.kill(os.getpid(), 11)", "SIGSEGV, and said: nothing"),
    ],
)
def test_emulator_that_ends_by_itself_is_told_at_once(make_qemu, tmp_path, then, words):
    board = Emulator(find_machine([make_qemu(then=then)], "esp32"), tmp_path / "flash.bin")
    for _ in range(2):  # also after the power came back
        log = board.power_on()
        log.expect("^entry")
        with pytest.raises(EmulatorError, match=f"{words}\nthe last that came:\n"):
            log.expect("^>>> ")
        with pytest.raises(EmulatorError, match=words):
            board.check()
        board.cut_power()
        board.check()
        log.add(b"\n")


def test_wait_for_polls_ends_with_the_emulator(make_qemu, tmp_path):
    board = Emulator(
        find_machine([make_qemu(then="sys.exit(3)")], "esp32"), tmp_path / "flash.bin"
    )
    board.power_on()
    with local_server(any_name=True) as server:
        office = Office(server, tmp_path)
        office.setup()
        with pytest.raises(EmulatorError, match="status 3"):
            office.wait_for_polls(board, 1)


def test_chip_is_sought_in_all_programs_that_are_given(make_qemu):
    xtensa = make_qemu("xtensa", ("esp32    ESP32", "esp32-picsimlab    ESP32", "esp32s3    S3"))
    espressif = make_qemu("riscv32", ("esp32c3    C3",))
    with_radio = make_qemu("riscv32-radio", ("esp32c3    C3", "esp32c3-picsimlab    C3"))
    both = [xtensa, espressif, with_radio]
    assert find_machine(both, "esp32") == (xtensa, "esp32", "esp32")
    assert find_machine(both, "esp32s3") == (xtensa, "esp32s3", "esp32s3")
    assert find_machine(both, "esp32c3") == (espressif, "esp32c3", "esp32c3")
    assert find_machine([with_radio], "esp32c3") == (with_radio, "esp32c3-picsimlab", "esp32c3")
    assert find_machine(both, "esp32s2") is None


def test_absent_emulator_skips_and_a_wrong_path_fails(monkeypatch, make_qemu):
    monkeypatch.delenv("QEMU", raising=False)
    with pytest.raises(pytest.skip.Exception, match="make emulator QEMU="):
        conftest.programs()
    monkeypatch.setenv("QEMU", f"{make_qemu()}:/not/there")
    with pytest.raises(pytest.fail.Exception, match="QEMU=/not/there: there is no such file"):
        conftest.programs()


def test_chip_that_no_program_has_skips_with_their_names(monkeypatch, make_qemu, tmp_path):
    image = tmp_path / "firmware.bin"
    image.write_bytes(images.combined("esp32c3"))
    monkeypatch.setenv("QEMU", f"{make_qemu('one')}:{make_qemu('two')}")
    with pytest.raises(pytest.skip.Exception, match="no esp32c3 in one and two"):
        conftest.machine_for(image)


def test_plans_are_those_of_their_seeds_and_cut_everywhere():
    plans = [power_cuts.plan(seed) for seed in range(200)]
    assert plans == [power_cuts.plan(seed) for seed in range(200)]
    assert {len(cuts) for cuts in plans} == set(range(1, 9))
    assert {cut.word for cuts in plans for cut in cuts} == set(power_cuts.WORDS)


class ScriptedBoard:
    """Says one of `boots` each time it is switched on."""

    def __init__(self, *boots):
        self._boots = list(boots)
        self.log = SerialLog(silence_s=0)
        self.is_on = False

    def power_on(self):
        self.is_on = True
        self.log.add(self._boots.pop(0))

    def cut_power(self):
        self.is_on = False


IDLE = b"hawkbit: state: idle\n"
STAGED = b"hawkbit: state: staged\n"
LOST = b"hawkbit: error: [Errno 118] EHOSTUNREACH\n" * 3
CUTS = [power_cuts.Cut(word, 0) for word in (r"^hawkbit: state: staged$", r"^rst:0xc ")]


@pytest.mark.parametrize(
    ("boots", "made"),
    [
        ((STAGED, b"rst:0xc (SW)\n", IDLE), 2),
        ((STAGED, IDLE), 1),  # the second word does not come any more
        ((b"rst:0xc (SW)\n", IDLE), 1),  # nor does the first
        ((STAGED, b""), 1),  # cut between the report and the word for it
        ((STAGED, LOST, IDLE), 1),  # the radio's fault: switched off and on
    ],
)
def test_cuts_are_made_at_their_words_until_the_end(boots, made):
    board = ScriptedBoard(*boots)
    is_over = [False] * (len(boots) - 1) + [True] * 2
    assert power_cuts.run(board, CUTS, lambda: is_over.pop(0), lambda s: None) == made
    assert not board.is_on


@pytest.mark.parametrize(
    ("boots", "error", "words"),
    [
        ((STAGED, b""), SilentError, "silent"),
        ((STAGED, *[LOST] * 6), LostNetworkError, "5 times in a row"),
    ],
)
def test_board_that_hangs_after_a_cut_is_told(boots, error, words):
    with pytest.raises(error, match=words):
        power_cuts.run(ScriptedBoard(*boots), CUTS, lambda: False, lambda s: None)


class Beliefs:
    """An office whose server believes this."""

    def __init__(self, status, final=(["installed"],)):
        self.believes = lambda action_id: (status, None)
        self.final_reports = lambda action_id: list(final)


@pytest.mark.parametrize(
    ("office", "boots_next", "words"),
    [
        (Beliefs("finished"), ("ota_1", "valid"), ""),
        (Beliefs("error"), ("ota_0", "valid"), ""),
        (Beliefs("finished"), ("ota_0", "valid"), "finished, but"),
        (Beliefs("error"), ("ota_0", "aborted"), "error, but"),
        (Beliefs("running"), ("ota_0", "valid"), "the action is running"),
        (Beliefs("finished", ([], [])), ("ota_1", "valid"), "2 final reports"),
    ],
)
def test_what_is_wrong_after_an_update_is_told(office, boots_next, words):
    found = "; ".join(power_cuts.complaints(office, 1, power_cuts.slots("ota_1"), boots_next))
    assert bool(found) == bool(words)
    assert words in found
