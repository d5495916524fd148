"""tests/device/signatures.jsonl is right about what is right: two others judge it."""

import json
import subprocess

import pytest
import signature_vectors
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_der_public_key

ROWS = [json.loads(line) for line in signature_vectors.FILE.read_text().splitlines()]
KEYS = {name: bytes.fromhex(der) for kind, name, der, *_ in ROWS if kind == "key"}
SIGNATURES = [row for row in ROWS if row[0] in ("right", "wrong")]


@pytest.mark.parametrize("row", SIGNATURES, ids=lambda row: row[1])
def test_cryptography_and_openssl_judge_as_the_board_must(row, tmp_path):
    verdict, name, signature, used, text = row
    signature, key = bytes.fromhex(signature), KEYS[used]
    try:
        load_der_public_key(key).verify(
            signature, text.encode(), signature_vectors.PKCS1, signature_vectors.SHA256
        )
        by_cryptography = "right"
    except InvalidSignature:
        by_cryptography = "wrong"
    (tmp_path / "key").write_bytes(key)
    (tmp_path / "signature").write_bytes(signature)
    command = "openssl dgst -sha256 -verify key -keyform DER -signature signature"
    done = subprocess.run(command.split(), cwd=tmp_path, input=text.encode(), capture_output=True)
    assert by_cryptography == verdict
    if name != "a zero behind":  # `openssl dgst` reads no more of the file than the key is long
        assert (done.returncode == 0) == (verdict == "right")
