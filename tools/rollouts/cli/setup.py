"""`rollouts setup`."""

import dataclasses
import re
import urllib.parse
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from rollouts.api.errors import RefusedError
from rollouts.cli.command import command
from rollouts.cli.exits import UsageError
from rollouts.cli.options import DryRun
from rollouts.release import device

app = typer.Typer()

# Also hawkBit's other forms: an ISO 8601 duration, and a spread such as ~20%.
_POLLING = re.compile(r"(\d\d:\d\d:\d\d|P[0-9DTHMS.]+)(~\d{1,2}%)?")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclasses.dataclass
class DeviceFile:
    out: Annotated[Path, Option(metavar="FILE", help="The device's configuration.")] = Path(
        "config.py"
    )
    template: Annotated[
        Path | None, Option(metavar="FILE", help="A config.example.py to fill in.")
    ] = None
    device_url: Annotated[
        str | None, Option(metavar="URL", help="If the device reaches it elsewhere.")
    ] = None
    force: Annotated[bool, Option("--force", help="Overwrite FILE.")] = False


@command(
    app,
    "setup",
    example=[
        "rollouts setup kitchen-1 --polling 00:00:30",
        "rollouts setup kitchen-1 --template config.example.py --device-url http://10.0.0.5:8080",
    ],
)
def setup(
    run,
    target: Annotated[str, Argument(metavar="TARGET", help="The controller id.")],
    file: DeviceFile,
    name: Annotated[str | None, Option(help="Default: TARGET.")] = None,
    polling: Annotated[
        str | None, Option(metavar="HH:MM:SS", help="How often all devices poll.")
    ] = None,
    dry_run: DryRun = False,
):
    """Prepare the server for a device and write the device's configuration (mode 600).

    Switches login by target token on, sets the polling time, registers the target. What
    is so already stays; a file is never overwritten without --force.
    """
    template = _checked(target, file, polling)
    tenant = run.hawkbit.user_info().tenant
    prepared = device.prepare(run.hawkbit, target, name, polling, not dry_run)
    changed = prepared.changed
    if dry_run:
        plan = changed + [f"write {file.out}"]
        run.out.done("would do: " + ", ".join(plan), {"dryRun": True, "steps": plan})
        return
    run.out.hide(prepared.target.security_token)
    url = file.device_url or run.hawkbit.url
    text = device.config_text(url, tenant, prepared.target, template)
    device.write_secret(file.out, text, file.force)
    if urllib.parse.urlsplit(url).hostname in _LOOPBACK:
        run.out.note(f"only this computer reaches {url}: for a board give --device-url")
    done = ", ".join(changed) or "nothing to change on the server"
    told = {"controllerId": target, "tenant": tenant, "url": url, "file": str(file.out)}
    said = f"{target} is ready ({done}); wrote {file.out}"
    run.out.done(said, {**told, "steps": changed})


def _checked(target, file, polling):
    """Refuse what cannot work before anything is changed; return the template's text."""
    device.check_controller_id(target)
    if polling is not None and not _POLLING.fullmatch(polling):
        raise UsageError(f"--polling {polling} is not HH:MM:SS")
    if file.device_url and not file.device_url.startswith(("http://", "https://")):
        raise UsageError(f"--device-url {file.device_url} has to begin with https:// or http://")
    if (file.out.exists() or file.out.is_symlink()) and not file.force:
        raise RefusedError(f"{file.out} exists: --force overwrites it, --out names another")
    if not file.out.parent.is_dir():
        raise RefusedError(f"there is no folder {file.out.parent}")
    if not file.template:
        return None
    template = file.template.read_text(encoding="utf-8-sig")
    device.check_template(template)
    return template
