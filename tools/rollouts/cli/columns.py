"""How things look in a table: column title -> what stands in it."""

import datetime


def table(same="", **columns):
    """Return {title: function(item)}. `same`: members whose names are the titles, in capitals.

    `columns`: a function or the name of a member, by title with a blank as _.
    """
    known = {name.upper(): name for name in same.split()} | columns
    return {
        title.replace("_", " "): get if callable(get) else _member(get)
        for title, get in known.items()
    }


def _member(name):
    return lambda one: one[name] if isinstance(one, dict) else getattr(one, name)


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


SETS = table(
    "id name version type",
    STATE=state_of_set,
    MODULES=lambda one: [module.label for module in one.modules],
)
MODULES = table("id name version type vendor")
TARGETS = table(
    TARGET="controller_id",
    NAME="name",
    STATUS="update_status",
    LAST_POLL=lambda one: time_of(one.last_controller_request_at_ms),
    ADDRESS=lambda one: one.ip_address or one.address,
)
FILTERS = table(
    "id name query",
    SET="auto_assign_distribution_set",
    TYPE="auto_assign_action_type",
    WEIGHT="auto_assign_weight",
)
ROLLOUTS = table(
    "id name status",
    SET="distribution_set_id",
    FILTER="target_filter_query",
    GROUPS="total_groups",
    TARGETS=progress_of,
)
ROLLOUT_GROUPS = table(GROUP="name", STATUS="status", TARGETS=progress_of)
PLAN = table("group targets")
TAGS = table(ID="id", TAG="name", COLOUR="colour", DESCRIPTION="description")
ARTIFACTS = table(
    ID="id", FILE="provided_filename", BYTES="size", SHA256=lambda one: one.hashes.sha256
)
ACTIONS = table(
    ACTION="id",
    TARGET="controller_id",
    SET="distribution_set",
    TYPE="force_type",
    STATUS="status",
    OPEN="active",
    SINCE=lambda one: time_of(one.created_at_ms),
)
METADATA = table("key value")
ASSIGNED = table("action", TARGET="controller_id", STATE=state_of_assignment)
CANCELED = table("action", TARGET="controllerId", STATE="state")
PROGRESS = table(
    TARGET="controller_id",
    ACTION="action",
    SET="distribution_set",
    STATUS="status",
    TARGET_IS="update_status",
    MESSAGE="message",
)
VERIFIED = table("module key counter")
