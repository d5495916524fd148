"""esp32.Partition, esp32.NVS and machine.Timer answer as on a chip with MicroPython 1.23.

On a computer the simulated board is asked, on a board the chip itself. Each answer is the one
that ESP32_GENERIC v1.23.0 gave: "-> " and the repr of the value, or "!! " and the exception,
of which the arguments count for OSError alone. On a chip this overwrites the first blocks and
the last of the slot that does not run, and keys in namespaces of its own.
"""

from runner import Skip

try:
    from small_board import SLOT_8M, booted_8m

    booted_8m()
except ImportError:
    SLOT_8M = 0x270000  # a chip: it runs already

from esp32 import NVS, Partition
from machine import Timer

COUNT = SLOT_8M // 4096
NOT_FOUND = "!! OSError (-4354, 'ESP_ERR_NVS_NOT_FOUND')"
INVALID_ARG = "!! OSError (-258, 'ESP_ERR_INVALID_ARG')"
INVALID_SIZE = "!! OSError (-260, 'ESP_ERR_INVALID_SIZE')"
VALIDATE_FAILED = "!! OSError (-5379, 'ESP_ERR_OTA_VALIDATE_FAILED')"
NO_SPACE = "!! OSError (-4357, 'ESP_ERR_NVS_NOT_ENOUGH_SPACE')"


def labels(*args, **kwargs):
    return [partition.info()[4] for partition in Partition.find(*args, **kwargs)]


def labeled(ident):
    return Partition(ident).info()[4]


# The table of 8 MiB, and what it makes of `find` and the constructor.
LOOKUPS = (
    (
        "repr running",
        lambda: Partition(Partition.RUNNING),
        "-> <Partition type=0, subtype=16, address=65536, size=2555904, label=ota_0, encrypted=0>",
    ),
    (
        "info running",
        lambda: Partition(Partition.RUNNING).info(),
        "-> (0, 16, 65536, 2555904, 'ota_0', False)",
    ),
    (
        "next",
        lambda: Partition(Partition.RUNNING).get_next_update().info(),
        "-> (0, 17, 2621440, 2555904, 'ota_1', False)",
    ),
    (
        "find app",
        lambda: [p.info() for p in Partition.find(Partition.TYPE_APP)],
        "-> [(0, 16, 65536, 2555904, 'ota_0', False), (0, 17, 2621440, 2555904, 'ota_1', False)]",
    ),
    (
        "find data",
        lambda: [p.info() for p in Partition.find(Partition.TYPE_DATA)],
        "-> [(1, 2, 36864, 16384, 'nvs', False), (1, 0, 53248, 8192, 'otadata', False), "
        "(1, 1, 61440, 4096, 'phy_init', False), (1, 129, 5177344, 3211264, 'vfs', False)]",
    ),
    ("find default", lambda: labels(), "-> ['ota_0', 'ota_1']"),
    ("find label", lambda: labels(label="ota_1"), "-> ['ota_1']"),
    ("find label only", lambda: labels(label="vfs"), "-> []"),
    ("find none", lambda: labels(Partition.TYPE_DATA, label="none"), "-> []"),
    (
        "find any type",
        lambda: labels(0xFF),
        "-> ['nvs', 'otadata', 'phy_init', 'ota_0', 'ota_1', 'vfs']",
    ),
    ("find bad type", lambda: labels(7), "-> []"),
    ("Partition unknown label", lambda: Partition("none"), "!! OSError (2,)"),
    ("Partition empty label", lambda: Partition(""), "!! OSError (2,)"),
    ("Partition long label", lambda: Partition("x" * 20), "!! OSError (2,)"),
    ("Partition(2)", lambda: Partition(2), "!! ValueError"),
    ("Partition(-1)", lambda: Partition(-1), "!! ValueError"),
    ("Partition(None)", lambda: Partition(None), "!! TypeError"),
    ("Partition block_size 512", lambda: Partition("vfs", block_size=512), "!! TypeError"),
    ("Partition block_size 1000", lambda: Partition("vfs", block_size=1000), "!! TypeError"),
    ("BOOT", lambda: labeled(Partition.BOOT), "-> 'ota_0'"),
    ("next of vfs", lambda: Partition("vfs").get_next_update().info()[4], "-> 'ota_0'"),
    ("next of next", lambda: Partition("ota_1").get_next_update().info()[4], "-> 'ota_0'"),
    (
        "has set_boot etc",
        lambda: sorted(name for name in dir(Partition) if name[0] != "_"),
        "-> ['BOOT', 'RUNNING', 'TYPE_APP', 'TYPE_DATA', 'find', 'get_next_update', 'info', "
        "'ioctl', 'mark_app_valid_cancel_rollback', 'readblocks', 'set_boot', 'writeblocks']",
    ),
)


def read_back(partition, block, size):
    buf = bytearray(size)
    partition.readblocks(block, buf, 0)
    return bytes(buf)


def written_unaligned(other):
    other.ioctl(6, 0)
    other.writeblocks(0, b"abcde", 3)
    return read_back(other, 0, 12)


def programmed_twice(other):
    other.ioctl(6, 1)
    other.writeblocks(1, b"\x1f", 0)
    other.writeblocks(1, b"\x0f", 0)
    return read_back(other, 1, 1)[0]


# Of the slot that does not run, in this order.
BLOCKS = (
    ("ioctl init", lambda o: o.ioctl(1, 0), "-> 0"),
    ("ioctl deinit", lambda o: o.ioctl(2, 0), "-> 0"),
    ("ioctl sync", lambda o: o.ioctl(3, 0), "-> 0"),
    ("ioctl count", lambda o: o.ioctl(4, 0), "-> 624"),
    ("ioctl size", lambda o: o.ioctl(5, 0), "-> 4096"),
    ("ioctl 7", lambda o: o.ioctl(7, 0), "-> None"),
    ("erase last", lambda o: o.ioctl(6, COUNT - 1), "-> 0"),
    ("erase beyond", lambda o: o.ioctl(6, COUNT), INVALID_SIZE),
    ("erase far beyond", lambda o: o.ioctl(6, COUNT + 1), INVALID_ARG),
    ("erase -1", lambda o: o.ioctl(6, -1), INVALID_ARG),
    ("read last", lambda o: o.readblocks(COUNT - 1, bytearray(4096)), "-> None"),
    ("read beyond", lambda o: o.readblocks(COUNT, bytearray(1)), INVALID_SIZE),
    ("read far beyond", lambda o: o.readblocks(COUNT + 1, bytearray(1)), INVALID_ARG),
    ("read empty at end", lambda o: o.readblocks(COUNT, bytearray(0)), INVALID_ARG),
    ("read empty beyond", lambda o: o.readblocks(COUNT + 1, bytearray(0)), INVALID_ARG),
    ("read over end", lambda o: o.readblocks(COUNT - 1, bytearray(4097)), INVALID_SIZE),
    ("read -1", lambda o: o.readblocks(-1, bytearray(16)), INVALID_ARG),
    ("read unaligned", lambda o: o.readblocks(0, bytearray(5), 3), "-> None"),
    ("read offset big", lambda o: o.readblocks(0, bytearray(5), 5000), "-> None"),
    ("read offset negative", lambda o: o.readblocks(1, bytearray(5), -8), "-> None"),
    ("read into bytes", lambda o: o.readblocks(0, bytes(4)), "!! TypeError"),
    ("write last+erase", lambda o: o.writeblocks(COUNT - 1, bytes(4096)), "-> None"),
    ("write last offset", lambda o: o.writeblocks(COUNT - 1, bytes(16), 0), "-> None"),
    ("write over end", lambda o: o.writeblocks(COUNT - 1, bytes(32), 4090), INVALID_SIZE),
    ("write beyond", lambda o: o.writeblocks(COUNT, bytes(16), 0), INVALID_SIZE),
    ("write far beyond", lambda o: o.writeblocks(COUNT + 1, bytes(16), 0), INVALID_ARG),
    ("write erase beyond", lambda o: o.writeblocks(COUNT, bytes(4096)), INVALID_SIZE),
    ("write no offset short", lambda o: o.writeblocks(0, bytes(100)), INVALID_SIZE),
    ("write no offset 0", lambda o: o.writeblocks(0, b""), "-> None"),
    ("write offset 0 empty", lambda o: o.writeblocks(0, b"", 0), "-> None"),
    ("write no offset 2 blocks", lambda o: o.writeblocks(0, bytes(8192)), "-> None"),
    ("write unaligned", written_unaligned, "-> b'\\xff\\xff\\xffabcde\\xff\\xff\\xff\\xff'"),
    ("program bits", programmed_twice, "-> 15"),
    ("set_boot blank", lambda o: o.set_boot(), VALIDATE_FAILED),
    ("set_boot vfs", lambda o: Partition("vfs").set_boot(), VALIDATE_FAILED),
    ("set_boot nvs", lambda o: Partition("nvs").set_boot(), VALIDATE_FAILED),
    ("set_boot otadata", lambda o: Partition("otadata").set_boot(), VALIDATE_FAILED),
    ("BOOT after", lambda o: labeled(Partition.BOOT), "-> 'ota_0'"),
)

K15 = "k" * 15
K16 = "k" * 16


def blob(store, key, size=10):
    """Return the length of what get_blob() reads into `size` bytes."""
    return store.get_blob(key, bytearray(size))


def set_blob_of(size):
    return lambda store: store.set_blob("big", bytes([size & 0xFF]) * size)


# In this order, in a namespace without any of these keys.
KEYS = (
    ("get_blob missing", lambda s: blob(s, "a"), NOT_FOUND),
    ("get_i32 missing", lambda s: s.get_i32("a"), NOT_FOUND),
    ("erase missing", lambda s: s.erase_key("a"), NOT_FOUND),
    ("set_i32", lambda s: s.set_i32("a", 5), "-> None"),
    ("get_i32", lambda s: s.get_i32("a"), "-> 5"),
    ("get_blob of i32", lambda s: blob(s, "a"), NOT_FOUND),
    ("set_i32 big", lambda s: s.set_i32("a", 1 << 31), "!! OverflowError"),
    ("set_i32 bigger", lambda s: s.set_i32("a", 1 << 40), "!! OverflowError"),
    ("set_blob over i32", lambda s: s.set_blob("a", b"abc"), "-> None"),
    ("get_i32 of both", lambda s: s.get_i32("a"), "-> 5"),
    ("get_blob of both", lambda s: blob(s, "a"), NOT_FOUND),
    ("set_i32 again", lambda s: s.set_i32("a", 7), "-> None"),
    ("get_blob after", lambda s: blob(s, "a"), "-> 3"),
    ("get_i32 after", lambda s: s.get_i32("a"), NOT_FOUND),
    ("erase both", lambda s: s.erase_key("a"), "-> None"),
    ("get_blob after erase", lambda s: blob(s, "a"), NOT_FOUND),
    ("get_i32 after erase", lambda s: s.get_i32("a"), "-> 7"),
    ("key empty", lambda s: s.set_i32("", 1), "-> None"),
    ("key 15", lambda s: s.set_i32(K15, 1), "-> None"),
    ("key 16", lambda s: s.set_i32(K16, 1), "-> None"),  # the value that K15 has
    ("get key 16", lambda s: s.get_i32(K16), "-> 1"),
    (
        "another value under 16 characters",
        lambda s: s.set_i32(K16, 2),
        "!! OSError (-4361, 'ESP_ERR_NVS_KEY_TOO_LONG')",
    ),
    ("get key 15", lambda s: s.get_i32(K15), "-> 1"),
    ("blob empty", lambda s: s.set_blob("b", b""), "-> None"),
    ("blob empty get", lambda s: blob(s, "b"), "-> 0"),
    ("blob empty get into empty", lambda s: blob(s, "b", 0), "-> 0"),
    ("blob 10", lambda s: s.set_blob("b", b"0123456789"), "-> None"),
    (
        "get small buf",
        lambda s: blob(s, "b", 5),
        "!! OSError (-4364, 'ESP_ERR_NVS_INVALID_LENGTH')",
    ),
    ("get empty buf", lambda s: blob(s, "b", 0), "-> 10"),
    ("get exact", lambda s: blob(s, "b", 10), "-> 10"),
    ("get into bytes", lambda s: s.get_blob("b", bytes(10)), "!! TypeError"),
    ("set from str", lambda s: s.set_blob("b", "text"), "-> None"),
    ("set from memoryview", lambda s: s.set_blob("b", memoryview(b"view")), "-> None"),
    ("blob 1000", set_blob_of(1000), "-> None"),
    ("blob 1000 back", lambda s: blob(s, "big", 1000), "-> 1000"),
    ("blob 4000", set_blob_of(4000), "-> None"),
    ("blob 4000 back", lambda s: blob(s, "big", 4000), "-> 4000"),
    ("blob 4001", set_blob_of(4001), "-> None"),
    ("blob 5000", set_blob_of(5000), "-> None"),
    ("blob 5000 back", lambda s: blob(s, "big", 5000), "-> 5000"),
    ("blob 8000", set_blob_of(8000), NO_SPACE),
    ("blob 8000 back", lambda s: blob(s, "big", 5000), "-> 5000"),
    ("blob 9000", set_blob_of(9000), NO_SPACE),
    ("blob of 16000", set_blob_of(16000), "!! OSError (-4366, 'ESP_ERR_NVS_VALUE_TOO_LONG')"),
    ("blob 9000 back", lambda s: blob(s, "big", 5000), "-> 5000"),
)


def outcome(call, *args):
    """Return what `call` does, as the tables above say it."""
    try:
        return "-> %r" % (call(*args),)
    except OSError as e:
        return "!! OSError %r" % (e.args,)
    except (TypeError, ValueError, OverflowError) as e:
        return "!! " + type(e).__name__


def check(cases, *args):
    found = [(name, outcome(call, *args), expected) for name, call, expected in cases]
    wrong = ["%s %s, not %s" % row for row in found if row[1] != row[2]]
    assert not wrong, "\n".join(wrong)


def needs_8_mib():
    if Partition("ota_0").info()[3] != SLOT_8M or labeled(Partition.RUNNING) != "ota_0":
        raise Skip("the answers are those of ota_0 of the table of 8 MiB, which does not run here")


def test_partitions_are_found_as_on_the_chip():
    needs_8_mib()
    check(LOOKUPS)


def test_blocks_are_read_and_written_as_on_the_chip():
    needs_8_mib()
    check(BLOCKS, Partition("ota_1"))


def forget(store):
    for key in ("", "a", "a", "a", "b", "big", K15):
        try:
            store.erase_key(key)
        except OSError:
            pass  # not there


def test_nvs_takes_and_refuses_as_on_the_chip():
    store = NVS("test_esp32")
    forget(store)
    try:
        check(KEYS, store)
    finally:
        forget(store)


def test_nvs_namespaces_are_cut_to_15_characters():
    check(
        (
            ("NVS empty ns", lambda: NVS(""), "-> <NVS namespace>"),
            ("NVS 15", lambda: type(NVS("n" * 15)).__name__, "-> 'NVS'"),
            ("NVS 16", lambda: NVS("n" * 16), "-> <NVS namespace>"),
        )
    )
    long, short = NVS("n" * 16), NVS("n" * 15)
    long.set_i32("a", 3)
    assert short.get_i32("a") == 3
    short.erase_key("a")
    assert outcome(long.get_i32, "a") == NOT_FOUND


def test_timer_period_is_below_2_to_the_31_ms():
    assert outcome(lambda: Timer(1, period=1 << 31, callback=print)) == "!! OverflowError"
    Timer(1, period=(1 << 31) - 1, callback=print).deinit()
