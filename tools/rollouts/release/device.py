"""Prepare the server for one device, and write what the device must know."""

import contextlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rollouts.api.configuration import POLLING_TIME, TARGET_TOKEN_ENABLED
from rollouts.api.errors import RefusedError, RolloutsError, ServerError
from rollouts.api.models import NewTarget, Target

_HEAD = "# Written by `rollouts setup`. TARGET_TOKEN is a secret: keep this file to yourself.\n"


@dataclass
class Prepared:
    target: Target
    is_new: bool
    changed: list[str]


def check_controller_id(controller_id):
    """Raise RefusedError for an id that a device cannot use in its DDI path."""
    if not controller_id or len(controller_id) > 256:
        raise RefusedError("a controller id has 1 to 256 characters")
    if controller_id in (".", "..") or re.search(r"[\s/\\;%<>\x00-\x1f\x7f]", controller_id):
        raise RefusedError(
            f"{controller_id!r} cannot be a controller id: hawkBit refuses blanks, / \\ ; % < > "
            "and control characters in the device's path"
        )


def prepare(hawkbit, controller_id, name=None, polling_time=None, may_change=True):
    """Switch token login on, set the polling time, register the target; what is so stays so.

    `polling_time`: HH:mm:ss. With `may_change` False only what would change is returned.
    """
    changed = _configure(hawkbit, polling_time, may_change)
    target = _known(hawkbit, controller_id)
    if target is not None:
        return Prepared(target, False, changed)
    changed.append(f"register {controller_id}")
    new = NewTarget(controller_id=controller_id, name=name or controller_id)
    if not may_change:
        return Prepared(Target(controller_id=controller_id), True, changed)
    [target] = hawkbit.targets.create([new])
    return Prepared(target, True, changed)


def _configure(hawkbit, polling_time, may_change):
    wanted = {TARGET_TOKEN_ENABLED: True}
    if polling_time is not None:
        wanted[POLLING_TIME] = polling_time
    changed = []
    for key, value in wanted.items():
        if hawkbit.configuration.get(key).value != value:
            changed.append(f"{key} = {str(value).lower()}")
            if may_change:
                hawkbit.configuration.set(key, value)
    return changed


def _known(hawkbit, controller_id):
    try:
        return hawkbit.targets.get(controller_id)
    except ServerError as error:
        if error.status == 404 and error.is_about_input:
            return None
        raise


def config_text(url, tenant, target):
    """Return config.py for the board. Raises RolloutsError when the token is hidden from us."""
    if not target.security_token:
        raise RolloutsError(
            f"the server does not show the token of {target.controller_id} to this user: "
            "READ_TARGET_SECURITY_TOKEN is needed"
        )
    values = {
        "URL": url,
        "TENANT": tenant,
        "CONTROLLER_ID": target.controller_id,
        "TARGET_TOKEN": target.security_token,
    }
    return _HEAD + "".join(f"{key} = {value!r}\n" for key, value in values.items())


def write_secret(file, text, overwrite=False):
    """Write a file of mode 600, whole or not at all. Raises FileExistsError, OSError."""
    file = Path(file)
    handle, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        # mkstemp made it with mode 600.
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        if overwrite:
            os.replace(draft, file)
        else:
            # A link does not overwrite, and sees a dangling symbolic link as existing.
            os.link(draft, file)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft)
