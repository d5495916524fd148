"""`rollouts filters`: stored queries, and the sets they assign by themselves."""

from typing import Literal

from rollouts.api.errors import RefusedError, ServerError
from rollouts.cli import columns
from rollouts.cli.command import argument, command, listing_group, option
from rollouts.cli.options import Listing, Set, Yes
from rollouts.cli.output import counted
from rollouts.release.selection import find_set

app = listing_group("Target filters: stored queries that may assign a set themselves.")

Name = argument(str, "FILTER", "A filter: its name or its id.")
Query = argument(str, "RSQL", "E.g. 'attribute.hw==esp32'.")


def find_filter(hawkbit, text):
    """Return the TargetFilter of that name or id. Raises RefusedError when there is none."""
    for one in hawkbit.filters.find():
        if text in (one.name, str(one.id)):
            return one
    raise RefusedError(f"no filter {text}: `rollouts filters` shows those there are")


@command(app, "list", example="rollouts filters list")
def list_filters(run, listing: Listing):
    """List the target filters, and the sets they assign."""
    run.out.rows(run.hawkbit.filters.find(**listing.as_arguments()), columns.FILTERS)


@command(app, "create", example="rollouts filters create lab 'name==lab*'")
def create(run, name: argument(str, "NAME"), query: Query):
    """Store a query under a name."""
    made = run.hawkbit.filters.create(name, query)
    run.out.done(f"made filter {made.id} {made.name}: {_matches(run, query)}", made)


@command(app, "update", example="rollouts filters update lab --query 'name==lab*,name==desk*'")
def update(
    run,
    name: Name,
    new_name: option(str | None, "Another name.", "--name") = None,
    query: option(str | None, metavar="RSQL") = None,
):
    """Change the name or the query of a filter."""
    found = find_filter(run.hawkbit, name)
    changed = run.hawkbit.filters.update(found.id, new_name, query)
    run.out.done(f"filter {changed.id} {changed.name}: {_matches(run, changed.query)}", changed)


@command(app, "delete", example="rollouts filters delete lab --yes")
def delete(run, name: Name, yes: Yes = False):
    """Delete a filter; what it assigned stays assigned."""
    found = find_filter(run.hawkbit, name)
    run.confirm(f"Delete filter {found.name}?", yes)
    run.hawkbit.filters.delete(found.id)
    run.out.done(f"deleted filter {found.name}", found)


@command(app, "auto-assign", example="rollouts filters auto-assign lab fw:2.0.0 --type soft")
def auto_assign(
    run,
    name: Name,
    set: Set,
    type: option(Literal["forced", "soft", "downloadonly"], "How urgent.") = "forced",
    weight: option(int | None, "Higher goes first.", min=0, max=1000) = None,
    yes: Yes = False,
):
    """Assign a set to all that match now and later. The server does it in its own time."""
    found, one_set = find_filter(run.hawkbit, name), find_set(run.hawkbit, set)
    run.confirm(f"Assign {one_set.label} now and later: {_matches(run, found.query)}?", yes)
    changed = run.hawkbit.filters.auto_assign(found.id, one_set.id, type, weight)
    run.out.done(f"filter {found.name} assigns {one_set.label}", changed)


@command(app, "stop", example="rollouts filters stop lab")
def stop(run, name: Name):
    """Assign nothing any more; what it assigned stays assigned."""
    found = find_filter(run.hawkbit, name)
    run.hawkbit.filters.stop_auto_assign(found.id)
    run.out.done(f"filter {found.name} assigns nothing", found)


def _matches(run, query):
    try:
        found = run.hawkbit.targets.count(query)
        return f"{counted(found)} match{'es' if found == 1 else ''}"
    except ServerError:
        return "its targets could not be counted"
