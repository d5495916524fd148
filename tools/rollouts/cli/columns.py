"""How things look in a table: column title -> what stands in it."""

import datetime
from operator import attrgetter


def _named(*names):
    """Columns that are called as what stands in them."""
    return {name.upper(): attrgetter(name) for name in names}


SETS = {
    **_named("id", "name", "version", "type"),
    "STATE": lambda one: state_of_set(one),
    "MODULES": lambda one: [f"{module.name}:{module.version}" for module in one.modules],
}

MODULES = _named("id", "name", "version", "type", "vendor")

TARGETS = {
    "TARGET": lambda one: one.controller_id,
    "NAME": lambda one: one.name,
    "STATUS": lambda one: one.update_status,
    "LAST POLL": lambda one: time_of(one.last_controller_request_at_ms),
    "ADDRESS": lambda one: one.ip_address or one.address,
}

FILTERS = {
    **_named("id", "name", "query"),
    "SET": lambda one: one.auto_assign_distribution_set,
    "TYPE": lambda one: one.auto_assign_action_type,
    "WEIGHT": lambda one: one.auto_assign_weight,
}

ROLLOUTS = {
    **_named("id", "name", "status"),
    "SET": lambda one: one.distribution_set_id,
    "FILTER": lambda one: one.target_filter_query,
    "GROUPS": lambda one: one.total_groups,
    "TARGETS": lambda one: progress_of(one),
}

ROLLOUT_GROUPS = {
    "GROUP": lambda one: one.name,
    "STATUS": lambda one: one.status,
    "TARGETS": lambda one: progress_of(one),
}

PLAN = {"GROUP": lambda one: one["group"], "TARGETS": lambda one: one["targets"]}

TAGS = {
    "ID": lambda one: one.id,
    "TAG": lambda one: one.name,
    "COLOUR": lambda one: one.colour,
    "DESCRIPTION": lambda one: one.description,
}

ARTIFACTS = {
    "ID": lambda one: one.id,
    "FILE": lambda one: one.provided_filename,
    "BYTES": lambda one: one.size,
    "SHA256": lambda one: one.hashes.sha256,
}

ACTIONS = {
    "ACTION": lambda one: one.id,
    "TARGET": lambda one: one.controller_id,
    "SET": lambda one: one.distribution_set,
    "TYPE": lambda one: one.force_type,
    "STATUS": lambda one: one.status,
    "OPEN": lambda one: one.active,
    "SINCE": lambda one: time_of(one.created_at_ms),
}

METADATA = _named("key", "value")

ASSIGNED = {
    "ACTION": lambda one: one.action,
    "TARGET": lambda one: one.controller_id,
    "STATE": lambda one: state_of_assignment(one),
}

PROGRESS = {
    "TARGET": lambda one: one.controller_id,
    "ACTION": lambda one: one.action,
    "SET": lambda one: one.distribution_set,
    "STATUS": lambda one: one.status,
    "TARGET IS": lambda one: one.update_status,
    "MESSAGE": lambda one: one.message,
}


def state_of_set(one):
    """Return the words that matter before an assignment, worst first."""
    words = [
        (one.deleted, "deleted"),
        (not one.valid, "invalidated"),
        (not one.complete, "incomplete"),
        (one.locked, "locked"),
    ]
    return [word for holds, word in words if holds] or "ready"


def state_of_assignment(one):
    if one.is_busy:
        return "not recorded: an update is open"
    return "assigned" if one.is_new else "had it already"


def window_of(action):
    """Return the maintenance window of an action in words, None without one."""
    window = action.maintenance_window
    return window and f"{window.schedule} for {window.duration} at {window.timezone}"


def time_of(milliseconds):
    """Return local time to the second, None for None."""
    if milliseconds is None:
        return None
    moment = datetime.datetime.fromtimestamp(milliseconds / 1000)
    return moment.isoformat(sep=" ", timespec="seconds")


def fields(columns, one):
    """Return one row of a table as {title: value}, for `Output.record`."""
    return {title.lower(): get(one) for title, get in columns.items()}


def progress_of(one):
    """Return how far the targets of a rollout or a group are, in words."""
    totals = one.total_targets_per_status or {}
    parts = [f"{count} {word}" for word, count in sorted(totals.items()) if count]
    return f"{one.total_targets}: " + ", ".join(parts) if parts else str(one.total_targets)
