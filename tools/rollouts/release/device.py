"""Prepare the server for one device, and write what the device must know."""

import contextlib
import functools
import os
import re
import tempfile
from pathlib import Path

from rollouts.api.configuration import POLLING_TIME, TARGET_TOKEN_ENABLED
from rollouts.api.errors import RefusedError, RolloutsError
from rollouts.api.models import NewTarget

# What the server knows of the settings in config.py.
_SETTINGS = ("URL", "TENANT", "CONTROLLER_ID", "TARGET_TOKEN", "GATEWAY_TOKEN")
_HEAD = "# Written by `rollouts setup`. TARGET_TOKEN is a secret: keep this file to yourself.\n"


def check_controller_id(controller_id):
    """Raise RefusedError for an id that a device cannot use in its DDI path."""
    if not controller_id or len(controller_id) > 256:
        raise RefusedError("a controller id has 1 to 256 characters")
    if controller_id in (".", "..") or re.search(r"[\s/\\;%<>\x00-\x1f\x7f]", controller_id):
        raise RefusedError(
            f"{controller_id!r} cannot be a controller id: hawkBit refuses blanks, / \\ ; % < > "
            "and control characters in the device's path"
        )


def steps(hawkbit, controller_id, name=None, polling_time=None):
    """Return what has to be done for a device, {what is said of it: function}.

    Token login on, the polling time (HH:mm:ss), the target registered; what is so already is
    left out.
    """
    found = {}
    wanted = {TARGET_TOKEN_ENABLED: True, POLLING_TIME: polling_time}
    for key, value in wanted.items():
        if value is not None and hawkbit.configuration.get(key).value != value:
            what = f"{key} = {'true' if value is True else value}"
            found[what] = functools.partial(hawkbit.configuration.set, key, value)
    target = hawkbit.targets.known(controller_id)
    if target is None:
        new = NewTarget(controller_id=controller_id, name=name or controller_id)
        what = f"register {controller_id}"
        found[what] = functools.partial(hawkbit.targets.create, [new])
    elif name not in (None, target.name):
        what = f"name {controller_id} {name}"
        found[what] = functools.partial(hawkbit.targets.update, controller_id, name=name)
    return found


def check_template(text):
    """Raise RefusedError when a config.py to fill in lacks a setting, or has one twice."""
    for key in _SETTINGS:
        count = len(re.findall(_line_of(key), text))
        if count != 1:
            raise RefusedError(f"the template has {count} lines `{key} = ...`, one is needed")


def config_text(url, tenant, target, template=None):
    """Return config.py for the board: `template` with the server's settings filled in.

    Raises RolloutsError when the server hides the token from us.
    """
    if not target.security_token:
        raise RolloutsError(
            f"the server does not show the token of {target.controller_id} to this user: "
            "READ_TARGET_SECURITY_TOKEN is needed"
        )
    values = (url, tenant, target.controller_id, target.security_token, None)
    lines = {key: f"{key} = {value!r}" for key, value in zip(_SETTINGS, values, strict=True)}
    if template is None:
        return _HEAD + "\n".join(lines.values()) + "\n"
    for key, line in lines.items():
        # A backslash in a replacement text would mean something.
        template = re.sub(_line_of(key), line.replace("\\", r"\\"), template)
    return _HEAD + template


def _line_of(key):
    return rf"(?m)^{key} *=.*$"


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
