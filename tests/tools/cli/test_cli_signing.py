"""keygen, publish --sign and verify: what is signed is what the board checks."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rollouts.api.models import NewSoftwareModule
from rollouts.release import signing

ROOT = Path(__file__).parents[3]
BOARD = """
import json, sys
from hawkbit import signature
from hawkbit.deployment import parse
deployment = parse(json.load(sys.stdin), "1")
keys = [signature.modulus(open(name).read()) for name in sys.argv[1:]]
print(json.dumps(signature.check(deployment.artifacts, keys, {"os": 7})))
"""


@pytest.fixture(scope="module")
def key_pairs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    for name in ("a.pem", "b.pem"):
        signing.generate(folder / name)
    return folder


@pytest.fixture
def keys(key_pairs, tmp_path, monkeypatch):
    """Two key pairs in the current folder: a.pem, b.pem and their a.pub.pem, b.pub.pem."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(key_pairs, tmp_path, dirs_exist_ok=True)
    return tmp_path


def by_the_board(deployment, *keys):
    """Return what lib/hawkbit says of a deploymentBase: counters, or its error."""
    path = f"{ROOT / 'lib'}:{ROOT / 'boards/unix/cpython'}"
    done = subprocess.run(
        [sys.executable, "-c", BOARD, *keys],
        input=json.dumps(deployment),
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    return done.stderr.splitlines()[-1] if done.returncode else json.loads(done.stdout)


def deployment(device):
    link = device.poll()["_links"]["deploymentBase"]["href"]
    return device.get(link)


def test_keygen_makes_a_pair_of_modes_600_and_644_once(cli, tmp_path):
    cli.ok("keygen")
    assert (tmp_path / "release-key.pem").stat().st_mode & 0o777 == 0o600
    before = (tmp_path / "release-key.pem").read_bytes()
    shown = subprocess.run(
        ["openssl", "rsa", "-pubin", "-in", "release-key.pub.pem", "-text", "-noout"],
        capture_output=True,
        text=True,
    ).stdout
    assert "(3072 bit)" in shown and "65537" in shown
    again = cli("keygen")
    assert again.code == 3 and "never overwritten" in again.err
    (tmp_path / "release-key.pem").rename("kept")
    assert cli("keygen").code == 3 and not (tmp_path / "release-key.pem").exists()
    assert (tmp_path / "kept").read_bytes() == before


def test_key_with_a_passphrase_wants_it(cli, image, tmp_path):
    assert cli("keygen", "--passphrase").code == 2  # nobody can be asked
    cli.environ["ROLLOUTS_KEY_PASSPHRASE"] = "correct horse"
    cli.ok("keygen", "--passphrase")
    assert "ENCRYPTED" in (tmp_path / "release-key.pem").read_text()
    cli.ok("publish", image, "--sign", "release-key.pem")
    cli.environ["ROLLOUTS_KEY_PASSPHRASE"] = "wrong"
    assert "wrong passphrase" in cli("publish", image, "--sign", "release-key.pem").err
    cli.environ["ROLLOUTS_KEY_PASSPHRASE"] = ""
    assert cli("publish", image, "--sign", "release-key.pem").code == 2


def test_signed_release_is_taken_by_the_board_and_by_verify(any_cli, image, keys, any_server):
    steps = any_cli.ok("publish", image, "--sign", "a.pem", "--counter", "7", "--json").json
    assert steps["steps"][-2:] == ["sign", "add module to set"]
    again = any_cli.ok("publish", image, "--sign", "a.pem", "--counter", "7", "--json").json
    assert again["steps"] == []
    assert any_cli.ok("verify", "fw:2.0.0", "--key", "b.pub.pem", "--key", "a.pub.pem").lines == [
        ["fw:2.0.0", "a.pub.pem", "7"]
    ]
    result = any_cli("verify", "fw:2.0.0", "--key", "b.pub.pem")
    assert result.code == 3 and "none of these keys" in result.err


def test_the_board_takes_what_was_signed_and_nothing_else(cli, image, keys, devices, hawkbit):
    device = devices("dev-1")
    cli.ok("publish", image, "--sign", "a.pem", "--counter", "7")
    cli.ok("assign", "fw:2.0.0", "dev-1")
    offer = deployment(device)
    assert by_the_board(offer, "b.pub.pem", "a.pub.pem") == {"os": 7}
    assert "no trusted key" in by_the_board(offer, "b.pub.pem")
    [chunk] = offer["deployment"]["chunks"]
    [artifact] = chunk["artifacts"]
    other = "0" * 64
    for where, key, value in (
        (chunk, "part", "bApp"),
        (chunk, "name", "fv"),
        (chunk, "version", "2.0.1"),
        (artifact, "size", 65537),
        (artifact, "filename", "other.bin"),
        (artifact["hashes"], "sha256", other),
        (chunk["metadata"][0], "value", chunk["metadata"][0]["value"].replace("7 ", "8 ", 1)),
    ):
        kept, where[key] = where[key], value
        assert "no trusted key" in by_the_board(offer, "a.pub.pem"), key
        where[key] = kept
    chunk["artifacts"].append({**artifact, "filename": "more.bin"})
    assert "no trusted key" in by_the_board(offer, "a.pub.pem")
    del chunk["metadata"]
    assert "not signed" in by_the_board(offer, "a.pub.pem")


def test_lower_counter_is_refused_and_the_same_release_signed_higher_is_not(
    cli, image, keys, devices
):
    device = devices("dev-1")
    cli.ok("publish", image, "--sign", "a.pem", "--counter", "6")
    cli.ok("assign", "fw:2.0.0", "dev-1")
    assert "downgrade" in by_the_board(deployment(device), "a.pub.pem")
    cli.ok("publish", image, "--sign", "a.pem", "--counter", "8")
    assert by_the_board(deployment(device), "a.pub.pem") == {"os": 8}


def test_command_that_signs_gets_a_digest_and_gives_a_signature(cli, image, keys):
    command = "openssl pkeyutl -sign -inkey a.pem -pkeyopt digest:sha256"
    cli.ok("publish", image, "--sign-with", command)
    cli.ok("verify", "fw:2.0.0", "--key", "a.pub.pem")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("false", "status 1"),
        ("cat", "printed 32 bytes"),
        ("no-such-command", "No such file"),
        ("'", "No closing quotation"),
        ("", "out of range"),
    ],
)
def test_command_that_does_not_sign_is_said_and_nothing_published(cli, image, command, words):
    result = cli("publish", image, "--sign-with", command or " ")
    assert result.code == 3 and words in result.err
    assert cli.ok("ds", "list").out == ""


def test_openssl_checks_by_hand_what_was_signed(cli, image, keys):
    cli.ok("publish", image, "--sign", "a.pem", "--counter", "7")
    cli.ok("verify", "fw:2.0.0", "--key", "a.pub.pem", "--save", "release")
    [text] = Path("release").glob("*.txt")
    command = ["openssl", "dgst", "-sha256", "-verify", "a.pub.pem", "-signature"]
    shown = subprocess.run([*command, text.with_suffix(".sig"), text], capture_output=True)
    assert shown.stdout == b"Verified OK\n"
    lines = text.read_text().splitlines()
    assert lines[0:2] == ["hawkbit release 1", "part os"] and len(lines) == 6


def test_unsigned_release_does_not_verify(any_cli, image, keys):
    any_cli.ok("publish", image)
    result = any_cli("verify", "fw:2.0.0", "--key", "a.pub.pem")
    assert result.code == 3 and "not signed" in result.err


def test_changed_release_does_not_verify(cli, image, keys, hawkbit):
    cli.ok("publish", image, "--sign", "a.pem")
    [module] = hawkbit.modules.find()
    (keys / "more.bin").write_bytes(b"more")
    hawkbit.modules.upload(module.id, keys / "more.bin", "more.bin")
    assert cli("verify", "fw:2.0.0", "--key", "a.pub.pem").code == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a private key"),
        (b"-----BEGIN", "not a private key"),
        ("a.pub.pem", "not a private key"),
        ("1024", "2048 bits"),
        ("ec", "RSA signatures only"),
    ],
)
def test_keys_that_no_board_takes_are_refused(cli, image, keys, content, words):
    if content in ("1024", "ec"):
        how = {"1024": ["RSA", "rsa_keygen_bits:1024"], "ec": ["EC", "ec_paramgen_curve:P-256"]}
        command = ["openssl", "genpkey", "-out", "bad.pem", "-algorithm", how[content][0]]
        subprocess.run([*command, "-pkeyopt", how[content][1]], check=True, capture_output=True)
    else:
        data = content if isinstance(content, bytes) else Path(content).read_bytes()
        Path("bad.pem").write_bytes(data)
    result = cli("publish", image, "--sign", "bad.pem")
    assert result.code == 3 and words in result.err
    assert cli.ok("ds", "list").out == ""


def test_module_with_several_artifacts_is_signed_as_one(keys):
    module = NewSoftwareModule(name="app", version="1", type="application")
    artifacts = [(2, "b" * 64, "b.bin"), (10, "a" * 64, "a.bin")]
    delta = (5, "c" * 64, "b.from-0123456789abcdef.delta")
    text = signing.signed_text(module, 0, artifacts)
    assert text.decode().splitlines()[1:] == [
        "part bApp",
        "name app",
        "version 1",
        "counter 0",
        "10 " + "a" * 64 + " a.bin",
        "2 " + "b" * 64 + " b.bin",
    ]
    assert signing.signed_text(module, 0, [delta, *reversed(artifacts)]) == text
