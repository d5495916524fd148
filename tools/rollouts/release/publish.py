"""Publish one file as one release: a distribution set with one module with one artifact.

Deltas to that artifact may lie beside it.

The set comes first, without the module, and gets it last: until the artifact is complete
the set is incomplete, and hawkBit assigns no incomplete set. So a publication that was
interrupted is harmless, and the next one completes it.
"""

from dataclasses import dataclass, field
from pathlib import Path

from rollouts.api.errors import RefusedError, ServerError
from rollouts.api.models import (
    Artifact,
    DistributionSet,
    NewDistributionSet,
    NewSoftwareModule,
    SoftwareModule,
)
from rollouts.release import delta, signing
from rollouts.release.bases import MAX_DELTAS, Delta
from rollouts.release.selection import called

CREATE_SET = "create distribution set"
CREATE_MODULE = "create software module"
UPLOAD = "upload artifact"
SIGN = "sign"
UPLOAD_DELTA = "upload "
ADD_MODULE = "add module to set"

# The types a fresh tenant has: the set type that takes exactly this module.
SET_TYPE_OF = {"os": "os", "application": "app"}


@dataclass(frozen=True, kw_only=True)
class Release:
    """What is to be on the server. `filename` is what the device sees."""

    name: str
    version: str
    file: Path
    filename: str
    sha256: str
    module_type: str = "os"
    set_type: str = "os"
    description: str | None = None
    signature: str | None = None  # signing.metadata_value()
    deltas: tuple[Delta, ...] = ()

    @property
    def type(self):
        return self.module_type

    @property
    def label(self):
        return f"{self.name}:{self.version}"


@dataclass
class Found:
    """What is on the server of one release; None where it is missing."""

    set: DistributionSet | None = None
    module: SoftwareModule | None = None
    artifact: Artifact | None = None
    is_signed: bool = True
    deltas: dict[str, Artifact] = field(default_factory=dict)  # by file name

    def missing(self, release):
        """Return the steps that are left, in their order."""
        linked = self.set and self.module and self.module.id in [m.id for m in self.set.modules]
        steps = {
            CREATE_SET: self.set,
            CREATE_MODULE: self.module,
            UPLOAD: self.artifact,
            **{UPLOAD_DELTA + one.filename: one.filename in self.deltas for one in release.deltas},
            SIGN: self.is_signed,
            ADD_MODULE: linked,
        }
        return [step for step, there in steps.items() if not there]


def find(hawkbit, release):
    """Return what is there already. Raises RefusedError when it is not this release."""
    if not release.file.stat().st_size:
        raise RefusedError(f"{release.file} is empty")
    sets = called(hawkbit.sets, release.name, release.version)
    modules = called(hawkbit.modules, release.name, release.version)
    modules = [module for module in modules if module.type == release.module_type]
    found = Found(next(iter(sets), None), next(iter(modules), None))
    if found.module:
        _find_artifacts(hawkbit, release, found)
        if found.module.locked:
            _check_locked(release, found)
    count = len({one.filename for one in release.deltas}.union(found.deltas))
    if count > MAX_DELTAS:
        raise RefusedError(
            f"{release.label} would have {count} deltas, and {MAX_DELTAS} are the most: a device "
            "reads about all of them in its RAM"
        )
    if found.set:
        _check_set(release, found)
    if release.signature:
        found.is_signed = bool(found.module) and (
            signing.stored(hawkbit, found.module) == release.signature
        )
    return found


def publish(hawkbit, release, on_bytes=None):
    """Do what `find` says is missing. Returns (Found, steps done).

    Raises RefusedError when the server holds name and version for something else, or the
    set would lack a module; whatever is refused, what this call created is removed again.
    """
    found = find(hawkbit, release)
    steps = found.missing(release)
    try:
        _carry_out(hawkbit, release, found, steps, on_bytes)
    except (RefusedError, ServerError) as error:
        if isinstance(error, RefusedError) or error.is_about_input:
            _undo(hawkbit, found, steps)
        raise
    return found, steps


def _carry_out(hawkbit, release, found, steps, on_bytes):
    _create(hawkbit, release, found, steps)
    if UPLOAD in steps:
        found.artifact = hawkbit.modules.upload(
            found.module.id, release.file, release.filename, release.sha256, on_bytes
        )
    for one in release.deltas:
        if UPLOAD_DELTA + one.filename in steps:
            uploaded = hawkbit.modules.upload(found.module.id, one.file, one.filename)
            found.deltas[one.filename] = uploaded
    if SIGN in steps:
        signing.store(hawkbit, found.module, release.signature)
    if ADD_MODULE in steps:
        hawkbit.sets.add_modules(found.set.id, [found.module.id])
    found.set = hawkbit.sets.get(found.set.id)
    if not found.set.complete:
        raise RefusedError(
            f"a set of type {found.set.type} needs more modules than {release.label}: make them "
            "with `rollouts modules` and the set with `rollouts ds create --module`"
        )


def _find_artifacts(hawkbit, release, found):
    for one in hawkbit.modules.artifacts(found.module.id):
        if delta.is_name(one.provided_filename):
            # Of the same image, of the same base: whichever encoder made it, it will do.
            found.deltas[one.provided_filename] = one
        elif one.hashes.sha256 == release.sha256:
            found.artifact = one
        else:
            raise RefusedError(
                f"{release.label} is published already with another content (sha256 "
                f"{one.hashes.sha256}, this file has {release.sha256}): publish a new version"
            )


def _check_locked(release, found):
    lacks = [one.filename for one in release.deltas if one.filename not in found.deltas]
    if found.artifact is None or lacks:
        what = lacks[0] if found.artifact else "artifact"
        raise RefusedError(
            f"the module {release.label} is locked and has no {what}: publish a new version"
        )


def _check_set(release, found):
    one = found.set
    if one.type not in (None, release.set_type):
        raise RefusedError(
            f"the set {release.label} exists with type {one.type}, not {release.set_type}"
        )
    if not one.valid:
        raise RefusedError(f"the set {release.label} was invalidated: publish a new version")
    others = [module for module in one.modules if module.type == release.module_type]
    if found.module and found.module.id in [module.id for module in others]:
        return
    if others:
        raise RefusedError(
            f"the set {release.label} has another {release.module_type} module already: "
            f"{others[0].name}:{others[0].version}"
        )
    if one.locked:
        raise RefusedError(
            f"the set {release.label} is locked and lacks the module: publish a new version"
        )


def _create(hawkbit, release, found, steps):
    """Create set and module: both are only names, and the server may refuse either."""
    text = {"name": release.name, "version": release.version, "description": release.description}
    if CREATE_SET in steps:
        new_set = NewDistributionSet(type=release.set_type, **text)
        found.set = _created(hawkbit.sets, new_set, "distribution set")
    if CREATE_MODULE in steps:
        new_module = NewSoftwareModule(type=release.module_type, **text)
        found.module = _created(hawkbit.modules, new_module, "software module")


def _created(group, new, what):
    try:
        [one] = group.create([new])
        return one
    except ServerError as error:
        if error.status != 409:
            raise
        # It was not in the list a moment ago: deleted ones are not, but keep their name.
        raise RefusedError(
            f"{new.name}:{new.version} is taken by a deleted {what} (or one just made by "
            f"somebody else): publish a new version\n{error}"
        ) from error


def _undo(hawkbit, found, steps):
    # The set first: of a module that is in a set hawkBit would keep the name.
    if CREATE_SET in steps and found.set:
        hawkbit.sets.delete(found.set.id)
    if CREATE_MODULE in steps and found.module:
        hawkbit.modules.delete(found.module.id)
