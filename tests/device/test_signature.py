"""Signed releases: which keys and signatures are taken, what is signed, older releases.

signatures.jsonl comes from tests/signature_vectors.py; that its right ones are right and its
wrong ones wrong is checked by `cryptography` and openssl in tests/tools/test_signing.py.
"""

import binascii
import json

from hawkbit import signature
from hawkbit.deployment import Artifact
from hawkbit.errors import UpdateError
from runner import Skip, raises

DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

_FILE = __file__.replace("\\", "/").rpartition("/")[0] + "/signatures.jsonl"


def vectors(kind):
    """Yield the rest of each line that begins with `kind`: name, bytes, and what follows."""
    with open(_FILE) as lines:
        for line in lines:
            if line.startswith('["%s",' % kind):
                row = json.loads(line)
                yield [row[1], binascii.unhexlify(row[2])] + row[3:]


KEYS = {name: signature.modulus(der) for name, der in vectors("key")}


def artifact(part="os", name="firmware", version="2.0.0", filename="a.bin", size=1, **metadata):
    return Artifact(part, name, version, metadata, filename, size, "sha256", DIGEST, "http://x")


def refused(artifacts, counters=None):
    return str(raises(UpdateError, signature.check, artifacts, [KEYS["rsa3072"]], counters or {}))


def checked(artifacts, counters=None):
    """signature.check() where "right" is the only right signature."""
    real, signature.is_signed = signature.is_signed, lambda data, s, moduli: s == b"right"
    try:
        return signature.check(artifacts, [], counters or {})
    finally:
        signature.is_signed = real


RIGHT = binascii.b2a_base64(b"right").decode().strip()


# Keys


def test_every_form_of_a_key_gives_the_same_modulus():
    key = KEYS["rsa3072"]
    for name, form in vectors("form"):
        assert signature.modulus(form) == key, name
        if b"-----" in form:
            assert signature.modulus(form.decode()) == key, name
    assert signature.modulus(key) == signature.modulus(memoryview(key)) == key


def test_wrong_keys_are_refused_with_words():
    for name, wrong in vectors("wrong key"):
        try:
            signature.modulus(wrong)
        except ValueError as e:
            assert "2048" in str(e) or "PEM" in name, (name, e)
        else:
            raise AssertionError(name)


# Signatures


def test_right_signatures_are_taken_by_any_of_the_keys():
    for name, s, used, data in vectors("right"):
        assert signature.is_signed(data.encode(), s, [KEYS[used]]), name
        assert signature.is_signed(data.encode(), s, list(KEYS.values())), name
        others = [key for key in KEYS.values() if key != KEYS[used]]
        assert not signature.is_signed(data.encode(), s, others), name
        assert not signature.is_signed(data.encode(), s, []), name


def test_wrong_signatures_are_refused():
    keys = [KEYS["rsa3072"], KEYS["rsa4096"]]
    count = 0
    for name, s, _, data in vectors("wrong"):
        assert not signature.is_signed(data.encode(), s, keys), name
        count += 1
    assert count > 30


# What is signed


def test_text_is_sorted_and_each_line_ends():
    two = [artifact(filename="b é.bin"), artifact(filename="a.bin", size=12)]
    expected = "hawkbit release 1\npart os\nname firmware\nversion 2.0.0\ncounter 7\n"
    expected += "1 %s b é.bin\n12 %s a.bin\n" % (DIGEST, DIGEST)
    assert signature.text(two, "7") == expected.encode()
    assert signature.text(list(reversed(two)), "7") == expected.encode()


def test_line_ends_cannot_make_another_text():
    for field in ("part", "name", "version", "filename"):
        text = refused([artifact(**{field: "1\ncounter 9", "signature": "7 AAAA"})])
        assert "line end" in text, field


# Deployments


def test_deployment_without_a_signature_is_refused():
    for metadata in ({}, {"signature": ""}, {"signature": "7"}, {"signature": "7 "}):
        assert refused([artifact(**metadata)]) == "firmware 2.0.0 is not signed"


def test_rubbish_as_signature_is_refused():
    for value in ("x AAAA", "-1 AAAA", " AAAA", "7 AAAA", "7 " + "A" * 4000):
        assert "no trusted key" in refused([artifact(signature=value)]), value


def test_signature_that_is_not_base64_is_refused():
    if getattr(binascii, "__file__", "").startswith("binascii"):
        raise Skip("binascii of micropython-lib raises Exception")
    for value in ("7 =", "7 A", "7 AAA", "7 \xe9", "7 7 7", "7  "):
        assert "no trusted key" in refused([artifact(signature=value)]), value


def test_every_module_needs_one_and_one_does_for_all_its_artifacts():
    good = artifact(signature="7 " + RIGHT)
    more = artifact(filename="b.bin", signature="7 " + RIGHT)
    app = artifact(part="bApp", name="app", signature="3 " + RIGHT)
    assert checked([good, more, app]) == {"os": 7, "bApp": 3}
    unsigned = artifact(part="bApp", name="app")
    assert str(raises(UpdateError, checked, [good, unsigned])) == "app 2.0.0 is not signed"


def test_older_release_is_refused_and_the_same_one_is_not():
    for counter in (7, 8, 12):
        found = checked([artifact(signature="%d %s" % (counter, RIGHT))], {"os": 7, "bApp": 99})
        assert found == {"os": counter}
    for counter in (0, 6):
        old = artifact(signature="%d %s" % (counter, RIGHT))
        text = str(raises(UpdateError, checked, [old], {"os": 7}))
        assert text == (
            "downgrade: firmware 2.0.0 has release counter %d, installed is 7" % counter
        )


def test_of_two_modules_of_a_part_the_lower_counter_counts():
    one = artifact(part="bApp", name="one", signature="7 " + RIGHT)
    two = artifact(part="bApp", name="two", signature="5 " + RIGHT)
    for artifacts in ([one, two], [two, one]):
        assert checked(artifacts, {"bApp": 5}) == {"bApp": 5}
        raises(UpdateError, checked, artifacts, {"bApp": 6})
