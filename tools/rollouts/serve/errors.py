"""Errors as they go over the wire: status, errorCode and body.

Two families, as in hawkBit. An `ApiError` is raised by the application and has an errorCode.
A `FrameworkError` (unknown path, method, media type) has none: hawkBit's comes from Spring.
The words of the messages are our own.
"""

PREFIX = "hawkbit.server.error."
_REPOSITORY = "org.eclipse.hawkbit.repository.exception."
_REST = "org.eclipse.hawkbit.rest.exception."
_MGMT = "org.eclipse.hawkbit.mgmt.rest.resource.exception."


class ApiError(Exception):
    """An answer with hawkBit's error body. `code` without the common prefix, or None."""

    def __init__(self, status, code, exception_class, message=None, info=None):
        super().__init__(message or code)
        self.status = status
        self.body = {"exceptionClass": exception_class}
        if code:
            self.body["errorCode"] = PREFIX + code
        if message:
            self.body["message"] = message
        if info:
            self.body["info"] = info


class FrameworkError(Exception):
    """An error found before or outside the application. `headers` go with it."""

    def __init__(self, status: int, headers: dict[str, str] | None = None):
        super().__init__(status)
        self.status = status
        self.headers = headers or {}


class Empty(Exception):
    """An error status without a body, such as 404 for an action of the wrong state."""

    def __init__(self, status: int):
        super().__init__(status)
        self.status = status


def not_found(kind: str, entity_id, message: str | None = None) -> ApiError:
    return ApiError(
        404,
        "repo.entityNotFound",
        _REPOSITORY + "EntityNotFoundException",
        message or f"There is no {kind} {entity_id!r}.",
        {"type": kind, "entityId": entity_id},
    )


def none_of(kind: str, ids) -> ApiError:
    """Some of several ids are unknown: the ids are a list of strings then."""
    listed = [str(i) for i in ids]
    return not_found(kind, listed, f"There is no {kind} with the id {', '.join(listed)}.")


def not_yours(action_id: int, controller_id: str) -> ApiError:
    return ApiError(
        404,
        "repo.entityNotFound",
        _REPOSITORY + "EntityNotFoundException",
        f"Action {action_id} does not belong to target {controller_id}.",
    )


def module_not_assigned(module_id: int, controller_id: str) -> ApiError:
    return ApiError(
        404,
        "repo.entityNotFound",
        _REPOSITORY + "SoftwareModuleNotAssignedToTargetException",
        f"No open action of target {controller_id} contains software module {module_id}.",
    )


def not_readable(
    what: str = "The body or a parameter is not what this request takes.",
) -> ApiError:
    return ApiError(400, "rest.body.notReadable", _REST + "MessageNotReadableException", what)


def constraint(message: str) -> ApiError:
    return ApiError(
        400,
        "repo.constraintViolation",
        "jakarta.validation.ConstraintViolationException",
        message,
    )


def integrity(message: str) -> ApiError:
    return ApiError(400, None, "org.springframework.dao.DataIntegrityViolationException", message)


def already_exists(message: str = "Such an entity exists already.") -> ApiError:
    return ApiError(
        409, "repo.entityAlreadyExists", _REPOSITORY + "EntityAlreadyExistsException", message
    )


def concurrent_modification() -> ApiError:
    return ApiError(
        409,
        "repo.concurrentModification",
        _REPOSITORY + "ConcurrentModificationException",
        "It was changed by another request at the same time; try again.",
    )


def locked(kind: str, entity_id: int, change: str) -> ApiError:
    return ApiError(
        423,
        "locked",
        _REPOSITORY + "LockedException",
        f"{kind} {entity_id} is locked since it was assigned; {change} is not allowed.",
    )


def entity_deleted(kind: str, entity_id: int) -> ApiError:
    return ApiError(
        404, "deleted", _REPOSITORY + "DeletedException", f"{kind} {entity_id} is deleted."
    )


def quota(kind: str, wanted: int, maximum: int, status: int = 429) -> ApiError:
    return ApiError(
        status,
        "quota.tooManyEntries",
        _REPOSITORY + "AssignmentQuotaExceededException",
        f"{wanted} of {kind} would be too many: the most is {maximum}.",
    )


def file_too_large(maximum: int, status: int = 429) -> ApiError:
    return ApiError(
        status,
        "quota.fileSizeExceeded",
        _REPOSITORY + "FileSizeQuotaExceededException",
        f"The file is larger than the {maximum} bytes allowed.",
    )


def invalid_attributes(message: str) -> ApiError:
    return ApiError(
        400,
        "repo.invalidTargetAttributes",
        _REPOSITORY + "InvalidTargetAttributeException",
        message,
    )


def not_cancelable(message: str) -> ApiError:
    return ApiError(
        405,
        "action.notCancelable",
        _REPOSITORY + "CancelActionNotAllowedException",
        message,
    )


def not_force_quitable(action_id: int) -> ApiError:
    return ApiError(
        405,
        "action.notForceQuitable",
        _REPOSITORY + "ForceQuitActionNotAllowedException",
        f"Action {action_id} can be quit by force only after it was canceled.",
    )


def auto_confirm_active(controller_id: str) -> ApiError:
    return ApiError(
        409,
        "repo.autoConfAlreadyActive",
        _REPOSITORY + "AutoConfirmationAlreadyActiveException",
        f"Auto-confirmation is already on for {controller_id}.",
    )


def set_invalid(set_id: int) -> ApiError:
    return ApiError(
        400,
        "distributionset.invalid",
        _REPOSITORY + "InvalidDistributionSetException",
        f"Distribution set {set_id} was invalidated.",
    )


def set_incomplete(set_id: int) -> ApiError:
    return ApiError(
        400,
        "distributionset.incomplete",
        _REPOSITORY + "IncompleteDistributionSetException",
        f"Distribution set {set_id} lacks a module that its type demands.",
    )


def module_unsupported() -> ApiError:
    return ApiError(
        400,
        "distributionset.modules.unsupported",
        _REPOSITORY + "UnsupportedSoftwareModuleForThisDistributionSetException",
        "The type of the distribution set does not take modules of this type.",
    )


def bad_window(message: str) -> ApiError:
    return ApiError(
        400,
        "maintenanceScheduleInvalid",
        _REPOSITORY + "InvalidMaintenanceScheduleException",
        message,
    )


def multi_assignment() -> ApiError:
    return ApiError(
        400,
        "multiAssignmentNotEnabled",
        _REPOSITORY + "MultiAssignmentIsNotEnabledException",
        "The same target is named twice with different parameters.",
    )


def bad_auto_assign_type(message: str) -> ApiError:
    return ApiError(
        400,
        "repo.invalidAutoAssignActionType",
        _REPOSITORY + "InvalidAutoAssignActionTypeException",
        message,
    )


def bad_config_value(message: str) -> ApiError:
    return ApiError(
        400,
        "configValueInvalid",
        _REPOSITORY + "TenantConfigurationValidatorException",
        message,
    )


def bad_config_key(key: str) -> ApiError:
    return ApiError(
        400,
        "configKeyInvalid",
        _REPOSITORY + "InvalidTenantConfigurationKeyException",
        f"There is no configuration key {key!r}.",
    )


def wrong_hash(kind: str, given: str, found: str) -> ApiError:
    return ApiError(
        400,
        f"artifact.uploadFailed.checksum.{kind}.match",
        f"{_REPOSITORY}Invalid{kind.capitalize()}HashException",
        f"The {kind} given is {given}, that of the bytes received is {found}.",
    )


def binary_missing(filename: str) -> ApiError:
    return ApiError(
        500,
        "artifact.loadFailed",
        _REPOSITORY + "ArtifactBinaryNotFoundException",
        f"The bytes of {filename} are gone.",
    )


def sort_syntax() -> ApiError:
    return ApiError(
        400,
        "rest.param.sortParamSyntax",
        _MGMT + "SortParameterSyntaxErrorException",
        "sort takes field:ASC or field:DESC, several separated by commas.",
    )


def sort_field(name: str) -> ApiError:
    return ApiError(
        400,
        "rest.param.invalidField",
        _MGMT + "SortParameterUnsupportedFieldException",
        f"There is no field {name!r} to sort by.",
    )


def sort_direction(word: str) -> ApiError:
    return ApiError(
        400,
        "rest.param.invalidDirection",
        _MGMT + "SortParameterUnsupportedDirectionException",
        f"{word!r} is no direction: ASC or DESC.",
    )


def rsql_syntax(message: str) -> ApiError:
    return ApiError(
        400,
        "rest.param.rsqlParamSyntax",
        _REPOSITORY + "RSQLParameterSyntaxException",
        message,
    )


def rsql_field(name: str) -> ApiError:
    return ApiError(
        400,
        "rest.param.rsqlInvalidField",
        _REPOSITORY + "RSQLParameterUnsupportedFieldException",
        f"There is no field {name!r} to search by.",
    )
