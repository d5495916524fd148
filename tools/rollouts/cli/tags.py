"""`rollouts tags`: names on targets, to be listed and assigned by."""

from rollouts.api.errors import RefusedError
from rollouts.api.models import NewTag
from rollouts.cli import columns
from rollouts.cli.command import argument, command, listing_group, option
from rollouts.cli.options import Listing, Selection, Yes
from rollouts.cli.output import counted

app = listing_group("Tags of targets; `--tag` of `targets` and `assign` means them.")

Name = argument(str, "TAG", "The name of a tag.")


def find_tag(hawkbit, name):
    """Return the Tag. Raises RefusedError when there is none."""
    found = hawkbit.tags.named(name)
    if found is None:
        raise RefusedError(f"no tag {name}: `rollouts tags` shows those there are")
    return found


@command(app, "list", example="rollouts tags list")
def list_tags(run, listing: Listing):
    """List the tags of targets."""
    run.out.rows(run.hawkbit.tags.find(**listing.as_arguments()), columns.TAGS)


@command(app, "create", example="rollouts tags create lab --description 'on my desk'")
def create(
    run,
    name: Name,
    description: option(str | None, "For people.") = None,
    colour: option(str | None, "E.g. #c00.") = None,
):
    """Make a tag."""
    made = run.hawkbit.tags.create(NewTag(name=name, description=description, colour=colour))
    run.out.done(f"made tag {made.name}", made)


@command(app, "delete", example="rollouts tags delete lab --yes")
def delete(run, name: Name, yes: Yes = False):
    """Delete a tag; the targets stay."""
    found = find_tag(run.hawkbit, name)
    run.confirm(f"Delete tag {name}?", yes)
    run.hawkbit.tags.delete(found.id)
    run.out.done(f"deleted tag {name}", found)


@command(app, "targets", example="rollouts tags targets lab")
def targets(run, name: Name):
    """List the targets that have a tag."""
    found = find_tag(run.hawkbit, name)
    run.out.rows(run.hawkbit.tags.targets(found.id), columns.TARGETS)


@command(app, "assign", example="rollouts tags assign lab kitchen-1 'desk-*'")
def assign(run, name: Name, which: Selection):
    """Put a tag on targets."""
    _change(run, name, which, run.hawkbit.tags.assign, "on")


@command(app, "unassign", example="rollouts tags unassign lab kitchen-1")
def unassign(run, name: Name, which: Selection):
    """Take a tag off targets."""
    _change(run, name, which, run.hawkbit.tags.unassign, "off")


def _change(run, name, which, change, word):
    found = find_tag(run.hawkbit, name)
    targets = [target.controller_id for target in which.resolve(run.hawkbit)]
    change(found.id, targets)
    run.out.done(f"tag {name} {word} {counted(len(targets))}", {"tag": name, "targets": targets})
