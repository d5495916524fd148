"""`rollouts keygen` and `rollouts verify`, and the options of `publish` that sign."""

import dataclasses
import os
import sys
from pathlib import Path

import typer

from rollouts.api.errors import RefusedError
from rollouts.cli import columns
from rollouts.cli.command import argument, command, option, text
from rollouts.cli.exits import UsageError
from rollouts.cli.options import Set
from rollouts.release import signing
from rollouts.release.selection import find_set

app = typer.Typer()

PASSPHRASE = "ROLLOUTS_KEY_PASSPHRASE"

PublicKeys = option(list[Path], "A trusted public key; repeatable.", "--key", metavar="PUB")
Folder = option(Path | None, "Write text and signature of each module there.", metavar="FOLDER")


@dataclasses.dataclass
class Signing:
    """Who signs the release, and with which counter."""

    sign: option(Path | None, "Sign with this private key.", metavar="KEY") = None
    sign_with: text(
        "Sign with a token or KMS: CMD reads a sha256 of 32 bytes, writes the signature.",
        metavar="CMD",
    ) = None
    counter: option(int, "Boards refuse a lower one than they have.", min=0) = 0

    def value(self, run, release):
        """Return the metadata of a signed release, or None when nobody is to sign."""
        if self.sign and self.sign_with:
            raise UsageError("--sign or --sign-with, not both")
        if not (self.sign or self.sign_with):
            return None
        artifact = (release.file.stat().st_size, release.sha256, release.filename)
        text = signing.signed_text(release, self.counter, [artifact])
        if self.sign:
            signature = signing.sign_with_key(text, _private_key(run, self.sign))
        else:
            signature = signing.sign_with_command(text, self.sign_with)
        return signing.metadata_value(self.counter, signature)


def _private_key(run, path):
    passphrase = os.environ.get(PASSPHRASE)
    try:
        key = signing.private_key(path, None)
    except TypeError:
        return signing.private_key(path, passphrase or _asked(confirm=False))
    if path.stat().st_mode & 0o077:
        run.out.note(f"warning: {path} can be read by others: chmod 600 {path}")
    return key


def _asked(confirm):
    if not sys.stdin.isatty():
        raise UsageError(f"a passphrase is needed, and nobody can be asked here: set {PASSPHRASE}")
    return typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)


@command(app, "keygen", "rollouts keygen", "rollouts keygen keys/2027.pem --passphrase")
def keygen(
    run,
    file: argument(Path, "FILE", "Where the private key goes.") = Path("release-key.pem"),
    passphrase: option(bool, f"Encrypt it; asks, or takes {PASSPHRASE}.", "--passphrase") = False,
):
    """Make a key pair that signs releases: RSA with 3072 bits."""
    secret = (os.environ.get(PASSPHRASE) or _asked(confirm=True)) if passphrase else None
    public = signing.generate(file, secret)
    run.out.done(
        f"wrote {file} (mode 600: keep it secret, and a copy of it in a safe place) and {public} "
        "(for trusted_keys of the boards, and for rollouts verify)",
        {"private": str(file), "public": str(public)},
    )


@command(app, "verify", "rollouts verify firmware:2.0.0 --key release-key.pub.pem")
def verify(run, one_set: Set, key: PublicKeys, save: Folder = None):
    """Check that a trusted key signed what the server lists. Names, sizes, hashes, counter."""
    keys = {str(path): signing.public_key(path) for path in key}
    found = find_set(run.hawkbit, one_set)
    results = [_verified(run.hawkbit, module, keys, save) for module in found.modules]
    if not results:
        raise RefusedError(f"{found.label} has no modules: nothing is signed")
    run.out.rows(results, columns.VERIFIED)


def _verified(hawkbit, module, keys, folder):
    text, signature, counter = signing.offered(hawkbit, module)
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{module.id}.txt").write_bytes(text)
        (folder / f"{module.id}.sig").write_bytes(signature)
    name = signing.signer(text, signature, keys)
    if name is None:
        raise RefusedError(f"{module.label}: none of these keys signed what the server offers")
    return {"module": module.label, "key": name, "counter": counter}
