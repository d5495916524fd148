"""`rollouts rollout`: a set to a fleet, group by group."""

import dataclasses
import re
import time

from rollouts.api.errors import RefusedError
from rollouts.api.rollouts import GroupAction, NewGroup, NewRollout, Threshold
from rollouts.cli import columns
from rollouts.cli.command import argument, command, group, option, text
from rollouts.cli.exits import UsageError
from rollouts.cli.options import Consent, DryRun, Listing, Set, Urgency, moment_ms
from rollouts.cli.output import counted
from rollouts.release import rollout as staged
from rollouts.release.assign import check
from rollouts.release.selection import find_rollout, find_set

app = group("Staged rollouts: a set to a fleet, group by group.")

Name = argument(str, "ROLLOUT", "A rollout: its name or its id.")
Start = option(bool, "Start it at once.", "--start")
Remark = text("Why, for the others.", "--remark")
Groups = option(
    list[str] | None,
    "A group of that share, e.g. canary=5; may be repeated.",
    metavar="NAME=PERCENT[:RSQL]",
)
_GROUP = re.compile(r"(?P<name>[^=:]+)=(?P<percent>\d+(\.\d+)?)%?(:(?P<query>.+))?")


@dataclasses.dataclass
class Stages:
    """In which groups, and when the next one starts."""

    groups: option(int | None, "So many of the same size.", min=1, max=500) = None
    group: Groups = None
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

    start_at: text("Start it then.", metavar="TIME") = None
    description: text("For people.") = None

    def members(self):
        start_at_ms = self.start_at and moment_ms("--start-at", self.start_at)
        return super().members() | {"description": self.description, "start_at_ms": start_at_ms}


@command(
    app,
    "create",
    "rollouts rollout create may fw:2.0.0 --filter name==kitchen* --groups 5 --error 10",
    "rollouts rollout create may fw:2.0.0 --filter 'id==*' --group lab=100:name==lab* "
    "--group few=10 --group rest=90 --start --yes",
)
def create(
    run,
    name: argument(str, "NAME"),
    set: Set,
    filter: option(str, "Which targets, e.g. name==kitchen*.", metavar="RSQL"),
    stages: Stages,
    terms: Terms,
    consent: Consent,
    start: Start = False,
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
    check(one_set)
    sizes = staged.plan(run.hawkbit, filter, groups)
    planned = [{"group": g.name, "targets": n} for g, n in zip(groups, sizes, strict=True)]
    if consent.is_dry:
        run.out.rows(planned, columns.PLAN)
        return
    for one in planned:
        run.out.note(f"{one['group']}: {counted(one['targets'])}")
    if consent.permits(run, f"roll {one_set.label} out to {counted(sum(sizes))} as {name}"):
        made = run.hawkbit.rollouts.create(NewRollout(distribution_set_id=one_set.id, **new))
        _say(run, _start(run, made) if start else made)


def _start(run, rollout):
    ready = staged.created(run.hawkbit, rollout, time)
    if ready.status == "waiting_for_approval":
        run.out.note(f"it has to be approved first: rollouts rollout approve {rollout.name}")
        return ready
    run.hawkbit.rollouts.start(rollout.id)
    return run.hawkbit.rollouts.get(rollout.id)


def _say(run, rollout):
    run.out.done(f"rollout {rollout.id} {rollout.name} is {rollout.status}", rollout)


@command(app, "list", "rollouts rollout list --q status==running")
def list_rollouts(run, listing: Listing):
    """List the rollouts; deleted ones are not listed."""
    run.out.rows(run.hawkbit.rollouts.find(**listing.as_arguments()), columns.ROLLOUTS)


@command(app, "targets", "rollouts rollout targets may group-1")
def list_targets(run, name: Name, group: argument(str, "GROUP", "Its name.")):
    """List the targets of a group."""
    rollout = find_rollout(run.hawkbit, name)
    for one in run.hawkbit.rollouts.groups(rollout.id):
        if one.name == group:
            found = run.hawkbit.rollouts.group_targets(rollout.id, one.id)
            run.out.rows(found, columns.TARGETS)
            return
    raise RefusedError(f"rollout {rollout.name} has no group {group}: `show` lists them")


@command(app, "start", "rollouts rollout start may")
def start_rollout(run, name: Name, dry_run: DryRun):
    """Start the first group."""
    rollout = find_rollout(run.hawkbit, name)
    if dry_run.permits(run, f"start rollout {rollout.name}"):
        _say(run, _start(run, rollout))


@command(app, "approve", "rollouts rollout approve may --remark 'tested in the lab'")
def approve(run, name: Name, dry_run: DryRun, remark: Remark = None):
    """Let it be started, where rollouts need approval."""
    _do(run, name, "approve", dry_run, remark, meaning="approve rollout {}")


@command(app, "deny", "rollouts rollout deny may --remark 'not in December'")
def deny(run, name: Name, dry_run: DryRun, remark: Remark = None):
    """Do not let it be started, where rollouts need approval."""
    _do(run, name, "deny", dry_run, remark, meaning="deny rollout {}")


def _offer(verb, method, what, meaning=None, consent=DryRun):
    """Offer a verb. `meaning`: what is done to the rollout {}, where the verb does not say it."""
    yes = " --yes" if consent is Consent else ""

    @command(app, verb, f"rollouts rollout {verb} may{yes}", help=what)
    def step(run, name: Name, consent: consent):
        _do(run, name, method, consent, meaning=meaning or verb + " rollout {}")


_offer("pause", "pause", "Start no further group; those that run go on.")
_offer("resume", "resume", "Go on; after too many errors with the next group.")
_NEXT = "Start the next group without waiting for the thresholds."
_offer("next", "next_group", _NEXT, "start the next group of rollout {}")
_STOP = "Cancel what runs and start nothing more. It cannot be resumed."
_offer("stop", "stop", _STOP, "cancel all updates of rollout {} for good", Consent)
_DELETE = "Delete it. Its open updates end by force: devices are not asked."
_offer("delete", "delete", _DELETE, "delete rollout {} and end its updates by force", Consent)


def _do(run, name, method, consent, *arguments, meaning):
    rollout = find_rollout(run.hawkbit, name)
    if not consent.permits(run, meaning.format(rollout.name)):
        return
    getattr(run.hawkbit.rollouts, method)(rollout.id, *arguments)
    if method == "delete":
        run.out.done(f"rollout {rollout.id} {rollout.name} is being deleted", rollout)
    else:
        _say(run, run.hawkbit.rollouts.get(rollout.id))


@command(app, "retry", "rollouts rollout retry may --start")
def retry(run, name: Name, dry_run: DryRun, start: Start = False):
    """Try the failed targets of a finished rollout again. They make a new rollout, NAME_retry."""
    rollout = find_rollout(run.hawkbit, name)
    if dry_run.permits(run, f"make rollout {rollout.name}_retry"):
        made = run.hawkbit.rollouts.retry(rollout.id)
        _say(run, _start(run, made) if start else made)
