"""`rollouts ds`: a verb for each endpoint of distribution sets, and of their metadata."""

import dataclasses
from typing import Literal

from rollouts.api.models import DistributionSetUpdate, MetadataEntry, NewDistributionSet, Reference
from rollouts.cli import columns
from rollouts.cli.actions import assign_set
from rollouts.cli.command import argument, command, group, option, text
from rollouts.cli.exits import UsageError
from rollouts.cli.options import Consent, DryRun, Listing, Module, Set
from rollouts.release.selection import find_module, find_set

app = group("Distribution sets: a verb for each endpoint of hawkBit's API.")
meta = group("Metadata of a distribution set.")
app.add_typer(meta, name="meta")

Cancelation = option(
    Literal["force", "soft", "none"], "What happens to its running actions; none: nothing."
)
CancelRollouts = option(bool, "Servers before 0.10: stop its rollouts.", "--cancel-rollouts")
Step = option(bool, "Must run before later sets.", "--migration-step")
StepOrNot = option(bool | None, None, "--migration-step/--no-migration-step")
Modules = argument(list[str], "MODULE", "Software modules: ids, or NAME:VERSION.")
Key = argument(str, "KEY")
Entries = argument(list[str], "KEY=VALUE")
ModuleOptions = option(
    list[str] | None, "Its id, or NAME:VERSION; may be repeated.", "--module", metavar="MODULE"
)


@dataclasses.dataclass
class Describing:
    """What can be said about a set when it is made."""

    type: text("Key of the set type. Default: the tenant's.") = None
    description: text("For people.") = None
    required_migration_step: Step = False
    modules: ModuleOptions = None


@dataclasses.dataclass
class Changes:
    """What can be changed on a set."""

    name: text() = None
    version: text() = None
    description: text() = None
    required_migration_step: StepOrNot = None


@command(app, "list", "rollouts ds list --q 'name==fw*' --sort version:DESC")
def list_sets(run, listing: Listing):
    """List the distribution sets; deleted ones are not listed."""
    run.out.rows(run.hawkbit.sets.find(**listing.as_arguments()), columns.SETS)


@command(app, "show", "rollouts ds show fw:2.0.0")
def show(run, set: Set):
    """Show one distribution set."""
    one = find_set(run.hawkbit, set)
    fields = columns.fields(columns.SETS, one) | {
        "description": one.description,
        "migration step": one.required_migration_step,
        "created": f"{columns.time_of(one.created_at_ms)} by {one.created_by}",
    }
    run.out.record(one, fields)


@command(app, "create", "rollouts ds create fw 2.0.0 --type os --module fw:2.0.0")
def create(
    run,
    name: argument(str, "NAME"),
    version: argument(str, "VERSION"),
    what: Describing,
    dry_run: DryRun,
):
    """Create a distribution set. (`publish` does this and the rest in one go.)"""
    modules = [Reference(id=number) for number in _ids(run, what.modules or ())]
    members = vars(what) | {"modules": modules}
    new = NewDistributionSet(name=name, version=version, **members)
    if dry_run.permits(run, f"create {name}:{version}"):
        [one] = run.hawkbit.sets.create([new])
        run.out.done(f"created {one.label}: set {one.id}", one)


@command(app, "update", "rollouts ds update fw:2.0.0 --description 'fixes the clock'")
def update(run, set: Set, changes: Changes, dry_run: DryRun):
    """Change a distribution set. One that was assigned is locked, but for its texts."""
    values = DistributionSetUpdate(**vars(changes))
    if values == DistributionSetUpdate():
        raise UsageError("nothing to change: give --name, --version, --description or so")
    one = find_set(run.hawkbit, set)
    if dry_run.permits(run, f"update {one.label}"):
        one = run.hawkbit.sets.update(one.id, values)
        run.out.done(f"updated {one.label}: set {one.id}", one)


@command(app, "delete", "rollouts ds delete fw:2.0.0 --yes")
def delete(run, set: Set, consent: Consent):
    """Delete a distribution set. Of one that was ever assigned, the name stays taken."""
    one = find_set(run.hawkbit, set)
    if consent.permits(run, f"delete {one.label}"):
        run.hawkbit.sets.delete(one.id)
        run.out.done(f"deleted {one.label}")


@command(app, "invalidate", "rollouts ds invalidate fw:2.0.0 --actions soft --yes")
def invalidate(
    run,
    set: Set,
    consent: Consent,
    actions: Cancelation = "none",
    cancel_rollouts: CancelRollouts = False,
):
    """Make a set unassignable, for ever."""
    one = find_set(run.hawkbit, set)
    if consent.permits(run, f"invalidate {one.label} for ever, actions: {actions}"):
        run.hawkbit.sets.invalidate(one.id, actions, cancel_rollouts or None)
        run.out.done(f"invalidated {one.label}")


def _offer_list(name, method, table, what):
    """Offer a command that lists what `method` of the API finds for a set."""

    @command(app, name, f"rollouts ds {name} fw:2.0.0", help=what)
    def listed(run, set: Set, listing: Listing):
        one = find_set(run.hawkbit, set)
        found = getattr(run.hawkbit.sets, method)(one.id, **listing.as_arguments())
        run.out.rows(found, table)


_MODULES = "List the software modules of a set. (hawkBit 1.0 ignores --q here.)"
_offer_list("modules", "modules", columns.MODULES, _MODULES)


@command(app, "add-module", "rollouts ds add-module fw:2.0.0 12 13")
def add_module(run, set: Set, modules: Modules, dry_run: DryRun):
    """Add modules to a set. One of type os replaces the one that was there."""
    one = find_set(run.hawkbit, set)
    ids, named = _ids(run, modules), ", ".join(modules)
    if dry_run.permits(run, f"add {named} to {one.label}"):
        run.hawkbit.sets.add_modules(one.id, ids)
        run.out.done(f"added {named} to {one.label}")


@command(app, "remove-module", "rollouts ds remove-module fw:2.0.0 assets:1")
def remove_module(run, set: Set, module: Module, dry_run: DryRun):
    """Take a module out of a set; the module itself stays."""
    one, [number] = find_set(run.hawkbit, set), _ids(run, [module])
    if dry_run.permits(run, f"remove {module} from {one.label}"):
        run.hawkbit.sets.remove_module(one.id, number)
        run.out.done(f"removed {module} from {one.label}")


_ASSIGNED = "List the targets a set is assigned to."
_INSTALLED = "List the targets a set is installed on."
_FILTERS = "List the target filters that assign a set by themselves."
_offer_list("assigned", "assigned_targets", columns.TARGETS, _ASSIGNED)
_offer_list("installed", "installed_targets", columns.TARGETS, _INSTALLED)
_offer_list("filters", "auto_assign_target_filters", columns.FILTERS, _FILTERS)

_ASSIGN = "The same as `rollouts assign`."
command(app, "assign", "rollouts ds assign fw:2.0.0 kitchen-1 --offline", help=_ASSIGN)(assign_set)


@command(meta, "list", "rollouts ds meta list fw:2.0.0")
def list_metadata(run, set: Set, listing: Listing):
    """List the metadata of a set. (hawkBit since 0.9 ignores --q and --sort here.)"""
    found = _metadata_of(run, set).find(**listing.as_arguments())
    run.out.rows(found, columns.METADATA)


@command(meta, "get", "rollouts ds meta get fw:2.0.0 git")
def get_value(run, set: Set, key: Key):
    """Print the value of one entry."""
    entry = _metadata_of(run, set).get(key)
    run.out.done(entry.value or "", entry)


@command(meta, "set-new", "rollouts ds meta set-new fw:2.0.0 git=4f2a1c by=jenkins")
def set_new_values(run, set: Set, entries: Entries, dry_run: DryRun):
    """Add entries. (Of a key that exists hawkBit since 0.9 replaces the value.)"""
    new = [_entry(text) for text in entries]
    keys = [entry.key for entry in new]
    _change_metadata(run, set, dry_run, "set", keys, lambda metadata: metadata.create(new))


@command(meta, "set", "rollouts ds meta set fw:2.0.0 git 4f2a1c")
def set_value(run, set: Set, key: Key, value: argument(str, "VALUE"), dry_run: DryRun):
    """Change the value of one entry."""
    _change_metadata(run, set, dry_run, "set", [key], lambda metadata: metadata.update(key, value))


@command(meta, "delete", "rollouts ds meta delete fw:2.0.0 git --yes")
def delete_value(run, set: Set, key: Key, consent: Consent):
    """Delete one entry."""
    _change_metadata(run, set, consent, "delete", [key], lambda metadata: metadata.delete(key))


def _metadata_of(run, set_text):
    return run.hawkbit.sets.metadata(find_set(run.hawkbit, set_text).id)


def _entry(text):
    key, equals, value = text.partition("=")
    if not (key and equals and value):
        # hawkBit answers 500 to either being empty.
        raise UsageError(f"{text!r} is not KEY=VALUE")
    return MetadataEntry(key=key, value=value)


def _change_metadata(run, set, consent, verb, keys, change):
    metadata = _metadata_of(run, set)
    named = f"{verb} {', '.join(keys)}"
    if consent.permits(run, f"{named} of {set}", keys=keys):
        change(metadata)
        run.out.done(named, {"dryRun": False, "keys": keys})


def _ids(run, modules):
    return [find_module(run.hawkbit, module).id for module in modules]
