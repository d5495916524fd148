"""`rollouts setup`."""

import dataclasses
import re
import urllib.parse
from pathlib import Path

import typer

from rollouts.api.errors import RefusedError
from rollouts.api.transport import LOOPBACK
from rollouts.cli.command import argument, command, option, text
from rollouts.cli.exits import UsageError
from rollouts.cli.options import DryRun
from rollouts.release import device

app = typer.Typer()

# Also hawkBit's other forms: an ISO 8601 duration, and a spread such as ~20%.
_POLLING = re.compile(r"(\d\d:\d\d:\d\d|P[0-9DTHMS.]+)(~\d{1,2}%)?")


@dataclasses.dataclass
class DeviceFile:
    out: option(Path, "The device's configuration.", metavar="FILE") = Path("config.py")
    template: option(Path | None, "A config.example.py to fill in.", metavar="FILE") = None
    device_url: text("If the device reaches it elsewhere.", metavar="URL") = None
    force: option(bool, "Overwrite FILE.", "--force") = False


@command(
    app,
    "setup",
    "rollouts setup kitchen-1 --polling 00:00:30",
    "rollouts setup kitchen-1 --template config.example.py --device-url http://10.0.0.5:8080",
)
def setup(
    run,
    target: argument(str, "TARGET", "The controller id."),
    file: DeviceFile,
    dry_run: DryRun,
    name: text("Default: TARGET.") = None,
    polling: text("How often all devices poll.", metavar="HH:MM:SS") = None,
):
    """Prepare the server for a device. Writes its configuration (mode 600).

    Switches login by target token on, sets the polling time, registers the target. What
    is so already stays; a file is never overwritten without --force.
    """
    template = _checked(target, file, polling)
    tenant = run.hawkbit.user_info().tenant
    steps = device.steps(run.hawkbit, target, name, polling)
    plan = [*steps, f"write {file.out}"]
    if not dry_run.permits(run, "do: " + ", ".join(plan), steps=plan):
        return
    for take in steps.values():
        take()
    one = run.hawkbit.targets.get(target)
    run.out.hide(one.security_token)
    url = file.device_url or run.hawkbit.url
    text = device.config_text(url, tenant, one, template)
    device.write_secret(file.out, text, file.force)
    if urllib.parse.urlsplit(url).hostname in LOOPBACK:
        run.out.note(f"only this computer reaches {url}: for a board give --device-url")
    done = ", ".join(steps) or "nothing to change on the server"
    told = {"controllerId": target, "tenant": tenant, "url": url, "file": str(file.out)}
    said = f"{target} is ready ({done}); wrote {file.out}"
    run.out.done(said, {**told, "steps": list(steps)})


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
