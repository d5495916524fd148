"""What differs between the servers that `--dialect` names: a row of rules for each.

Everything is written as hawkBit 1.0.4 does it. The rules are asked where something is
decided; how an answer looks is changed in one place, on its way out (`answer`, `error`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .errors import PREFIX, ApiError


@dataclass(frozen=True)
class Dialect:
    """The rules of one server; the defaults are hawkBit 1.0.4's."""

    # What a change is answered with that has nothing to say.
    done_status: int = 204
    # Do changes of metadata and configuration answer with what they made?
    echoes: bool = False
    # May paths below /rest end in a slash?
    trailing_slash: bool = False
    # Is TENANT\USER a login too, as in Bosch IoT Rollouts?
    tenant_login: bool = False
    # Does the first assignment lock the modules too?
    locks_modules: bool = True
    # May a set be made invalid once more?
    invalid_again: bool = True
    # Is metadata overwritten where hawkBit does so, or a key a conflict or not found?
    overwrites_metadata: bool = True
    # Do limit, offset, sort and q count for metadata, and q for the modules of a set?
    searches_parts: bool = False
    # Does hawkBit sort the targets of a set by the names of a set's fields?
    sorts_targets_as_sets: bool = True
    # May something stand behind the JSON of a body?
    takes_rubbish: bool = True
    # Is a single thing taken for a list of one, where a list belongs?
    wraps_single: bool = False
    # Has a device to name the type of a body that it leaves out?
    types_no_body: bool = True
    # Is a deleted set refused where a set is changed, but for its metadata?
    deleted_is_gone: bool = False
    # Does `soft_deleted_mode` show what is deleted in lists?
    lists_deleted: bool = False
    # What a request without login is told, and does a Content-Type name its charset?
    challenge: str = 'Basic realm="hawkBit"'
    names_charset: bool = True
    # Is an action's status open or closed only, with its own in detailStatus?
    detail_status: bool = False
    statuses: Mapping[int, int] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)
    parameters_for_info: bool = False
    # By a member that only this shape has: how the shape looked.
    shapes: Mapping[str, Callable[[dict], dict]] = field(default_factory=dict)

    def answer(self, value):
        """A JSON answer of the Management API as this server would give it."""
        if not self.shapes or not isinstance(value, (dict, list)):
            return value
        if isinstance(value, list):
            return [self.answer(item) for item in value]
        for member, change in self.shapes.items():
            if member in value:
                value = change(value)
        return {name: self.answer(item) for name, item in value.items()}

    def error(self, error: ApiError) -> tuple[int, dict]:
        """Status and body of an error."""
        body = dict(error.body)
        code = body.get("errorCode", "").removeprefix(PREFIX)
        if code in self.codes:
            body["errorCode"] = PREFIX + self.codes[code]
        if self.parameters_for_info:
            info = body.pop("info", None)
            body["parameters"] = [str(info["entityId"])] if info else []
        return self.statuses.get(error.status, error.status), body


def _without(*names: str) -> Callable[[dict], dict]:
    return lambda shape: {name: item for name, item in shape.items() if name not in names}


def _set_of_2023(shape: dict) -> dict:
    links = shape["_links"]
    if "metadata" in links:
        paged = {"href": links["metadata"]["href"] + "?offset=0&limit=50"}
        shape = {**shape, "_links": {**links, "metadata": paged}}
    return _without("locked")(shape)


def _action_of_2023(shape: dict) -> dict:
    status = {
        "status": "pending" if shape["active"] else "finished",
        "detailStatus": shape["status"],
    }
    return {**_without("active")(shape), **status}


def _in_order(shape: dict) -> dict:
    return dict(sorted(shape.items()))


HAWKBIT_1_1_0 = "hawkbit-1.1.0"
HAWKBIT_1_0_4 = "hawkbit-1.0.4"
YEAR_2023 = "2023"
DIALECTS = {
    HAWKBIT_1_0_4: Dialect(),
    HAWKBIT_1_1_0: Dialect(
        takes_rubbish=False,
        wraps_single=True,
        types_no_body=False,
        deleted_is_gone=True,
        lists_deleted=True,
        challenge='Basic realm="hawkBit", charset="UTF-8"',
        names_charset=False,
        # Members by their names, but for those of pages, hashes and links.
        shapes=dict.fromkeys(
            ("createdAt", "reportedAt", "alreadyAssigned", "targetVisible"), _in_order
        ),
    ),
    # The server behind the seed reference, hawkBit of 2023-08.
    YEAR_2023: Dialect(
        done_status=200,
        echoes=True,
        trailing_slash=True,
        tenant_login=True,
        locks_modules=False,
        invalid_again=False,
        overwrites_metadata=False,
        searches_parts=True,
        sorts_targets_as_sets=False,
        detail_status=True,
        # Quotas were forbidden, not "too many"; a set in use was read-only, not locked.
        statuses={429: 403, 423: 403},
        codes={"locked": "entityReadOnly"},
        parameters_for_info=True,
        shapes={
            "requiredMigrationStep": _set_of_2023,
            "encrypted": _without("locked", "complete"),
            "forceType": _action_of_2023,
            "reportedAt": _without("timestamp"),
            "permissions": _without("permissions"),
        },
    ),
}
