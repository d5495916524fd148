"""The types of modules and sets."""

from sqlalchemy import select
from starlette.requests import Request

from .. import errors, hub
from ..bodies import Body, Id, Int32, PathId, text
from ..fields import MODULE_TYPE_FIELDS, SET_TYPE_FIELDS
from ..lookup import by_id
from ..media import Reply
from ..model import DistributionSetType, DistributionSetTypeElement, SoftwareModuleType
from ..paging import Listing, Paging
from ..store import Work
from .common import router
from .shapes import Shapes

module_types = router("/softwaremoduletypes")
set_types = router("/distributionsettypes")
MODULE_TYPES = Listing(MODULE_TYPE_FIELDS)
SET_TYPES = Listing(SET_TYPE_FIELDS)


class _TypeCreate(Body):
    key: text(1, 64, required=True)
    name: text(1, 128, required=True)
    description: text(0, 512) = None


class ModuleTypeCreate(_TypeCreate):
    max_assignments: Int32 | None = None
    min_artifacts: Int32 | None = None


class SetTypeCreate(_TypeCreate):
    mandatorymodules: list[Id] | None = None
    optionalmodules: list[Id] | None = None


@module_types.get("")
async def list_module_types(request: Request, paging: Paging):
    """All types of modules."""
    with hub.work(request) as work:
        show = Shapes(request, work).module_type
        return Reply(MODULE_TYPES.fetch(work, select(SoftwareModuleType), paging, show))


@module_types.post("")
async def create_module_types(request: Request, body: list[ModuleTypeCreate]):
    """All of the list or none."""
    with hub.work(request) as work:
        made = [
            work.add(
                SoftwareModuleType(
                    key=item.key,
                    name=item.name,
                    description=item.description,
                    max_assignments=item.max_assignments or 1,
                    min_artifacts=item.min_artifacts or 0,
                )
            )
            for item in body
        ]
        work.db.flush()
        shapes = Shapes(request, work)
        return Reply([shapes.module_type(t) for t in made], 201)


@module_types.get("/{type_id}")
async def read_module_type(request: Request, type_id: PathId):
    """One type of modules."""
    with hub.work(request) as work:
        return Reply(Shapes(request, work).module_type(by_id(work, SoftwareModuleType, type_id)))


@set_types.get("")
async def list_set_types(request: Request, paging: Paging):
    """All types of sets."""
    with hub.work(request) as work:
        show = Shapes(request, work).set_type
        return Reply(SET_TYPES.fetch(work, select(DistributionSetType), paging, show))


@set_types.post("")
async def create_set_types(request: Request, body: list[SetTypeCreate]):
    """All of the list or none, with the types of modules that a set needs and takes."""
    with hub.work(request) as work:
        made = [_create_set_type(work, item) for item in body]
        shapes = Shapes(request, work)
        return Reply([shapes.set_type(t) for t in made], 201)


def _create_set_type(work: Work, item: SetTypeCreate) -> DistributionSetType:
    made = DistributionSetType(key=item.key, name=item.name, description=item.description)
    for ids, needed in ((item.mandatorymodules, True), (item.optionalmodules, False)):
        made.elements += [
            DistributionSetTypeElement(
                module_type=by_id(work, SoftwareModuleType, i.id), mandatory=needed
            )
            for i in ids or []
        ]
    work.add(made)
    work.db.flush()
    return made


@set_types.get("/{type_id}")
async def read_set_type(request: Request, type_id: PathId):
    """One type of sets."""
    with hub.work(request) as work:
        return Reply(Shapes(request, work).set_type(by_id(work, DistributionSetType, type_id)))


@set_types.get("/{type_id}/{kind}")
async def read_elements(request: Request, type_id: PathId, kind: str):
    """mandatorymoduletypes or optionalmoduletypes: a plain list."""
    needed = {"mandatorymoduletypes": True, "optionalmoduletypes": False}.get(kind)
    if needed is None:
        raise errors.FrameworkError(404)
    with hub.work(request) as work:
        shapes = Shapes(request, work)
        elements = by_id(work, DistributionSetType, type_id).elements
        return Reply(
            [shapes.module_type(e.module_type) for e in elements if e.mandatory == needed]
        )
