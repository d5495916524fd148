"""Where the server is and who asks: ROLLOUTS_* variables, or a profile file of mode 600.

Never arguments: those are seen by every user of the machine, and stay in the shell's history.
"""

import os
import stat
import tomllib
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

from rollouts.api.transport import LOOPBACK
from rollouts.cli.exits import UsageError

KEYS = ("url", "tenant", "user", "password", "ca")
_DEFAULT_PROFILE = "default"


@dataclass(frozen=True)
class Settings:
    url: str
    user: str
    password: str = field(repr=False)
    tenant: str | None = None
    ca: str | None = None

    def warning(self):
        """Return a line about a password that goes over the net in the clear, or None."""
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme != "http" or parts.hostname in LOOPBACK:
            return None
        return f"warning: {parts.hostname} is asked over http, the password goes unencrypted"


def load(profile=None, ca=None, environ=None):
    """Return Settings. `profile`, `ca`: from the command line. Raises UsageError.

    A variable wins over the profile, value by value; but a profile lends nothing to a
    ROLLOUTS_URL that is not its own: its password belongs to its server.
    """
    environ = os.environ if environ is None else environ
    given = {key: environ.get(f"ROLLOUTS_{key.upper()}") or None for key in KEYS}
    stored = _profile(profile, environ)
    if given["url"] and given["url"] != stored.get("url"):
        stored = {}
    merged = {key: given[key] or stored.get(key) for key in KEYS}
    merged["ca"] = ca or merged["ca"]
    missing = [f"ROLLOUTS_{key.upper()}" for key in ("url", "user", "password") if not merged[key]]
    if missing:
        raise UsageError(
            f"{' and '.join(missing)} not set: set the variables or write {_file(environ)} "
            "(mode 600) with url, user, password and tenant below [default]"
        )
    return Settings(**merged)


def _file(environ):
    named = environ.get("ROLLOUTS_CONFIG")
    if named:
        return Path(named)
    base = environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "rollouts" / "profiles.toml"


def _profile(wanted, environ):
    """Return one section of the profile file, {} when neither is asked for nor there."""
    wanted = wanted or environ.get("ROLLOUTS_PROFILE") or None
    file = _file(environ)
    if not file.exists():
        if wanted or environ.get("ROLLOUTS_CONFIG"):
            raise UsageError(f"there is no profile file {file}")
        return {}
    profiles = _read(file)
    name = wanted or _DEFAULT_PROFILE
    if name in profiles:
        return _checked(file, name, profiles[name])
    if wanted:
        raise UsageError(f"{file} has no profile [{wanted}]; it has: {', '.join(profiles)}")
    return {}


def _read(file):
    mode = stat.S_IMODE(file.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        raise UsageError(f"{file} has mode {mode:o} and holds a password: chmod 600 {file}")
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {type(error).__name__}") from error
    except tomllib.TOMLDecodeError as error:
        # Its text names a place, never the content.
        raise UsageError(f"{file} is no TOML: {error}") from error


def _checked(file, name, section):
    if not isinstance(section, dict):
        raise UsageError(f"{file}: [{name}] has to be a section")
    for key, value in section.items():
        if key not in KEYS:
            raise UsageError(f"{file}: [{name}] knows {', '.join(KEYS)}, not {key!r}")
        if not isinstance(value, str):
            raise UsageError(f"{file}: {key} in [{name}] has to be a string")
    return section
