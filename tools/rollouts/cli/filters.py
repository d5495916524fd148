"""`rollouts filters`: stored queries, and the sets they assign by themselves."""

from typing import Literal

from rollouts.api.errors import ServerError
from rollouts.cli import columns
from rollouts.cli.command import argument, command, group, option, text
from rollouts.cli.exits import UsageError
from rollouts.cli.options import Consent, DryRun, Listing, Set, Weight
from rollouts.cli.output import counted
from rollouts.release.assign import check
from rollouts.release.selection import find_filter, find_set

app = group("Target filters: stored queries, which may assign sets.", lists=True)

Name = argument(str, "FILTER", "A filter: its name or its id.")
Query = argument(str, "RSQL", "E.g. 'attribute.hw==esp32'.")
Urgent = option(Literal["forced", "soft", "downloadonly"], "How urgent.")


@command(app, "list", "rollouts filters list")
def list_filters(run, listing: Listing):
    """List the target filters, and the sets they assign."""
    run.out.rows(run.hawkbit.filters.find(**listing.as_arguments()), columns.FILTERS)


@command(app, "create", "rollouts filters create lab 'name==lab*'")
def create(run, name: argument(str, "NAME"), query: Query, dry_run: DryRun):
    """Store a query under a name."""
    if dry_run.permits(run, f"make filter {name}: {_matches(run, query)}"):
        made = run.hawkbit.filters.create(name, query)
        run.out.done(f"made filter {made.id} {made.name}: {_matches(run, query)}", made)


@command(app, "update", "rollouts filters update lab --query 'name==lab*,name==desk*'")
def update(
    run,
    name: Name,
    dry_run: DryRun,
    new_name: text("Another name.", "--name") = None,
    query: text(metavar="RSQL") = None,
):
    """Change the name or the query of a filter."""
    if not (new_name or query):
        raise UsageError("nothing to change: give --name or --query")
    found = find_filter(run.hawkbit, name)
    if dry_run.permits(run, f"change filter {found.name}: {_matches(run, query or found.query)}"):
        changed = run.hawkbit.filters.update(found.id, new_name, query)
        said = f"filter {changed.id} {changed.name}: {_matches(run, changed.query)}"
        run.out.done(said, changed)


@command(app, "delete", "rollouts filters delete lab --yes")
def delete(run, name: Name, consent: Consent):
    """Delete a filter; what it assigned stays assigned."""
    found = find_filter(run.hawkbit, name)
    if consent.permits(run, f"delete filter {found.name}"):
        run.hawkbit.filters.delete(found.id)
        run.out.done(f"deleted filter {found.name}", found)


@command(app, "auto-assign", "rollouts filters auto-assign lab fw:2.0.0 --type soft")
def auto_assign(
    run, name: Name, set: Set, consent: Consent, type: Urgent = "forced", weight: Weight = None
):
    """Assign a set to all that match now and later. The server does it in its own time."""
    found, one_set = find_filter(run.hawkbit, name), find_set(run.hawkbit, set)
    check(one_set)
    what = f"assign {one_set.label} now and later: {_matches(run, found.query)}"
    if consent.permits(run, what):
        changed = run.hawkbit.filters.auto_assign(found.id, one_set.id, type, weight)
        run.out.done(f"filter {found.name} assigns {one_set.label}", changed)


@command(app, "stop", "rollouts filters stop lab")
def stop(run, name: Name, dry_run: DryRun):
    """Assign nothing any more; what it assigned stays assigned."""
    found = find_filter(run.hawkbit, name)
    if dry_run.permits(run, f"stop filter {found.name}"):
        run.hawkbit.filters.stop_auto_assign(found.id)
        run.out.done(f"filter {found.name} assigns nothing", found)


def _matches(run, query):
    try:
        found = run.hawkbit.targets.count(query)
        return f"{counted(found)} match{'es' if found == 1 else ''}"
    except ServerError:
        return "its targets could not be counted"
