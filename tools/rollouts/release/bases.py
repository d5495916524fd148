"""The images that devices run now, and the deltas from them that go beside a release."""

from dataclasses import dataclass
from pathlib import Path

from rollouts.api import rsql
from rollouts.api.errors import RefusedError
from rollouts.release import delta
from rollouts.release.image import parse_image
from rollouts.release.selection import find_set

# A device reads the descriptions of all artifacts into its RAM at once.
MAX_DELTAS = 4


@dataclass(frozen=True)
class Base:
    """`image` up to its appended sha256; None: no base at all. `label`: where it came from."""

    label: str
    image: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class Delta:
    """One that is to be uploaded; `base`: the label."""

    file: Path
    filename: str
    base: str


def from_text(hawkbit, release, text):
    """Return the Base meant by FILE or NAME:VERSION. Raises RefusedError."""
    if Path(text).exists():
        return _base(release, text, Path(text).read_bytes())
    if ":" not in text:
        raise RefusedError(f"{text}: no such file, and no release NAME:VERSION")
    return _of_set(hawkbit, release, find_set(hawkbit, text))


def latest(hawkbit, release, count, on_unusable):
    """Return the Bases of the last `count` other releases of the same name, newest first.

    on_unusable(text): told of each that cannot be one, and when there is none at all.
    """
    found: list = []
    for one in hawkbit.sets.find(rsql.matching("name", release.name), sort="id:DESC"):
        is_other = one.name == release.name and one.version != release.version
        if len(found) < count and is_other and one.valid and one.complete:
            try:
                found.append(_of_set(hawkbit, release, one))
            except RefusedError as error:
                on_unusable(f"no delta from {one.label}: {error}")
    if not found:
        on_unusable(
            f"no delta: the server has no earlier release of {release.name} to make it from"
        )
    return found


def _of_set(hawkbit, release, one):
    for module in one.modules:
        artifacts = hawkbit.modules.artifacts(module.id) if module.type == "os" else []
        images = [each for each in artifacts if not delta.is_name(each.provided_filename)]
        if len(images) == 1:
            return _base(release, one.label, hawkbit.modules.download(module.id, images[0]))
    raise RefusedError(f"{one.label} has no application image on the server")


def _base(release, label, data):
    new = release.file.read_bytes()
    image = parse_image(label, data)
    if image.chip != parse_image(release.file, new).chip:
        raise RefusedError(f"{label} is for another chip: {image.chip}")
    if image.end is None:
        raise RefusedError(f"{label} has no sha256 appended, by which a device would prove it")
    base = data[: image.end]
    if new.startswith(base):
        raise RefusedError(f"{label} is the image that is to be published")
    delta.base_id(base)
    return Base(label, base)


def make(release, bases, folder, on_large):
    """Return the Deltas of a release from `bases`, as files in `folder`.

    One that is larger than half of the image is left out: on_large(text).
    """
    image = release.file.read_bytes()
    deltas = {}
    for base in bases:
        made = delta.encode(image, base.image)
        # Without a base 70 % are all that there is to have.
        if len(made) > len(image) // (2 if base.image else 1):
            share = f"{len(made) / len(image):.0%}"
            on_large(f"no delta from {base.label}: it would have {share} of the image")
            continue
        filename = delta.name_of(release.filename, base.image)
        file = Path(folder, filename)
        file.write_bytes(made)
        deltas[filename] = Delta(file=file, filename=filename, base=base.label)
    return tuple(deltas.values())
