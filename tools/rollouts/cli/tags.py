"""`rollouts tags`: names on targets, to be listed and assigned by."""

from rollouts.api.models import NewTag
from rollouts.cli import columns
from rollouts.cli.command import argument, command, group, text
from rollouts.cli.options import Consent, DryRun, Listing, Selection
from rollouts.cli.output import counted
from rollouts.release.selection import find_tag

app = group("Tags of targets; `--tag` of `targets` and `assign` means them.", lists=True)

Name = argument(str, "TAG", "The name of a tag.")


@command(app, "list", "rollouts tags list")
def list_tags(run, listing: Listing):
    """List the tags of targets."""
    run.out.rows(run.hawkbit.tags.find(**listing.as_arguments()), columns.TAGS)


@command(app, "create", "rollouts tags create lab --description 'on my desk'")
def create(
    run,
    name: Name,
    dry_run: DryRun,
    description: text("For people.") = None,
    colour: text("E.g. #c00.") = None,
):
    """Make a tag."""
    if dry_run.permits(run, f"make tag {name}"):
        made = run.hawkbit.tags.create(NewTag(name=name, description=description, colour=colour))
        run.out.done(f"made tag {made.name}", made)


@command(app, "delete", "rollouts tags delete lab --yes")
def delete(run, name: Name, consent: Consent):
    """Delete a tag; the targets stay."""
    found = find_tag(run.hawkbit, name)
    if consent.permits(run, f"delete tag {name}"):
        run.hawkbit.tags.delete(found.id)
        run.out.done(f"deleted tag {name}", found)


@command(app, "targets", "rollouts tags targets lab")
def targets(run, name: Name):
    """List the targets that have a tag."""
    found = find_tag(run.hawkbit, name)
    run.out.rows(run.hawkbit.tags.targets(found.id), columns.TARGETS)


@command(app, "assign", "rollouts tags assign lab kitchen-1 'desk-*'")
def assign(run, name: Name, which: Selection, dry_run: DryRun):
    """Put a tag on targets."""
    _change(run, name, which, dry_run, "on")


@command(app, "unassign", "rollouts tags unassign lab kitchen-1")
def unassign(run, name: Name, which: Selection, dry_run: DryRun):
    """Take a tag off targets."""
    _change(run, name, which, dry_run, "off")


def _change(run, name, which, dry_run, word):
    found = find_tag(run.hawkbit, name)
    targets = [target.controller_id for target in which.resolve(run.hawkbit)]
    change = run.hawkbit.tags.assign if word == "on" else run.hawkbit.tags.unassign
    verb = "put" if word == "on" else "take"
    if dry_run.permits(run, f"{verb} tag {name} {word} {counted(len(targets))}", targets=targets):
        change(found.id, targets)
        said = f"tag {name} {word} {counted(len(targets))}"
        run.out.done(said, {"tag": name, "targets": targets})
