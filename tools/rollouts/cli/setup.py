"""`rollouts setup`."""

import dataclasses
import urllib.parse
from pathlib import Path
from typing import Annotated

import typer

from rollouts.api.errors import RefusedError
from rollouts.cli.command import command
from rollouts.cli.options import DryRun
from rollouts.release import device

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclasses.dataclass
class DeviceFile:
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The device's configuration.")
    ] = Path("config.py")
    device_url: Annotated[
        str | None,
        typer.Option("--device-url", metavar="URL", help="If the device reaches it elsewhere."),
    ] = None
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE.")] = False


def add_to(app):
    @command(app, "setup", example="rollouts setup kitchen-1 --polling 00:00:30")
    def setup(
        run,
        target: Annotated[str, typer.Argument(metavar="TARGET", help="The controller id.")],
        file: DeviceFile,
        name: Annotated[str | None, typer.Option("--name", help="Default: TARGET.")] = None,
        polling: Annotated[
            str | None,
            typer.Option("--polling", metavar="HH:MM:SS", help="How often all devices poll."),
        ] = None,
        dry_run: DryRun = False,
    ):
        """Prepare the server for a device and write the device's configuration (mode 600).

        Switches login by target token on, sets the polling time, registers the target. What
        is so already stays; a file is never overwritten without --force.
        """
        device.check_controller_id(target)
        if (file.out.exists() or file.out.is_symlink()) and not file.force:
            raise RefusedError(f"{file.out} exists: --force overwrites it, --out names another")
        tenant = run.hawkbit.user_info().tenant
        prepared = device.prepare(run.hawkbit, target, name, polling, not dry_run)
        changed = prepared.changed
        if dry_run:
            plan = changed + [f"write {file.out}"]
            run.out.done("would do: " + ", ".join(plan), {"dryRun": True, "steps": plan})
            return
        run.out.hide(prepared.target.security_token)
        url = file.device_url or run.hawkbit.url
        device.write_secret(file.out, device.config_text(url, tenant, prepared.target), file.force)
        if urllib.parse.urlsplit(url).hostname in _LOOPBACK:
            run.out.note(f"a board cannot reach {url}: --device-url names the address it can")
        done = ", ".join(changed) or "nothing to change on the server"
        told = {"target": target, "tenant": tenant, "url": url, "file": str(file.out)}
        text = f"{target} is ready ({done}); wrote {file.out}"
        run.out.done(text, {**told, "steps": changed})
