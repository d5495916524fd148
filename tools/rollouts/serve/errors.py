"""Errors as they go over the wire: status, errorCode and body.

Two families, as in hawkBit. An `ApiError` is raised by the application and has an errorCode;
each kind is a row of the table below. A `FrameworkError` (unknown path, method, media type)
has none: hawkBit's comes from Spring. The words of the messages are our own.
"""

from dataclasses import dataclass

from starlette.exceptions import HTTPException

PREFIX = "hawkbit.server.error."
_REPOSITORY = "org.eclipse.hawkbit.repository.exception."
_REST = "org.eclipse.hawkbit.rest.exception."
_MGMT = "org.eclipse.hawkbit.mgmt.rest.resource.exception."


class ApiError(Exception):
    """An answer with hawkBit's error body. `code` without the common prefix, or ""."""

    def __init__(self, status, code, exception_class, message, info=None):
        super().__init__(message)
        self.status = status
        self.body = {"exceptionClass": exception_class}
        if code:
            self.body["errorCode"] = PREFIX + code
        self.body["message"] = message
        if info:
            self.body["info"] = info


class FrameworkError(HTTPException):
    """An error found before or outside the application. `headers` go with it."""


class Empty(HTTPException):
    """An error status without a body, such as 404 for an action of the wrong state."""


@dataclass(frozen=True)
class Kind:
    """A row of the table; called with what its message names, it makes the error.

    `exception_class`: hawkBit's, of its repository where no package is given.
    """

    status: int
    code: str
    exception_class: str
    message: str = "{}"

    def __call__(self, *named, info: dict | None = None) -> ApiError:
        package = "" if "." in self.exception_class else _REPOSITORY
        text = self.message.format(*named)
        return ApiError(self.status, self.code, package + self.exception_class, text, info)


# fmt: off
# --- 400: what was asked cannot be
not_readable = Kind(400, "rest.body.notReadable", _REST + "MessageNotReadableException")
constraint = Kind(
    400, "repo.constraintViolation", "jakarta.validation.ConstraintViolationException")
invalid = Kind(400, "repo.constraintViolation", "jakarta.validation.ValidationException")
integrity = Kind(400, "", "org.springframework.dao.DataIntegrityViolationException")
invalid_attributes = Kind(400, "repo.invalidTargetAttributes", "InvalidTargetAttributeException")
set_invalid = Kind(400, "distributionset.invalid", "InvalidDistributionSetException",
    "Distribution set {} was invalidated.")
set_incomplete = Kind(400, "distributionset.incomplete", "IncompleteDistributionSetException",
    "Distribution set {} lacks a module that its type demands.")
module_unsupported = Kind(400, "distributionset.modules.unsupported",
    "UnsupportedSoftwareModuleForThisDistributionSetException",
    "The type of the distribution set does not take modules of this type.")
bad_window = Kind(400, "maintenanceScheduleInvalid", "InvalidMaintenanceScheduleException")
multi_assignment = Kind(400, "multiAssignmentNotEnabled", "MultiAssignmentIsNotEnabledException",
    "The same target is named twice with different parameters.")
bad_auto_assign_type = Kind(
    400, "repo.invalidAutoAssignActionType", "InvalidAutoAssignActionTypeException")
bad_config_value = Kind(400, "configValueInvalid", "TenantConfigurationValidatorException")
bad_config_key = Kind(400, "configKeyInvalid", "InvalidTenantConfigurationKeyException",
    "There is no configuration key {!r}.")
rollout_state = Kind(400, "rollout.illegalState", "RolloutIllegalStateException")
sort_syntax = Kind(400, "rest.param.sortParamSyntax", _MGMT + "SortParameterSyntaxErrorException",
    "sort takes field:ASC or field:DESC, several separated by commas.")
sort_field = Kind(400, "rest.param.invalidField", _MGMT + "SortParameterUnsupportedFieldException",
    "There is no field {!r} to sort by.")
sort_direction = Kind(400, "rest.param.invalidDirection",
    _MGMT + "SortParameterUnsupportedDirectionException",
    "{!r} is no direction: ASC or DESC.")
rsql_syntax = Kind(400, "rest.param.rsqlParamSyntax", "RSQLParameterSyntaxException")
rsql_field = Kind(400, "rest.param.rsqlInvalidField", "RSQLParameterUnsupportedFieldException",
    "There is no field {!r} to search by.")

# --- 403, 404: what is named may not be changed, or is not there
read_only = Kind(403, "entityReadOnly", "EntityReadOnlyException",
    "{} {} is deleted and cannot be changed.")
_not_there = Kind(404, "repo.entityNotFound", "EntityNotFoundException")
not_yours = Kind(404, "repo.entityNotFound", "EntityNotFoundException",
    "Action {} does not belong to target {}.")
module_not_assigned = Kind(404, "repo.entityNotFound",
    "SoftwareModuleNotAssignedToTargetException",
    "No open action of target {1} contains software module {0}.")
entity_deleted = Kind(404, "deleted", "DeletedException", "{} {} is deleted.")

# --- 405, 409, 423, 429: not now, or not any more
not_cancelable = Kind(405, "action.notCancelable", "CancelActionNotAllowedException")
not_force_quitable = Kind(405, "action.notForceQuitable", "ForceQuitActionNotAllowedException",
    "Action {} can be quit by force only after it was canceled.")
already_exists = Kind(409, "repo.entityAlreadyExists", "EntityAlreadyExistsException")
concurrent_modification = Kind(409, "repo.concurrentModification",
    "ConcurrentModificationException",
    "It was changed by another request at the same time; try again.")
auto_confirm_active = Kind(409, "repo.autoConfAlreadyActive",
    "AutoConfirmationAlreadyActiveException",
    "Auto-confirmation is already on for {}.")
locked = Kind(423, "locked", "LockedException",
    "{} {} is locked since it was assigned; {} is not allowed.")
_quota = Kind(429, "quota.tooManyEntries", "AssignmentQuotaExceededException",
    "{1} of {0} would be too many: the most is {2}.")
file_too_large = Kind(429, "quota.fileSizeExceeded", "FileSizeQuotaExceededException",
    "The file is larger than the {} bytes allowed.")
binary_missing = Kind(500, "artifact.loadFailed", "ArtifactBinaryNotFoundException",
    "The bytes of {} are gone.")
# fmt: on


def not_found(kind: str, entity_id) -> ApiError:
    info = {"type": kind, "entityId": entity_id}
    return _not_there(f"There is no {kind} {entity_id!r}.", info=info)


def check_quota(kind: str, number: int, most: int) -> None:
    """Raises ApiError 429 where there would be more than `most` of them."""
    if number > most:
        raise _quota(kind, number, most)


def none_of(kind: str, ids) -> ApiError:
    """Some of several ids are unknown: the ids are a list of strings then."""
    listed = [str(i) for i in ids]
    text = f"There is no {kind} with the id {', '.join(listed)}."
    return _not_there(text, info={"type": kind, "entityId": listed})


def wrong_hash(kind: str, given: str, found: str) -> ApiError:
    code = f"artifact.uploadFailed.checksum.{kind}.match"
    message = "The {} given is {}, that of the bytes received is {}."
    wrong = Kind(400, code, f"Invalid{kind.capitalize()}HashException", message)
    return wrong(kind, given, found)
