"""Uploads: hashes, names, locks, and that a large file is never held in memory."""

import hashlib
import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

SHA256 = hashlib.sha256(b"data").hexdigest()


def test_hashes_are_computed_and_checked(operator):
    module_id = operator.module()
    answer = operator.upload(module_id, "a.bin", b"data", sha256sum=SHA256.upper())
    assert answer.status_code == 201
    assert answer.json()["hashes"]["sha256"] == SHA256
    assert answer.json()["size"] == 4


@pytest.mark.parametrize("kind", ["md5", "sha1", "sha256"])
def test_wrong_hash_is_refused_and_leaves_nothing(operator, hawkbit, kind):
    module_id = operator.module()
    answer = operator.upload(module_id, "a.bin", b"data", **{f"{kind}sum": "0" * 32})
    assert answer.status_code == 400
    code = f"hawkbit.server.error.artifact.uploadFailed.checksum.{kind}.match"
    assert answer.json()["errorCode"] == code
    assert operator.read(f"/softwaremodules/{module_id}/artifacts") == []


def test_hash_and_name_may_come_as_form_fields(operator):
    module_id = operator.module()
    answer = operator.post(
        f"/softwaremodules/{module_id}/artifacts",
        data={"filename": "other.bin", "sha256sum": SHA256},
        files={"file": ("a.bin", b"data")},
    )
    assert answer.json()["providedFilename"] == "other.bin"


def test_same_name_is_a_conflict_and_same_bytes_are_not(operator):
    module_id = operator.module(a_bin=b"data")
    assert operator.upload(module_id, "a.bin", b"other").status_code == 409
    assert operator.upload(module_id, "b.bin", b"data").status_code == 201


def test_bytes_stay_until_the_last_artifact_with_them_is_deleted(operator):
    module_id = operator.module(a_bin=b"data", b_bin=b"data")
    first, second = operator.read(f"/softwaremodules/{module_id}/artifacts")
    assert operator.delete(f"/softwaremodules/{module_id}/artifacts/{first['id']}").is_success
    left = operator.get(f"/softwaremodules/{module_id}/artifacts/{second['id']}/download")
    assert left.content == b"data"


@pytest.mark.parametrize("filename", ["a/b.bin", "..", "/etc/passwd", "C:\\x"])
def test_names_are_kept_and_never_used_as_paths(operator, filename):
    module_id = operator.module()
    answer = operator.upload(module_id, filename, b"x")
    assert answer.status_code == 201
    href = answer.json()["_links"]["download"]["href"]
    assert operator.get(href).content == b"x"


BAD = {
    "empty file": ({"file": ("a.bin", b"")}, 400),
    "no part named file": ({"other": ("a.bin", b"x")}, 400),
    "markup in the name": ({"file": ("<b>.bin", b"x")}, 400),
    "name too long": ({"file": ("n" * 257, b"x")}, 400),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_upload_is_refused(operator, case):
    files, status = BAD[case]
    answer = operator.post(f"/softwaremodules/{operator.module()}/artifacts", files=files)
    assert answer.status_code == status


def test_what_is_not_multipart_is_refused(operator):
    module_id = operator.module()
    path = f"/softwaremodules/{module_id}/artifacts"
    assert operator.post(path, json={}).status_code == 415
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert operator.post(path, content=b"no multipart", headers=broken).status_code == 400


def test_locked_module_takes_no_file(operator):
    operator.device()
    module_id = operator.module()
    operator.assign("dev-1", operator.set_of(module_id))
    answer = operator.upload(module_id, "a.bin", b"x")
    assert answer.status_code == 423
    assert answer.json()["errorCode"] == "hawkbit.server.error.locked"


def test_upload_that_breaks_off_leaves_nothing(operator, hawkbit):
    module_id = operator.module()
    host, port = hawkbit.url.removeprefix("http://").split(":")
    request = operator.build_request(
        "POST", f"/softwaremodules/{module_id}/artifacts", files={"file": ("a.bin", b"x" * 5000)}
    )
    login = next(operator.auth.auth_flow(request)).headers["authorization"]
    head = (
        f"POST {request.url.raw_path.decode()} HTTP/1.1\r\n"
        f"Host: localhost\r\nAuthorization: {login}\r\n"
        f"Content-Type: {request.headers['content-type']}\r\nContent-Length: 6000\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), 5) as sock:
        sock.sendall(head.encode() + request.read()[:3000])
    assert operator.read(f"/softwaremodules/{module_id}/artifacts") == []


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_256_megabytes_need_no_120_megabytes_of_memory(tmp_path):
    size = 256 << 20
    server = subprocess.Popen(
        [sys.executable, "-m", "rollouts.serve", "--port", "0", "--db", tmp_path / "hawkbit.db"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        ready = json.loads(server.stdout.readline())
        with httpx.Client(base_url=ready["url"] + "/rest/v1", auth=("admin", "admin")) as client:
            body = [{"name": "fw", "version": "1", "type": "os"}]
            module_id = client.post("/softwaremodules", json=body).json()[0]["id"]
            big = tmp_path / "big.bin"
            with big.open("wb") as file:
                file.truncate(size)
            with big.open("rb") as file:
                path = f"/softwaremodules/{module_id}/artifacts"
                answer = client.post(path, files={"file": file}, timeout=120)
        assert answer.json()["size"] == size
        status = Path(f"/proc/{server.pid}/status").read_text()
    finally:
        server.terminate()
        server.wait()
    assert int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) < 120 * 1024
