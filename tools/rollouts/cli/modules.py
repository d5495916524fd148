"""`rollouts modules`: software modules and their files."""

from pathlib import Path

from rollouts.api.errors import RefusedError
from rollouts.api.models import NewSoftwareModule
from rollouts.cli import columns
from rollouts.cli.command import argument, command, group, option, text
from rollouts.cli.options import Consent, DryRun, Listing, Module
from rollouts.release.selection import find_module

app = group("Software modules, of which sets consist, and their files.", lists=True)

Filename = argument(str, "FILENAME", "As `show` lists it.")


@command(app, "list", "rollouts modules list --q 'name==fw*'")
def list_modules(run, listing: Listing):
    """List the software modules; deleted ones are not listed."""
    run.out.rows(run.hawkbit.modules.find(**listing.as_arguments()), columns.MODULES)


@command(app, "show", "rollouts modules show fw:2.0.0")
def show(run, module: Module):
    """Show the files of a module, with their hashes."""
    one = find_module(run.hawkbit, module)
    run.out.rows(run.hawkbit.modules.artifacts(one.id), columns.ARTIFACTS)


@command(app, "create", "rollouts modules create fw 2.0.0 --type os")
def create(
    run,
    name: argument(str, "NAME"),
    version: argument(str, "VERSION"),
    dry_run: DryRun,
    type: option(str, "Key of the module type.") = "os",
    vendor: text() = None,
    description: text("For people.") = None,
):
    """Make a module without files. (`publish` makes module, set and upload in one.)"""
    texts = {"type": type, "vendor": vendor, "description": description}
    new = NewSoftwareModule(name=name, version=version, **texts)
    if dry_run.permits(run, f"make module {name}:{version}"):
        [made] = run.hawkbit.modules.create([new])
        run.out.done(f"made module {made.id} {made.label}", made)


@command(app, "delete", "rollouts modules delete 12 --yes")
def delete(run, module: Module, consent: Consent):
    """Delete a module; sets that were assigned keep it."""
    found = find_module(run.hawkbit, module)
    if consent.permits(run, f"delete module {found.label}"):
        run.hawkbit.modules.delete(found.id)
        run.out.done(f"deleted module {found.id} {found.label}", found)


@command(app, "upload", "rollouts modules upload 12 assets.tar")
def upload(
    run,
    module: Module,
    file: argument(Path, "FILE"),
    dry_run: DryRun,
    name: text("Another file name there.") = None,
):
    """Add a file to a module."""
    one, size = find_module(run.hawkbit, module), file.stat().st_size
    if dry_run.permits(run, f"upload {name or file.name}, {size} bytes, to {one.label}"):
        made = run.hawkbit.modules.upload(one.id, file, name or file.name)
        run.out.done(f"uploaded {made.provided_filename}, {made.size} bytes", made)


@command(app, "download", "rollouts modules download 12 fw.app-bin --to fw.app-bin")
def download(
    run,
    module: Module,
    filename: Filename,
    to: option(Path | None, "Where to.", metavar="FILE") = None,
):
    """Fetch a file of a module; its hash is checked."""
    one, artifact = _artifact(run.hawkbit, module, filename)
    target = to or Path(Path(filename).name)
    if target.exists():
        raise RefusedError(f"{target} exists: --to names another")
    data = run.hawkbit.modules.download(one.id, artifact)
    with target.open("xb") as out:
        out.write(data)
    run.out.done(f"wrote {len(data)} bytes to {target}", artifact)


@command(app, "remove", "rollouts modules remove 12 fw.app-bin --yes")
def remove(run, module: Module, filename: Filename, consent: Consent):
    """Delete a file of a module."""
    one, artifact = _artifact(run.hawkbit, module, filename)
    if consent.permits(run, f"delete {filename} of module {one.label}"):
        run.hawkbit.modules.delete_artifact(one.id, artifact.id)
        run.out.done(f"deleted {filename}", artifact)


def _artifact(hawkbit, module, filename):
    one = find_module(hawkbit, module)
    for artifact in hawkbit.modules.artifacts(one.id):
        if artifact.provided_filename == filename:
            return one, artifact
    raise RefusedError(f"module {module} has no file {filename}")
