"""What the Management API's resources share: routes, answers, and finding what is named."""

from fastapi import APIRouter
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from .. import errors, hub
from ..media import JSON, MediaRoute, NoContent
from ..model import DistributionSet, SoftwareModule, Target
from ..store import Work

BASE = "/rest/v1"


class MgmtRoute(MediaRoute):
    pass


class JsonOnlyRoute(MediaRoute):
    """A few resources do not know hal+json."""

    produces = (JSON,)


class JsonFirstRoute(MediaRoute):
    produces = (JSON, "application/hal+json")


def router(path: str, route_class=MgmtRoute) -> APIRouter:
    return APIRouter(prefix=BASE + path, route_class=route_class, tags=["Management"])


def done(request: Request) -> Response:
    """What was asked is done and there is nothing to say: 204, in 2023 200."""
    return Response() if hub.store(request).settings.is_2023 else NoContent()


def find_set(work: Work, set_id: int) -> DistributionSet:
    found = work.db.get(DistributionSet, set_id)
    if found is None:
        raise errors.not_found("DistributionSet", set_id)
    return found


def changeable_set(work: Work, set_id: int) -> DistributionSet:
    found = find_set(work, set_id)
    if found.deleted:
        raise errors.entity_deleted("DistributionSet", set_id)
    if not found.valid:
        raise errors.set_invalid(set_id)
    return found


def find_module(work: Work, module_id: int) -> SoftwareModule:
    found = work.db.get(SoftwareModule, module_id)
    if found is None:
        raise errors.not_found("SoftwareModule", module_id)
    return found


def changeable_module(work: Work, module_id: int) -> SoftwareModule:
    found = find_module(work, module_id)
    if found.deleted:
        raise errors.entity_deleted("SoftwareModule", module_id)
    return found


def find_target(work: Work, controller_id: str) -> Target:
    found = work.db.scalar(select(Target).where(Target.controller_id == controller_id))
    if found is None:
        raise errors.not_found("Target", controller_id)
    return found
