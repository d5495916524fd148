"""The sinks for files: what they unpack, what they refuse, what they leave behind."""

import gc
import io
import os
import sys

from hawkbit import bundle, files
from hawkbit.deployment import Artifact
from hawkbit.errors import HawkbitError, UpdateError
from power import Power, PowerCut, remove, tar, tar_entry, tar_head, tree
from runner import Skip, raises

BLOCK_SIZE = 4096
CODE = b"print('2')\n"
BIG = bytes(range(256)) * 40 + b"end"  # over two blocks and a part


def artifact(data, filename="app.tar"):
    return Artifact("bApp", "app", "2", {}, filename, len(data), "sha256", "00", "http://x")


def board(kind=files.AppFiles, path="app", pointer=None):
    """Return a sink after a boot with nothing but `pointer` and the cable's directory."""
    Power().supply(bundle, files)
    for name in ("", ".a", ".b", ".now", ".now.new"):
        remove(path + name)
    os.mkdir(path)
    with open(path + "/main.py", "wb") as f:
        f.write(b"cable")
    if pointer:
        bundle.write(path, *pointer.split(","))
    return boot(kind, path)


def boot(kind=files.AppFiles, path="app"):
    Power().supply(bundle, files)
    bundle.running.clear()
    bundle.guard(path, None)
    return kind(path)


def give(sink, data, filename="app.tar"):
    """Send `data` through the sink as Download does."""
    assert sink.begin(artifact(data, filename), 0) == 0
    for offset in range(0, len(data), BLOCK_SIZE):
        try:
            sink.write(offset, memoryview(bytearray(data[offset : offset + BLOCK_SIZE])))
        except OSError as e:
            raise UpdateError(str(e))
    sink.finish()


def refusal(data, sink=None):
    """Return the words with which a tar is refused; nothing may be left of it."""
    sink = sink or board()
    text = str(raises(UpdateError, give, sink, data))
    sink.abort()
    left = sorted(name for name in os.listdir() if name.startswith("app"))
    assert left in (["app"], ["app", "app.now"]), left
    assert tree("app") == {"main.py": b"cable"}
    return text


def names_outside():
    return sorted(name for name in os.listdir() if not name.startswith("app"))


# --- what a tar becomes


def test_tar_becomes_files_and_directories():
    sink = board()
    data = tar(
        tar_entry(b"lib/", kind="5"),
        tar_entry(b"main.py", CODE),
        tar_entry(b"lib/big.bin", BIG),
        tar_entry(b"lib/deep/er/empty.py"),
        tar_entry(b"old.py", CODE, kind="\0"),
    )
    give(sink, data)
    assert tree("app.a") == {
        "main.py": CODE,
        "lib": None,
        "lib/big.bin": BIG,
        "lib/deep": None,
        "lib/deep/er": None,
        "lib/deep/er/empty.py": b"",
        "old.py": CODE,
    }
    assert tree("app") == {"main.py": b"cable"}


def test_every_size_around_a_record_and_a_block_is_whole():
    for size in (0, 1, 511, 512, 513, 3584, 3585, 4095, 4096, 4097, 7680, 8192, 12289):
        sink = board()
        body = bytes(i * 7 % 251 for i in range(size))
        give(sink, tar(tar_entry(b"body", body), tar_entry(b"next", b"x")))
        assert tree("app.a") == {"body": body, "next": b"x"}, size


def test_eight_levels_of_directories_are_taken_and_nine_are_not():
    name = b"d/" * 8 + b"main.py"
    sink = board()
    give(sink, tar(tar_entry(name, CODE)))
    assert tree("app.a")[name.decode()] == CODE
    assert "over 8 levels" in refusal(tar(tar_entry(b"d/" + name, CODE)))


def test_tar_of_the_current_folder_is_taken():
    sink = board()
    give(sink, tar(tar_entry(b"./", kind="5"), tar_entry(b"./main.py", CODE)))
    assert tree("app.a") == {"main.py": CODE}


def test_what_follows_the_end_is_ignored():
    sink = board()
    give(sink, tar(tar_entry(b"main.py", CODE)) + tar_entry(b"late.py", CODE) + bytes(10240))
    assert tree("app.a") == {"main.py": CODE}


def test_pax_heads_with_times_are_skipped():
    sink = board()
    times = tar_entry(b"./PaxHeaders/main.py", b"28 mtime=1700000000.1234567\n", kind="x")
    comment = tar_entry(b"pax_global_header", b"52 comment=%s\n" % (b"0" * 40), kind="g")
    largest = tar_entry(b"pax_global_header", b"512 comment=" + b"0" * 500, kind="g")
    give(sink, tar(comment, times, largest, tar_entry(b"main.py", CODE)))
    assert tree("app.a") == {"main.py": CODE}


def test_tars_that_python_makes_are_unpacked():
    if sys.implementation.name == "micropython":
        raise Skip("makes tars with CPython's tarfile")
    import tarfile

    os.makedirs("made/lib", exist_ok=True)
    for name in ("made/main.py", "made/lib/x.py"):
        with open(name, "wb") as f:
            f.write(BIG)
    for tar_format in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w", format=tar_format) as t:
            t.add("made", arcname=".")
        sink = board()
        give(sink, made.getvalue())
        assert tree("app.a") == {"main.py": BIG, "lib": None, "lib/x.py": BIG}, tar_format


class Nowhere:
    """A file that keeps nothing."""

    def write(self, data):
        return len(data)


def test_block_inside_a_file_allocates_little():
    if sys.implementation.name != "micropython":
        raise Skip("heap figures are MicroPython's")
    sink = board()
    head = tar_head(b"big.bin", 20 * BLOCK_SIZE)
    view = memoryview(bytearray(head + bytes(BLOCK_SIZE - len(head))))
    sink.begin(artifact(view), 0)
    sink.write(0, view)
    sink._file = Nowhere()  # the file is not to be measured
    gc.collect()
    before = gc.mem_alloc()
    for offset in range(BLOCK_SIZE, 11 * BLOCK_SIZE, BLOCK_SIZE):
        sink.write(offset, view)
    assert gc.mem_alloc() - before < 10 * 256, gc.mem_alloc() - before


# --- what is refused

HOSTILE = (
    b"../evil.py",
    b"lib/../../evil.py",
    b"/evil.py",
    b"//evil.py",
    b"..",
    b".",
    b"lib/",
    b"lib//evil.py",
    b"lib/./evil.py",
    b"..\\evil.py",
    b"lib\\evil.py",
    b"C:evil.py",
    b"C:/evil.py",
    b"evil\0.py",
    b"evil\n.py",
    b"lib/deep/evil\n.py",
    b"lib/..",
    b"lib/deep/.",
    b"\x1b[2Jevil",
    b"\xff\xfe",
    b"",
    b"x" * 100 + b"y",
    b"/".join([b"d"] * 10),
)


def test_hostile_names_of_files_are_refused():
    outside = names_outside()
    for name in HOSTILE:
        if len(name) > 100:
            continue  # runs into the next field
        text = refusal(tar(tar_entry(b"main.py", CODE), tar_entry(name, CODE)))
        assert text, name
        assert names_outside() == outside, name


def test_hostile_names_of_directories_are_refused():
    for name in (b"../evil/", b"/evil", b"/", b"..", b"a/../b", b"a\\b", b"C:", b"a\0b", b""):
        refusal(tar(tar_entry(name, kind="5"), tar_entry(b"main.py", CODE)))


def test_links_devices_and_long_names_are_refused_by_their_type():
    for kind in "12346 7LKSVDA":
        text = refusal(tar(tar_entry(b"main.py", kind=kind)))
        assert "main.py of type %s" % kind in text and "--format=ustar" in text, text


def test_pax_heads_that_change_a_name_or_a_size_are_refused():
    for record in (b"path=../evil", b"linkpath=x", b"size=99999", b"GNU.sparse.major=1"):
        pax = tar_entry(b"./PaxHeaders/x", b"%d %s\n" % (len(record) + 4, record), kind="x")
        assert "ustar" in refusal(tar(pax, tar_entry(b"main.py", CODE)))
    long = tar_entry(b"./PaxHeaders/x", b"600 comment=" + b"c" * 588, kind="x")
    assert "long pax head" in refusal(tar(long, tar_entry(b"main.py", CODE)))


def test_prefix_of_a_name_over_100_bytes_is_refused():
    data = tar(tar_head(b"main.py", prefix=b"../.."))
    assert "over 100 bytes" in refusal(data)


def test_not_a_tar_is_refused_at_its_first_block():
    for data in (b"\x1f\x8b\x08" + bytes(509), b"PK\x03\x04" * 128, b"x" * 1024):
        assert "bad head" in refusal(data)
    assert "app.tar is not a tar" in refusal(b"print(1)\n")


def test_damaged_heads_are_refused():
    good = tar_head(b"main.py", 3)
    for at, byte in ((0, 0x6E), (124, 0x38), (125, 0x2D), (148, 0x37), (257, 0x55), (156, 0x31)):
        bad = bytearray(good)
        bad[at] = byte
        refusal(tar(bytes(bad), b"abc" + bytes(509)))
    for size in (b"-0000000001\0", b"\x80" + bytes(11), b"9" * 11 + b"\0", b" " * 12):
        bad = bytearray(tar_head(b"main.py"))
        bad[124:136] = size
        bad[148:156] = b" " * 8
        bad[148:156] = ("%06o\0 " % sum(bad)).encode()
        assert "bad head" in refusal(tar(bytes(bad)))


def test_tar_that_is_cut_off_is_refused_at_its_end():
    whole = tar_entry(b"main.py", BIG)
    for data in (whole, whole[:4096], whole[:512]):
        assert "app.tar is cut off" in refusal(data)


def test_file_where_a_directory_is_to_be_is_refused():
    refusal(tar(tar_entry(b"lib", CODE), tar_entry(b"lib/main.py", CODE)))
    refusal(tar(tar_entry(b"lib/main.py", CODE), tar_entry(b"lib", CODE)))
    refusal(tar(tar_entry(b"lib", CODE), tar_entry(b"lib/", b"", kind="5")))


def test_larger_than_what_is_free_is_refused_before_anything_is_touched():
    sink = board(pointer=".b,.a,good")
    os.mkdir("app.b")
    power = Power(cut_at=1)
    power.supply(bundle, files)
    for size, fits in ((25 * 512, True), (26 * 512, False)):
        power.statvfs = lambda path: (512, 512, 100, 99, 57) + (0,) * 5
        item = artifact(bytes(size))
        if fits:
            raises(PowerCut, sink.begin, item, 0)  # it began to write
            continue
        text = str(raises(UpdateError, sink.begin, item, 0))
        assert "13312 bytes do not fit the 12800 left for app" in text, text


def test_room_of_the_directory_that_goes_counts_as_free():
    sink = board(pointer=".b,.a,good")
    os.mkdir("app.b")
    os.mkdir("app.a")
    with open("app.a/old.bin", "wb") as f:
        f.write(bytes(20000))
    power = Power()
    power.supply(bundle, files)
    power.statvfs = lambda path: (512, 512, 100, 0, 32) + (0,) * 5  # just the reserve
    raises(UpdateError, sink.begin, artifact(bytes(20480)), 0)
    sink.begin(artifact(bytes(19968)), 0)


def test_without_guard_in_boot_py_it_says_so():
    sink = board()
    bundle.running.clear()
    assert "bundle.guard('app')" in refusal(tar(), sink)


# --- begin, abort, resume


def test_second_attempt_starts_on_an_empty_directory():
    sink = board()
    data = tar(tar_entry(b"junk.py", BIG), tar_entry(b"main.py", CODE))
    sink.begin(artifact(data), 0)
    sink.write(0, bytearray(data[:BLOCK_SIZE]))
    kept = sink.keep()
    for again in (sink, boot()):
        again.restore(kept)
        give(again, tar(tar_entry(b"main.py", CODE)))
        assert tree("app.a") == {"main.py": CODE}


def test_two_tars_of_one_update_are_one_bundle_also_over_a_reset():
    sink = board()
    give(sink, tar(tar_entry(b"main.py", CODE)))
    kept = sink.keep()
    sink = boot()
    sink.restore(kept)
    give(sink, tar(tar_entry(b"data.bin", BIG)), "data.tar")
    assert tree("app.a") == {"main.py": CODE, "data.bin": BIG}


def test_abort_leaves_only_what_the_pointer_names():
    for pointer, left in (
        (None, []),
        (".a,.a,good", ["app.a"]),
        (".b,,good", ["app.b"]),
        (".a,.b,good", ["app.a", "app.b"]),
        (".a,.b,back", ["app.a", "app.b"]),
    ):
        sink = board(pointer=pointer)
        for name in ("app.a", "app.b"):
            os.mkdir(name)
            os.mkdir(name + "/lib")
        sink.abort()
        assert [n for n in ("app.a", "app.b") if n in os.listdir()] == left, pointer


def test_directory_in_use_is_never_touched_whatever_was_kept():
    for now, other in ((".a", ".b"), (".b", ".a")):
        for is_lost in (False, True):  # the pointer
            sink = board(pointer=now + ",,good")
            os.mkdir("app" + now)
            sink.restore(now)
            if is_lost:
                os.remove("app.now")
                sink.abort()
            else:
                give(sink, tar(tar_entry(b"main.py", CODE)))
                assert sink.keep()[:2] == other
            assert "app" + now in os.listdir() and not os.listdir("app" + now)


def test_trial_that_could_not_be_ended_on_flash_is_a_rollback():
    sink = board()
    bundle.write("app", ".a", "", bundle.TRIAL)  # guard() found the flash full
    assert "rolled back" in str(raises(UpdateError, sink.activated, ".a"))


def test_abort_closes_and_removes_what_was_begun():
    sink = board()
    data = tar(tar_entry(b"lib/big.bin", BIG))
    sink.begin(artifact(data), 0)
    sink.write(0, bytearray(data[:BLOCK_SIZE]))
    sink.abort()
    assert "app.a" not in os.listdir()
    give(sink, tar(tar_entry(b"main.py", CODE)))
    assert tree("app.a") == {"main.py": CODE}


def test_full_flash_is_an_update_error_and_abort_makes_room():
    data = tar(tar_entry(b"main.py", CODE), tar_entry(b"big.bin", BIG))
    changes = 0
    while True:
        changes += 1
        sink = board()
        power = Power()
        power.supply(bundle, files)
        power.error, power.error_at = OSError(28), changes
        try:
            give(sink, data)
            sink.activate()
            break
        except UpdateError as e:
            assert "28" in str(e) or "ENOSPC" in str(e), e
        power.error = None
        sink.abort()
        assert "app.a" not in os.listdir() and bundle.read("app")[0] == ""
    assert changes > 12, changes


def test_file_that_cannot_be_closed_is_not_complete():
    class Full:
        def close(self):
            raise OSError(28)

    sink = board(files.Files)
    sink.begin(artifact(b"x", "a"), 0)
    sink.write(0, b"x")
    sink._file.close()
    sink._file = Full()
    assert "a: " in str(raises(UpdateError, sink.finish)) and sink.keep() == ".a"


def test_nothing_begins_on_trial_or_before_a_due_reset():
    sink = board(pointer=".a,,new")
    assert sink.on_trial()
    raises(HawkbitError, sink.begin, artifact(tar()), 0)
    sink = board()
    give(sink, tar(tar_entry(b"main.py", CODE)))
    sink.activate()
    error = raises(HawkbitError, sink.begin, artifact(tar()), 0)
    assert not isinstance(error, UpdateError)
    sink.revert()
    sink.begin(artifact(tar()), 0)


# --- activate, confirm, revert


def test_updates_alternate_and_the_one_before_stays_until_the_next():
    sink = board()
    for version, use, other in (
        (b"1", "app.a", "app"),
        (b"2", "app.b", "app.a"),
        (b"3", "app.a", "app.b"),
    ):
        give(sink, tar(tar_entry(b"main.py", version)))
        before = bundle.directory("app")
        assert sink.activate() is True
        assert bundle.directory("app") == before and not sink.on_trial()
        kept = sink.keep()
        sink = boot()
        sink.restore(kept)
        assert bundle.directory("app") == use and sink.on_trial() and sink.activated(sink.keep())
        sink.confirm()
        assert not sink.on_trial() and boot() and bundle.directory("app") == use
        assert tree(use) == {"main.py": version} and tree(other)
        sink = boot()


def test_not_confirmed_it_goes_back_and_says_so():
    sink = board()
    give(sink, tar(tar_entry(b"main.py", CODE)))
    sink.activate()
    kept = sink.keep()
    boot()
    sink = boot()
    sink.restore(kept)
    assert bundle.directory("app") == "app" and not sink.on_trial()
    assert "app.a was not confirmed" in str(raises(UpdateError, sink.activated, sink.keep()))
    sink.revert()
    sink.abort()
    assert bundle.read("app") == ("", ".a", bundle.BACK)
    give(boot(), tar(tar_entry(b"main.py", b"3")))
    assert tree("app.a") == {"main.py": b"3"}


def test_activation_that_never_happened_is_told_from_a_rollback():
    for pointer in (None, ",.a,back"):  # of the update before
        sink = board(pointer=pointer)
        give(sink, tar(tar_entry(b"main.py", CODE)))
        kept = sink.keep()
        sink = boot()
        sink.restore(kept)
        assert sink.activated(sink.keep()) is False
        assert sink.activate() is True


def test_bundle_that_is_gone_is_not_activated():
    sink = board()
    give(sink, tar(tar_entry(b"main.py", CODE)))
    kept = sink.keep()
    remove("app.a")  # reformatted, say, while it waited for its window
    sink = boot()
    sink.restore(kept)
    assert "app.a" in str(raises(UpdateError, sink.activate))
    assert bundle.read("app")[0] == ""


def test_activate_again_starts_the_trial_anew():
    # The slot that goes with it was not activated: it ran under the old firmware.
    sink = board()
    give(sink, tar(tar_entry(b"main.py", CODE)))
    kept = sink.keep()
    sink.activate()
    for _ in range(2):  # counted as running, then given up
        sink = boot()
        sink.restore(kept)
        assert sink.activate() is True
        assert bundle.read("app") == (".a", "", bundle.NEW)
    sink = boot()
    assert sink.on_trial() and bundle.directory("app") == "app.a"


def test_revert_on_trial_goes_back_and_needs_a_reset():
    sink = board()
    give(sink, tar(tar_entry(b"main.py", CODE)))
    sink.activate()
    sink = boot()
    assert sink.revert() is True
    assert not sink.on_trial()
    raises(HawkbitError, sink.begin, artifact(tar()), 0)
    sink.abort()
    assert tree("app.a")  # it is still in use
    boot()
    assert bundle.directory("app") == "app"


def test_revert_before_the_reset_needs_none():
    sink = board()
    give(sink, tar(tar_entry(b"main.py", CODE)))
    sink.activate()
    assert sink.revert() is False
    assert bundle.read("app") == ("", ".a", bundle.BACK)


def test_confirmed_bundle_goes_back_only_with_its_own_action():
    for restored, now in ((True, ".a"), (False, ".b")):
        sink = board(pointer=".a,.a,good")
        give(sink, tar(tar_entry(b"main.py", CODE)))
        sink.activate()
        kept = sink.keep()
        sink = boot()
        sink.restore(kept)
        sink.confirm()
        assert sink.revert() is False  # it was confirmed in this boot
        sink = boot()
        if restored:
            sink.restore(kept)
        assert sink.revert() is restored
        assert bundle.read("app")[0] == now


def test_pointer_survives_an_activation_cut_anywhere():
    cut_at = 0
    while True:
        cut_at += 1
        sink = board(pointer=".a,.a,good")
        os.mkdir("app.a")
        power = Power(cut_at)
        power.supply(bundle, files)
        try:
            give(sink, tar(tar_entry(b"main.py", CODE)))
            whole = tree("app.b") == {"main.py": CODE}
            sink.activate()
            break
        except PowerCut:
            boot()
            assert bundle.directory("app") == "app.a"
    assert whole and cut_at > 8
    boot()
    assert bundle.directory("app") == "app.b"


# --- plain files


def test_artifacts_become_files_and_are_swapped_together_without_a_reset():
    sink = board(files.Files, "app")
    give(sink, b"<html>", "index.html")
    give(sink, BIG, "model 2.bin")
    assert bundle.directory("app") == "app"
    assert sink.activate() is False
    assert bundle.directory("app") == "app.a" and sink.on_trial() and sink.activated(sink.keep())
    assert tree("app.a") == {"index.html": b"<html>", "model 2.bin": BIG}
    sink.confirm()
    boot(files.Files)
    assert bundle.directory("app") == "app.a" and not sink.on_trial()


def test_files_not_confirmed_go_back_at_once_or_at_the_second_reset():
    sink = board(files.Files, "app")
    give(sink, b"1", "x")
    sink.activate()
    assert sink.revert() is False
    assert bundle.directory("app") == "app"
    sink.abort()
    give(sink, b"2", "x")
    sink.activate()
    assert boot(files.Files).on_trial()
    assert not boot(files.Files).on_trial() and bundle.directory("app") == "app"


def test_next_update_in_the_same_boot_starts_on_an_empty_directory():
    sink = board(files.Files, "app")
    for name in ("one", "two", "three"):
        give(sink, b"x", name)
        sink.activate()
        sink.confirm()
        assert tree(bundle.directory("app")) == {name: b"x"}


def test_file_names_are_not_paths():
    sink = board(files.Files, "app")
    for name in HOSTILE:
        if name == b"\xff\xfe":
            continue  # no str
        error = raises(UpdateError, sink.begin, artifact(b"x", name.decode()), 0)
        assert "cannot be a file name" in str(error), name
    assert "app.a" not in os.listdir()
