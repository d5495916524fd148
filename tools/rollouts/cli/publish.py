"""`rollouts publish`."""

import dataclasses
import re
import tempfile
from pathlib import Path

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from rollouts.api.modules import sha256_of
from rollouts.cli.command import argument, command, option, text
from rollouts.cli.exits import UsageError
from rollouts.cli.options import DryRun
from rollouts.cli.signing import Signing
from rollouts.release import bases
from rollouts.release.image import read_image
from rollouts.release.publish import SET_TYPE_OF, Release, find, publish

app = typer.Typer()

# hawkBit's limits; in the names also what it refuses as markup.
_MAX_CHARS = {"name": 128, "version": 64}


@dataclasses.dataclass
class Identity:
    """What the release is called, where the image does not say it or should not be asked."""

    name: text("Default: the image's project name.") = None
    version: text("Default: the image's version.") = None
    filename: text("What the device sees. Default: FILE's name.") = None
    description: text("For people.") = None
    type: option(str, "Module type: os = ESP32 image; application = any file for the app.") = "os"
    set_type: text("Default: the set type for that module type.") = None


@dataclasses.dataclass
class Deltas:
    """What goes beside the image, so that devices fetch less."""

    delta_from: option(
        list[str] | None,
        "A delta from that image or release, which devices run now; may be repeated.",
        metavar="FILE|NAME:VERSION",
    ) = None
    latest: option(
        int,
        "Deltas from the last N releases of that name on the server.",
        "--deltas",
        metavar="N",
        min=0,
        max=bases.MAX_DELTAS,
    ) = 0
    compress: option(
        bool, "The image compressed, for all other devices: about 30 % less.", "--compress"
    ) = False

    def made(self, run, release, folder):
        """Return the deltas asked for, as files in `folder`."""
        texts = dict.fromkeys(self.delta_from or [])
        found = [bases.from_text(run.hawkbit, release, text) for text in texts]
        if self.latest:
            found += bases.latest(run.hawkbit, release, self.latest, run.out.note)
        if self.compress:
            found.append(bases.Base("any image"))
        if found and release.module_type != "os":
            raise UsageError("deltas are made from ESP32 images only: --type os")
        return bases.make(release, found, folder, run.out.note)


@command(
    app,
    "publish",
    "rollouts publish firmware.app-bin",
    "rollouts publish ESP32_GENERIC.app-bin --name micropython --version 1.23.0",
    "rollouts publish firmware.app-bin --sign release-key.pem --counter 7",
    "rollouts publish firmware.app-bin --delta-from old.app-bin --deltas 3",
)
def publish_file(
    run,
    file: argument(Path, "FILE", "The .app-bin to publish."),
    identity: Identity,
    signing: Signing,
    deltas: Deltas,
    dry_run: DryRun,
):
    """Put FILE on the server, in a distribution set of its own.

    The set has one module, and that one artifact. The same name, version and content again
    changes nothing; a publication that was interrupted is completed; another content under
    the same version is refused.
    """
    chip, release = _release(run, file, identity)
    with tempfile.TemporaryDirectory() as folder:
        release = dataclasses.replace(
            release,
            signature=signing.value(run, release),
            deltas=deltas.made(run, release, folder),
        )
        if dry_run.is_dry:
            steps = find(run.hawkbit, release).missing(release)
            text = ", ".join(steps) or "nothing, it is there"
            dry_run.say(run, f"do for {release.label}: {text}", steps=steps)
            return
        found, steps = _published(run, release)
    _show(run, chip, release, found, steps)


def _show(run, chip, release, found, steps):
    verb = "published" if steps else "unchanged:"
    sizes = {one.provided_filename: one.size for one in found.deltas.values()}
    run.out.done(
        f"{verb} {release.label}: set {found.set.id}, module {found.module.id}, artifact "
        f"{found.artifact.id}, {found.artifact.size} bytes, sha256 {release.sha256}",
        {
            "distributionSet": found.set.id,
            "softwareModule": found.module.id,
            "artifact": found.artifact.id,
            "name": release.name,
            "version": release.version,
            "providedFilename": found.artifact.provided_filename,
            "size": found.artifact.size,
            "sha256": release.sha256,
            "chip": chip,
            "deltas": sizes,
            "steps": steps,
        },
    )
    if sizes and not run.out.as_json:
        _show_sizes(run, release, found)


def _show_sizes(run, release, found):
    """Print a table of the image and of all deltas beside it."""
    labels = {one.filename: one.base for one in release.deltas}
    run.out.rows(
        [found.artifact, *found.deltas.values()],
        {
            "FILE": lambda one: one.provided_filename,
            "BYTES": lambda one: one.size,
            "OF THE IMAGE": lambda one: f"{one.size / found.artifact.size:.1%}",
            "FROM": lambda one: labels.get(one.provided_filename),
        },
    )


def _release(run, file, identity):
    """Return (chip, Release) of a file: what the options say, else what the image says."""
    chip, name, version = None, None, None
    if identity.type == "os":
        image = read_image(file)
        chip, name, version = image.chip, image.name, image.version
    names = {"name": identity.name or name, "version": identity.version or version}
    missing = [f"--{key}" for key, value in names.items() if not value]
    if missing:
        reason = "the image has none (stock MicroPython has none)" if chip else "a file has none"
        raise UsageError(f"{' and '.join(missing)} needed: {reason}")
    for key, value in names.items():
        _check_text(key, value)
    set_type = identity.set_type or SET_TYPE_OF.get(identity.type)
    if not set_type:
        raise UsageError(f"--set-type needed: which set takes a module of type {identity.type}?")
    release = Release(
        file=file,
        filename=_filename(run, identity.filename or file.name),
        sha256=sha256_of(file),
        module_type=identity.type,
        set_type=set_type,
        description=identity.description or (f"application image for {chip}" if chip else None),
        **names,
    )
    return chip, release


def _check_text(key, value):
    if len(value) > _MAX_CHARS[key]:
        raise UsageError(f"the {key} has {len(value)} characters, hawkBit takes {_MAX_CHARS[key]}")
    if value != value.strip() or not value.isprintable() or re.search(r"<\S", value):
        raise UsageError(
            f"the {key} {value!r} is not usable: no blanks at the ends, control characters or <"
        )


def _filename(run, wanted):
    # hawkBit's own links cannot fetch a name with a blank, % or ; in it, and devices may use
    # the name on their filesystem.
    usable = re.sub(r"[^A-Za-z0-9._+-]", "_", wanted).lstrip(".-") or "firmware.bin"
    if usable != wanted:
        run.out.note(f"the artifact is called {usable}: devices cannot fetch {wanted!r}")
    return usable


def _published(run, release):
    if not run.out.shows_progress:
        return publish(run.hawkbit, release)
    columns = (TextColumn("upload"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=run.out.progress_console, transient=True) as progress:
        bar = progress.add_task("", total=release.file.stat().st_size)
        return publish(run.hawkbit, release, lambda count: progress.advance(bar, count))
