"""What target filters assign by themselves."""

from sqlalchemy import exists, select

from . import assignment, rsql
from .fields import TARGET_FIELDS
from .model import Action, Target, TargetFilter
from .store import Store, Work


def run(store: Store) -> None:
    """Assign to every target that matches a filter and never had its set."""
    with store.work() as work:
        _run(work)


def _run(work: Work) -> None:
    for target_filter in work.db.scalars(
        select(TargetFilter).where(TargetFilter.set_id.is_not(None)).order_by(TargetFilter.id)
    ):
        had = exists().where(Action.target_id == Target.id, Action.set_id == target_filter.set_id)
        matches = rsql.to_sql(target_filter.query, TARGET_FIELDS)
        wanted = work.db.scalars(select(Target.controller_id).where(matches, ~had)).all()
        if wanted:
            _assign(work, target_filter, wanted)


def _assign(work: Work, target_filter: TargetFilter, controller_ids) -> None:
    terms = assignment.Terms(
        type=target_filter.action_type,
        weight=target_filter.weight,
        confirmation_required=target_filter.confirmation_required is not False,
    )
    found = assignment.assignable(work, target_filter.set_id)
    assignment.assign(work, found, dict.fromkeys(controller_ids, terms))
