"""`rollouts rollout`: a set to a fleet, group by group."""

import dataclasses
import re
import time

import typer

from rollouts.api.rollouts import GroupAction, NewGroup, NewRollout, Threshold
from rollouts.cli import columns
from rollouts.cli.command import argument, command, option
from rollouts.cli.exits import UsageError
from rollouts.cli.options import DryRun, Listing, Set, Urgency, Yes, moment_ms
from rollouts.cli.output import counted
from rollouts.release import rollout as staged
from rollouts.release.selection import find_set

app = typer.Typer()

Name = argument(str, "ROLLOUT", "A rollout: its name or its id.")
Start = option(bool, "Start it at once.", "--start")
Remark = option(str | None, "Why, for the others.", "--remark")
_GROUP = re.compile(r"(?P<name>[^=:]+)=(?P<percent>\d+(\.\d+)?)%?(:(?P<query>.+))?")


@dataclasses.dataclass
class Stages:
    """In which groups, and when the next one starts."""

    groups: option(int | None, "So many of the same size.", min=1, max=500) = None
    group: option(
        list[str] | None,
        "A group of that share, e.g. canary=5; may be repeated.",
        metavar="NAME=PERCENT[:RSQL]",
    ) = None
    success: option(int, "Percent done: the next group starts.", min=0, max=100) = 50
    error: option(int, "More percent failed: it pauses.", min=0, max=100) = 50
    ask_each: option(bool, "Pause after each group for a `resume`.", "--pause-between") = False
    dynamic: option(bool, "Go on with targets that match later.", "--dynamic") = False

    def as_groups(self):
        if self.group and self.groups is not None:
            raise UsageError("either --groups or --group, not both")
        if self.group and self.dynamic:
            raise UsageError("--dynamic goes with --groups only")
        return [_group(text) for text in self.group or ()] or staged.equal_groups(self.groups or 1)

    def members(self):
        """Return the members of a NewRollout that say this."""
        listed = {"groups": self.as_groups()} if self.group else {}
        return {
            **(listed or {"amount_groups": self.groups or 1}),
            "success_condition": Threshold(expression=str(self.success)),
            "success_action": GroupAction(action="PAUSE" if self.ask_each else "NEXTGROUP"),
            "error_condition": Threshold(expression=str(self.error)),
            "error_action": GroupAction(action="PAUSE"),
            "dynamic": self.dynamic or None,
        }


def _group(text):
    found = _GROUP.fullmatch(text)
    if not found:
        raise UsageError(f"{text!r} is no group such as canary=5 or lab=100:name==lab*")
    percent = float(found["percent"])
    if not 1 <= percent <= 100:
        raise UsageError(f"{text!r}: a group has 1 to 100 percent")
    return NewGroup(
        name=found["name"], target_percentage=percent, target_filter_query=found["query"]
    )


@dataclasses.dataclass
class Terms(Urgency):
    """When it starts, and how its assignments are carried out."""

    start_at: option(str | None, "Start it then.", metavar="TIME") = None
    description: option(str | None, "For people.") = None

    def members(self):
        start_at_ms = self.start_at and moment_ms("--start-at", self.start_at)
        return super().members() | {"description": self.description, "start_at_ms": start_at_ms}


@command(
    app,
    "create",
    example=[
        "rollouts rollout create may fw:2.0.0 --filter name==kitchen* --groups 5 --error 10",
        "rollouts rollout create may fw:2.0.0 --filter 'id==*' --group lab=100:name==lab* "
        "--group few=10 --group rest=90 --start --yes",
    ],
)
def create(
    run,
    name: argument(str, "NAME"),
    set: Set,
    filter: option(str, "Which targets, e.g. name==kitchen*.", metavar="RSQL"),
    stages: Stages,
    terms: Terms,
    start: Start = False,
    yes: Yes = False,
    dry_run: DryRun = False,
):
    """Create a rollout. Says first how many targets each group would have, and asks.

    It waits for `start`, unless --start or --start-at say otherwise. A percentage of --group is
    of all targets that match, so the last group of a filter needs what is left to 100.
    """
    if start and terms.start_at:
        raise UsageError("either --start or --start-at, not both")
    groups = stages.as_groups()
    new = stages.members() | terms.members() | {"name": name, "target_filter_query": filter}
    one_set = find_set(run.hawkbit, set)
    sizes = staged.plan(run.hawkbit, filter, groups)
    planned = [{"group": g.name, "targets": n} for g, n in zip(groups, sizes, strict=True)]
    if dry_run:
        run.out.rows(planned, columns.PLAN)
        return
    for one in planned:
        run.out.note(f"{one['group']}: {counted(one['targets'])}")
    run.confirm(f"Roll {one_set.label} out to {counted(sum(sizes))} as {name}?", yes)
    made = run.hawkbit.rollouts.create(NewRollout(distribution_set_id=one_set.id, **new))
    if start:
        made = _start(run, made)
    run.out.done(f"rollout {made.id} {made.name} is {made.status}", made)


def _start(run, rollout):
    ready = staged.created(run.hawkbit, rollout, time)
    if ready.status == "waiting_for_approval":
        run.out.note(f"it has to be approved first: rollouts rollout approve {rollout.name}")
        return ready
    run.hawkbit.rollouts.start(rollout.id)
    return run.hawkbit.rollouts.get(rollout.id)


@command(app, "list", example="rollouts rollout list --q status==running")
def list_rollouts(run, listing: Listing):
    """List the rollouts; deleted ones are not listed."""
    run.out.rows(run.hawkbit.rollouts.find(**listing.as_arguments()), columns.ROLLOUTS)


@command(app, "targets", example="rollouts rollout targets may group-1")
def list_targets(run, name: Name, group: argument(str, "GROUP", "Its name.")):
    """List the targets of a group."""
    rollout = staged.find(run.hawkbit, name)
    for one in run.hawkbit.rollouts.groups(rollout.id):
        if one.name == group:
            found = run.hawkbit.rollouts.group_targets(rollout.id, one.id)
            run.out.rows(found, columns.TARGETS)
            return
    raise UsageError(f"rollout {rollout.name} has no group {group}: `show` lists them")


@command(app, "start", example="rollouts rollout start may")
def start_rollout(run, name: Name):
    """Start the first group."""
    made = _start(run, staged.find(run.hawkbit, name))
    run.out.done(f"rollout {made.id} {made.name} is {made.status}", made)


@command(app, "approve", example="rollouts rollout approve may --remark 'tested in the lab'")
def approve(run, name: Name, remark: Remark = None):
    """Let it be started, where rollouts need approval."""
    _do(run, name, "approve", remark)


@command(app, "deny", example="rollouts rollout deny may --remark 'not in December'")
def deny(run, name: Name, remark: Remark = None):
    """Do not let it be started, where rollouts need approval."""
    _do(run, name, "deny", remark)


def _offer(verb, method, what):
    def step(run, name: Name):
        _do(run, name, method)

    step.__doc__ = what
    command(app, verb, example=f"rollouts rollout {verb} may")(step)


_offer("pause", "pause", "Start no further group; those that run go on.")
_offer("resume", "resume", "Go on; after too many errors with the next group.")
_offer("next", "next_group", "Start the next group without waiting for the thresholds.")


@command(app, "stop", example="rollouts rollout stop may --yes")
def stop(run, name: Name, yes: Yes = False):
    """Cancel what runs and start nothing more. It cannot be resumed."""
    _do(run, name, "stop", question="Cancel all its updates for good?", yes=yes)


@command(app, "delete", example="rollouts rollout delete may --yes")
def delete(run, name: Name, yes: Yes = False):
    """Delete it. Its open updates end by force: devices are not asked."""
    _do(run, name, "delete", question="Delete it and end its updates by force?", yes=yes)


def _do(run, name, method, *arguments, question=None, yes=False):
    rollout = staged.find(run.hawkbit, name)
    if question:
        run.confirm(f"Rollout {rollout.name}: {question}", yes)
    getattr(run.hawkbit.rollouts, method)(rollout.id, *arguments)
    if method == "delete":
        run.out.done(f"rollout {rollout.id} {rollout.name} is being deleted", rollout)
        return
    now = run.hawkbit.rollouts.get(rollout.id)
    run.out.done(f"rollout {now.id} {now.name} is {now.status}", now)


@command(app, "retry", example="rollouts rollout retry may --start")
def retry(run, name: Name, start: Start = False):
    """Try the failed targets of a finished rollout again. They make a new rollout, NAME_retry."""
    made = run.hawkbit.rollouts.retry(staged.find(run.hawkbit, name).id)
    if start:
        made = _start(run, made)
    run.out.done(f"rollout {made.id} {made.name} is {made.status}", made)
