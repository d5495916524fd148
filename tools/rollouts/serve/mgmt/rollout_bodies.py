"""What requests say of rollouts and their groups."""

from typing import Literal

from .. import errors
from ..bodies import Body, Int32, Int64, Text, text
from ..model import ActionType, DistributionSet
from ..rollouts.groups import float32
from ..rollouts.model import GroupStatus, Rollout, RolloutGroup
from .terms import Weight

_THRESHOLD = "50"


class Threshold(Body):
    """A condition. hawkBit knows this one kind; `expression` is a number of percent."""

    condition: Literal["THRESHOLD"] = "THRESHOLD"
    expression: text(0, 512) = "100"


class SuccessAction(Body):
    action: Literal["NEXTGROUP", "PAUSE"] = "NEXTGROUP"
    expression: text(0, 512) = None


class ErrorAction(Body):
    action: Literal["PAUSE"] = "PAUSE"
    expression: text(0, 512) = None


class _Conditions(Body):
    name: text(1, 128) = None
    description: text(0, 512) = None
    confirmation_required: bool | None = None
    success_condition: Threshold | None = None
    success_action: SuccessAction | None = None
    error_condition: Threshold | None = None
    error_action: ErrorAction | None = None

    def conditions(self) -> dict:
        """What is given of them, as columns of a group."""
        given = {}
        if self.success_condition:
            given["success_threshold"] = self.success_condition.expression
        if self.success_action:
            given["success_action"] = self.success_action.action
            given["success_action_expression"] = self.success_action.expression
        if self.error_condition:
            given["error_threshold"] = self.error_condition.expression
        if self.error_action:
            given["error_action_expression"] = self.error_action.expression
        return given


DEFAULTS = {
    "success_threshold": _THRESHOLD,
    "success_action": "NEXTGROUP",
    "success_action_expression": "",
    "error_threshold": _THRESHOLD,
    "error_action_expression": "",
}


class GroupCreate(_Conditions):
    target_filter_query: text(1, 1024) = None
    target_percentage: float | None = None


class DynamicTemplate(Body):
    name_suffix: Text | None = None
    target_count: Int64 = 0


class RolloutUpdate(Body):
    name: text(1, 128) = None
    description: text(0, 512) = None


class RolloutCreate(_Conditions):
    target_filter_query: Text | None = None
    distribution_set_id: Int64 | None = None
    amount_groups: Int32 | None = None
    type: Literal["forced", "soft", "timeforced", "downloadonly"] | None = None
    forcetime: Int64 | None = None
    start_at: Int64 | None = None
    weight: Weight = None
    dynamic: bool = False
    dynamic_group_template: DynamicTemplate | None = None
    groups: list[GroupCreate] | None = None

    def rollout(self, distribution_set: DistributionSet, default_weight: int) -> Rollout:
        same = {"name", "description", "target_filter_query", "start_at", "dynamic"}
        return Rollout(
            **self.model_dump(include=same),
            distribution_set=distribution_set,
            action_type=self.type or ActionType.FORCED,
            force_time=self.forcetime or 0,
            weight=default_weight if self.weight is None else self.weight,
        )

    def new_groups(self, asks: bool, most: int) -> list[RolloutGroup]:
        """Its groups: as listed, or so many of the same size, and a dynamic one.

        `asks`: confirmation is required where nothing is said. `most` groups, or ApiError.
        """
        if self.confirmation_required is not None:
            asks = self.confirmation_required
        if self.groups is not None:
            return self._listed_groups(asks)
        amount = 1 if self.amount_groups is None else self.amount_groups
        if amount < 0:
            raise errors.invalid("The amount of groups cannot be below zero.")
        if amount == 0 and self.dynamic_group_template is None:
            raise errors.invalid("Without groups it needs a dynamic group template.")
        errors.check_quota("RolloutGroup", amount, most)
        if self.dynamic_group_template and not self.dynamic:
            raise errors.invalid("Only a dynamic rollout has a dynamic group template.")
        return self._equal_groups(amount, asks)

    def _listed_groups(self, asks: bool) -> list[RolloutGroup]:
        if self.dynamic:
            raise errors.invalid("A dynamic rollout cannot list its groups.")
        if self.amount_groups is not None:
            raise errors.invalid("Either groups or amountGroups, not both.")
        if not self.groups:
            raise errors.invalid("The list of groups must not be empty.")
        common = DEFAULTS | self.conditions()
        return [_group(item, common, asks) for item in self.groups]

    def _equal_groups(self, amount: int, asks: bool) -> list[RolloutGroup]:
        common = {**DEFAULTS, **self.conditions(), "confirmation_required": asks}
        made = []
        for number in range(1, amount + 1):
            name = f"group-{number}"
            made.append(RolloutGroup(name=name, description=name, **common))
            made[-1].target_percentage = float32(100 / amount)
        template = self.dynamic_group_template
        if template:
            name = f"group-{amount + 1}{template.name_suffix or ''}"
            made.append(RolloutGroup(name=name, description=name, dynamic=True, **common))
            made[-1].target_percentage = float32(template.target_count)
            made[-1].status = GroupStatus.READY
        return made


def _group(item: GroupCreate, common: dict, asks: bool) -> RolloutGroup:
    own = {key: value for key, value in item.conditions().items() if value is not None}
    confirms = item.confirmation_required
    percentage = 100 if item.target_percentage is None else item.target_percentage
    return RolloutGroup(
        name=item.name,
        description=item.description,
        target_filter_query=item.target_filter_query or "",
        target_percentage=float32(percentage),
        confirmation_required=asks if confirms is None else confirms,
        **common | own,
    )
