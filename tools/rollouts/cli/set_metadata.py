"""`rollouts ds meta`: a verb for each endpoint of a set's metadata."""

import typer

from rollouts.api.models import MetadataEntry
from rollouts.cli import columns
from rollouts.cli.command import argument, command
from rollouts.cli.exits import UsageError
from rollouts.cli.options import Consent, DryRun, Listing, Set
from rollouts.release.selection import find_set

app = typer.Typer()

Key = argument(str, "KEY")
Entries = argument(list[str], "KEY=VALUE")


@command(app, "list", "rollouts ds meta list fw:2.0.0")
def list_entries(run, set: Set, listing: Listing):
    """List the metadata of a set. (hawkBit since 0.9 ignores --q and --sort here.)"""
    found = _of(run, set).find(**listing.as_arguments())
    run.out.rows(found, columns.METADATA)


@command(app, "get", "rollouts ds meta get fw:2.0.0 git")
def get(run, set: Set, key: Key):
    """Print the value of one entry."""
    entry = _of(run, set).get(key)
    run.out.done(entry.value or "", entry)


@command(app, "set-new", "rollouts ds meta set-new fw:2.0.0 git=4f2a1c by=jenkins")
def set_new(run, set: Set, entries: Entries, dry_run: DryRun):
    """Add entries. (Of a key that exists hawkBit since 0.9 replaces the value.)"""
    new = [_entry(text) for text in entries]
    keys = [entry.key for entry in new]
    _change(run, set, dry_run, "set", keys, lambda metadata: metadata.create(new))


@command(app, "set", "rollouts ds meta set fw:2.0.0 git 4f2a1c")
def set_value(run, set: Set, key: Key, value: argument(str, "VALUE"), dry_run: DryRun):
    """Change the value of one entry."""
    _change(run, set, dry_run, "set", [key], lambda metadata: metadata.update(key, value))


@command(app, "delete", "rollouts ds meta delete fw:2.0.0 git --yes")
def delete(run, set: Set, key: Key, consent: Consent):
    """Delete one entry."""
    _change(run, set, consent, "delete", [key], lambda metadata: metadata.delete(key))


def _of(run, set_text):
    return run.hawkbit.sets.metadata(find_set(run.hawkbit, set_text).id)


def _entry(text):
    key, equals, value = text.partition("=")
    if not (key and equals and value):
        # hawkBit answers 500 to either being empty.
        raise UsageError(f"{text!r} is not KEY=VALUE")
    return MetadataEntry(key=key, value=value)


def _change(run, set, consent, verb, keys, change):
    metadata = _of(run, set)
    named = f"{verb} {', '.join(keys)}"
    if consent.permits(run, f"{named} of {set}", keys=keys):
        change(metadata)
        run.out.done(named, {"dryRun": False, "keys": keys})
