"""`rollouts modules`: software modules and their files."""

from pathlib import Path

from rollouts.api.errors import RefusedError
from rollouts.api.models import NewSoftwareModule
from rollouts.cli import columns
from rollouts.cli.command import argument, command, listing_group, option
from rollouts.cli.options import Listing, Module, Yes
from rollouts.release.selection import find_module

app = listing_group("Software modules, of which sets consist, and their files.")

Filename = argument(str, "FILENAME", "As `show` lists it.")


@command(app, "list", example="rollouts modules list --q 'name==fw*'")
def list_modules(run, listing: Listing):
    """List the software modules; deleted ones are not listed."""
    run.out.rows(run.hawkbit.modules.find(**listing.as_arguments()), columns.MODULES)


@command(app, "show", example="rollouts modules show fw:2.0.0")
def show(run, module: Module):
    """Show the files of a module, with their hashes."""
    one = find_module(run.hawkbit, module)
    run.out.rows(run.hawkbit.modules.artifacts(one.id), columns.ARTIFACTS)


@command(app, "create", example="rollouts modules create fw 2.0.0 --type os")
def create(
    run,
    name: argument(str, "NAME"),
    version: argument(str, "VERSION"),
    type: option(str, "Key of the module type.") = "os",
    vendor: option(str | None) = None,
    description: option(str | None, "For people.") = None,
):
    """Make a module without files. (`publish` makes module, set and upload in one.)"""
    new = NewSoftwareModule(
        name=name, version=version, type=type, vendor=vendor, description=description
    )
    [made] = run.hawkbit.modules.create([new])
    run.out.done(f"made module {made.id} {made.name}:{made.version}", made)


@command(app, "delete", example="rollouts modules delete 12 --yes")
def delete(run, module: Module, yes: Yes = False):
    """Delete a module; sets that were assigned keep it."""
    found = find_module(run.hawkbit, module)
    run.confirm(f"Delete module {found.name}:{found.version}?", yes)
    run.hawkbit.modules.delete(found.id)
    run.out.done(f"deleted module {found.id} {found.name}:{found.version}", found)


@command(app, "upload", example="rollouts modules upload 12 assets.tar")
def upload(
    run,
    module: Module,
    file: argument(Path, "FILE"),
    name: option(str | None, "Another file name there.") = None,
):
    """Add a file to a module."""
    one = find_module(run.hawkbit, module)
    made = run.hawkbit.modules.upload(one.id, file, name or file.name)
    run.out.done(f"uploaded {made.provided_filename}, {made.size} bytes", made)


@command(app, "download", example="rollouts modules download 12 fw.app-bin --to fw.app-bin")
def download(
    run,
    module: Module,
    filename: Filename,
    to: option(Path | None, "Where to.", metavar="FILE") = None,
):
    """Fetch a file of a module; its hash is checked."""
    one, artifact = _artifact(run.hawkbit, module, filename)
    target = to or Path(Path(filename).name)
    data = run.hawkbit.modules.download(one.id, artifact)
    with target.open("xb") as out:
        out.write(data)
    run.out.done(f"wrote {len(data)} bytes to {target}", artifact)


@command(app, "remove", example="rollouts modules remove 12 fw.app-bin --yes")
def remove(run, module: Module, filename: Filename, yes: Yes = False):
    """Delete a file of a module."""
    one, artifact = _artifact(run.hawkbit, module, filename)
    run.confirm(f"Delete {filename} of module {module}?", yes)
    run.hawkbit.modules.delete_artifact(one.id, artifact.id)
    run.out.done(f"deleted {filename}", artifact)


def _artifact(hawkbit, module, filename):
    one = find_module(hawkbit, module)
    for artifact in hawkbit.modules.artifacts(one.id):
        if artifact.provided_filename == filename:
            return one, artifact
    raise RefusedError(f"module {module} has no file {filename}")
