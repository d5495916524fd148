"""`rollouts ds meta`: a verb for each endpoint of a set's metadata."""

import typer

from rollouts.api.models import MetadataEntry
from rollouts.cli import columns
from rollouts.cli.command import argument, command
from rollouts.cli.exits import UsageError
from rollouts.cli.options import DryRun, Listing, Set, Yes
from rollouts.release.selection import find_set

app = typer.Typer()

Key = argument(str, "KEY")


@command(app, "list", example="rollouts ds meta list fw:2.0.0")
def list_entries(run, set: Set, listing: Listing):
    """List the metadata of a set. (hawkBit since 0.9 ignores --q and --sort here.)"""
    found = _of(run, set).find(**listing.as_arguments())
    run.out.rows(found, columns.METADATA)


@command(app, "get", example="rollouts ds meta get fw:2.0.0 git")
def get(run, set: Set, key: Key):
    """Print the value of one entry."""
    entry = _of(run, set).get(key)
    run.out.done(entry.value or "", entry)


@command(app, "set-new", example="rollouts ds meta set-new fw:2.0.0 git=4f2a1c by=jenkins")
def set_new(
    run,
    set: Set,
    entries: argument(list[str], "KEY=VALUE"),
    dry_run: DryRun = False,
):
    """Add entries. (Of a key that exists hawkBit since 0.9 replaces the value.)"""
    new = [_entry(text) for text in entries]
    metadata = _of(run, set)
    if not dry_run:
        metadata.create(new)
    _said(run, dry_run, "set", [entry.key for entry in new])


@command(app, "set", example="rollouts ds meta set fw:2.0.0 git 4f2a1c")
def set_value(
    run,
    set: Set,
    key: Key,
    value: argument(str, "VALUE"),
    dry_run: DryRun = False,
):
    """Change the value of one entry."""
    metadata = _of(run, set)
    if not dry_run:
        metadata.update(key, value)
    _said(run, dry_run, "set", [key])


@command(app, "delete", example="rollouts ds meta delete fw:2.0.0 git --yes")
def delete(run, set: Set, key: Key, yes: Yes = False, dry_run: DryRun = False):
    """Delete one entry."""
    metadata = _of(run, set)
    if not dry_run:
        run.confirm(f"Delete {key} of {set}?", yes)
        metadata.delete(key)
    _said(run, dry_run, "delete", [key])


def _of(run, set_text):
    return run.hawkbit.sets.metadata(find_set(run.hawkbit, set_text).id)


def _entry(text):
    key, equals, value = text.partition("=")
    if not (key and equals and value):
        # hawkBit answers 500 to either being empty.
        raise UsageError(f"{text!r} is not KEY=VALUE")
    return MetadataEntry(key=key, value=value)


def _said(run, dry_run, verb, keys):
    text = f"{'would ' if dry_run else ''}{verb} {', '.join(keys)}"
    run.out.done(text, {"dryRun": dry_run, "keys": keys})
