"""Updates of a board with `trusted_keys`: only what one of them signed, and nothing older."""

import binascii
import json

from fake_ddi import FakeDevice, FakeServer, artifact, chunk
from hawkbit import signature
from hawkbit.deployment import Artifact
from runner import raises
from test_signature import vectors

RELEASE = b"firmware" * 512
KEYS = dict(vectors("key"))
SIGNED = {
    counter: "%s %s" % (counter, binascii.b2a_base64(s).decode().strip())
    for counter, s, _, _ in vectors("release")
}


def offered(value=None, device=None, **changes):
    """Assign RELEASE with that signature; return (action, device) after three cycles."""
    server = device.server if device else FakeServer()
    metadata = [{"key": "signature", "value": value}] if value else []
    chunks = [chunk([server.add(RELEASE)], metadata=metadata, **changes)]
    action = server.assign(chunks=chunks)
    device = device or FakeDevice(server, trusted_keys=[KEYS["rsa4096"], KEYS["rsa3072"]])
    device.slot.calls = []
    device.cycles(3)
    return action, device


def kept(device):
    return json.loads(device.store.data).get("counters")


def refusal(action, device):
    """Return why it was refused; nothing was fetched, and nothing stored."""
    assert action.status == "error", action.status
    assert not device.server.seen("/artifacts/")
    [details] = [entry[2] for entry in action.entries if entry[0] == "closed"]
    return details[0]


def test_texts_of_the_vectors_are_those_of_the_deployment():
    for counter, _, _, text in vectors("release"):
        found = Artifact("os", "fw", "2.0", {}, "fw.bin", 4096, "sha256", text.split()[-2], "")
        assert signature.text([found], counter) == text.encode()


def test_signed_release_is_installed_and_its_counter_kept():
    action, device = offered(SIGNED["7"])
    assert action.status == "finished"
    assert kept(device) == {"os": 7}


def test_release_that_is_not_signed_is_refused_before_anything_is_fetched():
    assert refusal(*offered()) == "fw 2.0 is not signed"


def test_release_signed_by_nobody_we_trust_is_refused():
    for value in (SIGNED["7"][:-9] + "AAAAAAA==", SIGNED["7"].replace("7 ", "9 "), "7 AAAA"):
        assert "no trusted key" in refusal(*offered(value)), value
    server = FakeServer()
    device = FakeDevice(server, trusted_keys=[KEYS["rsa4096"]])
    assert "no trusted key" in refusal(*offered(SIGNED["7"], device))


def test_signature_is_of_that_name_version_part_and_content():
    for changes in ({"name": "fx"}, {"version": "2.1"}, {"part": "bApp"}):
        assert "no trusted key" in refusal(*offered(SIGNED["7"], **changes)), changes
    server = FakeServer()
    metadata = [{"key": "signature", "value": SIGNED["7"]}]
    for wrong in (
        [artifact(b"other")],
        [artifact(RELEASE, "fx.bin")],
        [artifact(RELEASE, size=4097)],
        [artifact(RELEASE), artifact(RELEASE, "more.bin")],
    ):
        device = FakeDevice(server, trusted_keys=[KEYS["rsa3072"]])
        action = server.assign(chunks=[chunk(wrong, metadata=metadata)])
        device.cycles(2)
        assert "no trusted key" in refusal(action, device)


def test_weak_hash_is_never_signed():
    server = FakeServer()
    weak = artifact(RELEASE, hashes={"sha1": "a" * 40})
    metadata = [{"key": "signature", "value": SIGNED["7"]}]
    device = FakeDevice(server, trusted_keys=[KEYS["rsa3072"]])
    device.client.weak_hashes = True
    action = server.assign(chunks=[chunk([weak], metadata=metadata)])
    device.cycles(2)
    assert "no trusted key" in refusal(action, device)


def test_older_release_is_refused_as_a_downgrade_after_a_reset_too():
    action, device = offered(SIGNED["7"])
    device.reset()
    del device.server.session.requests[:]
    old, _ = offered(SIGNED["6"], device)
    assert refusal(old, device).startswith("downgrade: fw 2.0 has release counter 6")
    none, _ = offered(SIGNED["0"], device)
    assert refusal(none, device).startswith("downgrade")
    assert kept(device) == {"os": 7}


def test_same_or_higher_counter_is_installed():
    action, device = offered(SIGNED["0"])
    for counter in ("7", "7", "8"):
        action, _ = offered(SIGNED[counter], device)
        assert action.status == "finished", counter
    assert kept(device) == {"os": 8}


def test_counter_of_an_image_that_went_back_is_not_kept():
    server = FakeServer()
    device = FakeDevice(server, trusted_keys=[KEYS["rsa3072"]], self_test=lambda: False)
    action, _ = offered(SIGNED["8"], device)
    assert action.status == "error"
    assert not kept(device)


def test_counter_is_kept_where_the_power_was_cut_at_any_step():
    for steps in range(1, 40):
        server = FakeServer()
        device = FakeDevice(server, trusted_keys=[KEYS["rsa3072"]])
        chunks = [
            chunk([server.add(RELEASE)], metadata=[{"key": "signature", "value": SIGNED["8"]}])
        ]
        action = server.assign(chunks=chunks)
        was_cut = device.cut(steps)
        device.cycles(4)
        assert (action.status, kept(device)) == ("finished", {"os": 8}), steps
        if not was_cut:
            break


def test_counter_is_kept_where_the_power_was_cut_before_set_boot():
    server = FakeServer()
    device = FakeDevice(server, trusted_keys=[KEYS["rsa3072"]])
    metadata = [{"key": "signature", "value": SIGNED["8"]}]
    action = server.assign(chunks=[chunk([server.add(RELEASE)], metadata=metadata)])
    activate, device.slot.activate = device.slot.activate, lambda: True  # set_boot never came
    device.cycle()
    assert device.resets == 1 and device.record()["state"] == "activating"
    device.slot.activate = activate
    device.cycles(3)
    assert (action.status, kept(device)) == ("finished", {"os": 8})


def test_without_keys_nothing_is_checked_or_imported():
    server = FakeServer()
    device = FakeDevice(server)
    action, _ = offered(None, device)
    assert action.status == "finished" and kept(device) is None


def test_no_key_at_all_trusts_nobody():
    server = FakeServer()
    device = FakeDevice(server, trusted_keys=[])
    assert "no trusted key" in refusal(*offered(SIGNED["7"], device))


def test_wrong_key_installs_nothing_and_is_said():
    server = FakeServer()
    device = FakeDevice(server, trusted_keys=["words"])
    action, _ = offered(SIGNED["7"], device)
    assert action.status in ("running", "retrieved") and not server.seen("/artifacts/")
    errors = [str(info) for name, info in device.events if name == "error"]
    assert "2048 bits" in errors[-1]
    raises(ValueError, signature.modulus, "words")


def test_counters_of_a_wrong_type_are_dropped_alone():
    action, device = offered(SIGNED["7"])
    for wrong in ([], {"os": "7"}, {"os": None}, 7):
        record = json.loads(device.store.data)
        record["counters"] = wrong
        device.store.data = json.dumps(record).encode()
        device.reset()
        assert not device.updater._journal.record.get("counters")
