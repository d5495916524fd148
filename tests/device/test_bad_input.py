"""Wrong images and deployments on the simulated board: the operator reads what is wrong."""

from fake_ddi import FakeDevice, FakeServer, artifact, chunk, pattern
from simboard import partitions
from simboard.errors import PowerOff
from small_board import OTA_0, OTA_1, SIZE, SLOT, Board, app_image


class Device(FakeDevice):
    """A FakeDevice whose slot is a FirmwareSlot of `board`."""

    def __init__(self, server, board, **hooks):
        self.board = board
        super().__init__(server, **hooks)

    def boot(self):
        from hawkbit.slot import FirmwareSlot

        self.board.boot()
        self.sinks = {"os": FirmwareSlot()}
        super().boot()

    _reset = None  # the updater's own: machine.reset()

    def cycle(self):
        try:
            return super().cycle()
        except PowerOff:
            self.reset()
            return 0


def device(server, board=None, **hooks):
    return Device(server, board or Board(), **hooks)


def reported(server, action, board=None):
    """Return the only final report of `action`, which must be a failure."""
    found = device(server, board)
    found.cycles(3)
    assert action.status == "error", (action.status, found.errors())
    closed = [entry for entry in action.entries if entry[0] == "closed"]
    assert len(closed) == 1 and closed[0][1] == "failure"
    assert found.board.chip.running.label in ("ota_0", "factory")
    return " / ".join(closed[0][2])


def words_of_image(image, **changes):
    server = FakeServer()
    action = server.assign(chunks=[chunk([server.add(image, "fw.app-bin", **changes)])])
    return reported(server, action)


# --- what must work


def test_right_image_is_installed_and_confirmed():
    server = FakeServer()
    action = server.assign(app_image("2.0"))
    found = device(server)
    found.cycles(3)
    assert action.status == "finished"
    assert found.board.chip.running.label == "ota_1"
    assert found.board.states() == ["valid", "valid"]


def test_new_image_whose_self_test_fails_goes_back_and_the_server_learns_why():
    server = FakeServer()
    action = server.assign(app_image("2.0"))
    found = device(server, self_test=lambda: False)
    found.cycles(4)
    assert action.status == "error" and found.board.chip.running.label == "ota_0"
    details = action.entries[-1][2]
    assert "INVALID" in details[0] and details[1] == "self-test failed"


def test_new_image_that_only_resets_goes_back_and_the_server_learns_it():
    server = FakeServer()
    action = server.assign(app_image("2.0"))
    found = device(server)
    found.cycle()
    assert found.board.chip.running.label == "ota_1"
    found.reset()
    found.cycles(2)
    assert action.status == "error" and found.board.chip.running.label == "ota_0"
    assert "ABORTED" in action.entries[-1][2][0]
    # A redeploy of the same content is legal.
    again = server.assign(app_image("2.0"))
    found.cycles(3)
    assert again.status == "finished"


# --- wrong images


def test_combined_image_is_named():
    # The bootloader is an image without a description, the application comes later.
    combined = app_image(desc=0) + bytes(4096) + app_image("2.0")
    words = words_of_image(combined)
    assert "combined firmware.bin" in words and ".app-bin" in words


def test_image_for_another_chip_is_named():
    words = words_of_image(app_image("2.0", chip_id=9))
    assert "another chip" in words and "id 9" in words


def test_other_file_is_named():
    assert "not an ESP32 application image" in words_of_image(pattern(5000))


def test_image_larger_than_the_slot_is_refused_before_the_download():
    server = FakeServer()
    action = server.assign(chunks=[chunk([server.add(app_image("2.0"), size=SLOT + 1)])])
    words = reported(server, action)
    assert "65537 bytes do not fit the 65536" in words
    assert server.seen("artifacts") == []


def test_truncated_image_is_named():
    image = app_image("2.0")
    for end in (len(image) - 16, 5000, 400):
        words = words_of_image(image[:end])
        assert "truncated or damaged" in words, words
    assert "truncated" in words_of_image(image[:200])


def test_flipped_byte_with_the_hash_of_the_right_image_is_a_wrong_hash():
    image = app_image("2.0")
    flipped = bytearray(image)
    flipped[6000] ^= 1
    right = artifact(image)["hashes"]
    assert "sha256 is" in words_of_image(bytes(flipped), hashes=right)


def test_flipped_byte_with_its_own_hash_does_not_verify():
    flipped = bytearray(app_image("2.0"))
    flipped[6000] ^= 1
    assert "does not verify" in words_of_image(bytes(flipped))


def test_wrong_sha256_names_both():
    words = words_of_image(app_image("2.0"), hashes={"sha256": "0" * 64})
    assert "sha256 is" in words and "0" * 64 in words


def test_size_that_is_not_the_length_names_both():
    image = app_image("2.0")
    for size in (len(image) - 1, len(image) + 1):
        words = words_of_image(image, size=size)
        assert "size %d" % size in words and "%d on the server" % len(image) in words


# --- wrong deployments


def words_of_chunks(chunks):
    server = FakeServer()
    words = reported(server, server.assign(chunks=chunks))
    assert server.seen("artifacts") == []
    return words


def test_deployment_without_artifacts_is_named():
    assert "no artifacts" in words_of_chunks([])
    assert "no artifacts" in words_of_chunks([chunk([])])


def test_unknown_part_is_named():
    assert "no sink for part bApp" in words_of_chunks([chunk([artifact(b"x")], "bApp")])


def test_no_usable_link_is_named():
    links = {"md5sum": {"href": "http://x/y"}}
    words = words_of_chunks([chunk([artifact(b"x", _links=links)])])
    assert "fw.bin: no usable link" in words


def test_deployment_over_the_json_bound_names_the_limit():
    many = [artifact(b"x", "file%03d.bin" % i) for i in range(30)]
    assert "larger than 8192 bytes" in words_of_chunks([chunk(many)])


def test_deployment_of_wrong_shape_at_each_level_is_reported():
    right = artifact(b"x")
    wrong_artifacts = [dict(right, **{key: 5}) for key in ("filename", "hashes", "_links")]
    wrong_artifacts += [dict(right, size="12"), [], "x", None, 5]
    wrong_chunks = [dict(chunk([right]), **{key: 5}) for key in ("part", "name", "version")]
    wrong_chunks += [chunk([one]) for one in wrong_artifacts]
    wrong_chunks += [chunk({"0": right}), chunk(5), chunk([right], metadata=5), [], "x", None, 5]
    for wrong in wrong_chunks:
        words = words_of_chunks([wrong])
        assert "bad deployment" in words or "no usable" in words, (wrong, words)
    for wrong in ({}, "x", 5):
        assert "no usable chunks" in words_of_chunks(wrong)


def test_answer_of_wrong_shape_is_reported():
    for body in (b"[]", b"5", b'"x"', b"{}", b'{"deployment":[]}', b'{"deployment":null}'):
        server = FakeServer()
        action = server.assign(app_image("2.0"))
        server.fault("GET /DEFAULT/controller/v1/dev1/deploymentBase", (200, {}, body))
        assert "bad deployment" in reported(server, action), body


def test_answer_that_is_no_json_is_tried_again():
    for body in (b"", b"<html>", b'{"deployment":', b"null"):
        server = FakeServer()
        action = server.assign(app_image("2.0"))
        server.fault("GET /DEFAULT/controller/v1/dev1/deploymentBase", (200, {}, body), 7)
        found = device(server)
        found.cycles(7)
        assert action.is_active and action.entries == [], body
        found.cycles(3)
        assert action.status == "finished"


# --- boards that cannot


def test_board_without_ota_slots_says_so_before_the_download():
    layout = partitions.ota_layout(SIZE, SLOT)
    factory = partitions.Partition(0, 0, OTA_0, SLOT, "factory")
    for table in (
        (layout[0], layout[2], factory, layout[5]),
        (layout[0], layout[1], layout[2], factory, layout[5]),
        (layout[0], factory, partitions.Partition(0, 0x10, OTA_1, SLOT, "ota_0"), layout[5]),
    ):
        server = FakeServer()
        action = server.assign(app_image("2.0"))
        assert "no OTA slots" in reported(server, action, Board(layout=table))
        assert server.seen("artifacts") == []
