"""The tenant's configuration, and who is logged in."""

from typing import Any

from starlette.requests import Request

from .. import config, hub
from ..bodies import Body
from ..links import Links
from ..media import Reply
from ..model import ConfigValue
from ..store import Work
from .common import done, router

resources = router("/system/configs")
user = router("/userinfo")


class Setting(Body):
    value: Any


@resources.get("")
async def list_config(request: Request):
    """All keys. Here, and only here, hawkBit writes `links` as a list."""
    with hub.work(request) as work:
        found = {}
        for key in config.KEYS:
            shape = _shape(request, work, key)
            shape["links"] = [{"rel": r, **link} for r, link in shape.pop("_links").items()]
            found[key] = shape
    return Reply(found)


@resources.get("/{key}")
async def read_config(request: Request, key: str):
    """One key; `global` says that it is the server's default."""
    with hub.work(request) as work:
        return Reply(_shape(request, work, key))


def _shape(request: Request, work: Work, key: str) -> dict:
    shape = {"value": config.get(work, key)}
    stored = work.db.get(ConfigValue, key)
    shape["global"] = stored is None
    if stored is not None:
        shape |= {
            "lastModifiedAt": stored.last_modified_at,
            "lastModifiedBy": stored.last_modified_by,
            "createdAt": stored.created_at,
            "createdBy": stored.created_by,
        }
    shape["_links"] = {"self": Links(request).mgmt(f"system/configs/{key}")}
    return shape


@resources.put("/{key}")
async def write_config(request: Request, key: str, body: Setting):
    """Set one key."""
    with hub.work(request) as work:
        config.put(work, key, body.value)
        if work.settings.rules.echoes:
            return Reply(_shape(request, work, key))
    return done()


@resources.put("")
async def write_configs(request: Request, body: dict[str, Any]):
    """Set several keys, all or none."""
    with hub.work(request) as work:
        for key, value in body.items():
            config.put(work, key, value)
    return done()


@resources.delete("/{key}")
async def reset_config(request: Request, key: str):
    """Back to the server's default."""
    with hub.work(request) as work:
        config.delete(work, key)
    return done()


@user.get("")
async def userinfo(request: Request):
    """Tenant and user name: a check of the login."""
    settings = hub.store(request).settings
    return Reply(
        {
            "tenant": settings.tenant,
            "username": settings.user,
            "permissions": ["ROLE_TENANT_ADMIN"],
        }
    )
