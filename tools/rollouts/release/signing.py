"""Signed releases: what is signed of a module, who signs it, and whether a server's is right.

The form is that of the board, lib/hawkbit/signature.py; ../README.md shows it to a person.
"""

import base64
import binascii
import hashlib
import os
import shlex
import subprocess
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from rollouts import parts
from rollouts.api.errors import RefusedError
from rollouts.api.models import MetadataEntry
from rollouts.release import delta

METADATA = "signature"
KEY_BITS = 3072
_SCHEME = (padding.PKCS1v15(), hashes.SHA256())


def signed_text(module, counter, artifacts):
    """Return the bytes that are signed of a module: anything with type, name and version.

    `artifacts`: (size, sha256, file name) of each.
    """
    # Not deltas: what one makes is compared with the signed sha256.
    lines = sorted(
        f"{size} {sha256} {name}" for size, sha256, name in artifacts if not delta.is_name(name)
    )
    head = ["hawkbit release 1", f"part {parts.part(module.type)}", f"name {module.name}"]
    head += [f"version {module.version}", f"counter {counter}"]
    return "".join(line + "\n" for line in [*head, *lines]).encode()


def generate(path, passphrase=None):
    """Write a new private key to `path`, mode 600, and its public key beside; return that path."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    how: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        how = serialization.BestAvailableEncryption(passphrase.encode())
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, how)
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    public_path = path.with_suffix(".pub.pem")
    for file in (path, public_path):
        if file.exists():
            raise RefusedError(f"{file} exists: a key is never overwritten")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(private)
    public_path.write_bytes(public)
    return public_path


def private_key(path, passphrase=None):
    """Return the RSA key in a PEM file. Raises RefusedError; TypeError: it wants a passphrase."""
    try:
        secret = passphrase and passphrase.encode()
        key = serialization.load_pem_private_key(Path(path).read_bytes(), secret)
    except ValueError as error:
        raise RefusedError(f"{path}: not a private key in PEM, or a wrong passphrase") from error
    return _checked(key, rsa.RSAPrivateKey, path)


def public_key(path):
    """Return the RSA public key in a PEM file. Raises RefusedError."""
    try:
        key = serialization.load_pem_public_key(Path(path).read_bytes())
    except ValueError as error:
        raise RefusedError(f"{path}: not a public key in PEM") from error
    return _checked(key, rsa.RSAPublicKey, path)


def _checked(key, kind, path):
    if not isinstance(key, kind):
        raise RefusedError(f"{path}: boards check RSA signatures only: make one with keygen")
    public = key.public_key() if kind is rsa.RSAPrivateKey else key
    if key.key_size < 2048 or key.key_size % 8 or public.public_numbers().e != 65537:
        raise RefusedError(f"{path}: boards take keys of 2048 bits or more, exponent 65537")
    return key


def sign_with_key(text, key):
    return key.sign(text, *_SCHEME)


def sign_with_command(text, command):
    """Return what `command` makes of the sha256 of `text`: 32 bytes in, the signature out."""
    digest = hashlib.sha256(text).digest()
    try:
        done = subprocess.run(shlex.split(command), input=digest, capture_output=True, check=True)
    except (OSError, ValueError, IndexError) as error:
        raise RefusedError(f"--sign-with: {error}") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip()
        raise RefusedError(f"--sign-with ended with status {error.returncode}: {said}") from error
    if not 256 <= len(done.stdout) <= 1024:
        raise RefusedError(
            f"--sign-with printed {len(done.stdout)} bytes: the signature of an RSA key of 2048 "
            "bits or more was expected, raw (not base64)"
        )
    return done.stdout


def metadata_value(counter, signature):
    return f"{counter} {base64.b64encode(signature).decode()}"


def stored(hawkbit, module):
    """Return the metadata_value() of a module that devices see, or None."""
    for entry in hawkbit.modules.metadata(module.id).find():
        if entry.key == METADATA and entry.target_visible:
            return entry.value
    return None


def store(hawkbit, module, value):
    """Store a metadata_value() where devices see it."""
    metadata = hawkbit.modules.metadata(module.id)
    if METADATA in [entry.key for entry in metadata.find()]:
        metadata.update(METADATA, value, target_visible=True)
    else:
        metadata.create([MetadataEntry(key=METADATA, value=value, target_visible=True)])


def offered(hawkbit, module):
    """Return (text, signature bytes, counter) of a module as the server has it now.

    Raises RefusedError when it is not signed.
    """
    counter, _, signature = (stored(hawkbit, module) or "").partition(" ")
    if not signature:
        raise RefusedError(f"{module.name}:{module.version} is not signed: publish it with --sign")
    artifacts = [
        (one.size, one.hashes.sha256, one.provided_filename)
        for one in hawkbit.modules.artifacts(module.id)
    ]
    try:
        signature = base64.b64decode(signature, validate=True)
    except binascii.Error:
        signature = b""  # no key made this
    return signed_text(module, counter, artifacts), signature, counter


def signer(text, signature, keys):
    """Return which of `keys`, a dict name -> public key, made the signature, or None."""
    for name, key in keys.items():
        try:
            key.verify(signature, text, *_SCHEME)
            return name
        except InvalidSignature:
            pass
    return None
