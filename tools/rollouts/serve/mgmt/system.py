"""The tenant's configuration, and who is logged in."""

from typing import Any

from .. import config
from ..bodies import Body
from ..hub import Transaction
from ..media import Reply
from ..model import ConfigValue
from ..store import Work
from .common import Show, done, router
from .shapes import Shapes, audit

resources = router("/system/configs")
user = router("/userinfo")


class Setting(Body):
    value: Any


@resources.get("")
async def list_config(work: Transaction, show: Show):
    """All keys. Here, and only here, hawkBit writes `links` as a list."""
    found = {}
    for key in config.KEYS:
        shape = _shape(work, show, key)
        shape["links"] = [{"rel": r, **link} for r, link in shape.pop("_links").items()]
        found[key] = shape
    return Reply(found)


@resources.get("/{key}")
async def read_config(work: Transaction, show: Show, key: str):
    """One key; `global` says that it is the server's default."""
    return Reply(_shape(work, show, key))


def _shape(work: Work, show: Shapes, key: str) -> dict:
    shape = {"value": config.get(work, key)}
    stored = work.db.get(ConfigValue, key)
    shape["global"] = stored is None
    if stored is not None:
        shape |= audit(stored)
    shape["_links"] = {"self": show.links.mgmt(f"system/configs/{key}")}
    return shape


@resources.put("/{key}")
async def write_config(work: Transaction, show: Show, key: str, body: Setting):
    """Set one key."""
    config.put(work, key, body.value)
    if work.settings.rules.echoes:
        return Reply(_shape(work, show, key))
    return done()


@resources.put("")
async def write_configs(work: Transaction, body: dict[str, Any]):
    """Set several keys, all or none."""
    for key, value in body.items():
        config.put(work, key, value)
    return done()


@resources.delete("/{key}")
async def reset_config(work: Transaction, key: str):
    """Back to the server's default."""
    config.delete(work, key)
    return done()


@user.get("")
async def userinfo(work: Transaction):
    """Tenant and user name: a check of the login."""
    who = {"tenant": work.settings.tenant, "username": work.settings.user}
    return Reply({**who, "permissions": ["ROLE_TENANT_ADMIN"]})
