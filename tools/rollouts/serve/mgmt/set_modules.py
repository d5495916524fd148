"""The modules of a distribution set."""

from sqlalchemy import select

from .. import errors
from ..bodies import Id, PathId
from ..fields import MODULE_FIELDS
from ..hub import Transaction
from ..lookup import changeable_set, find_module, find_set
from ..media import Reply
from ..model import SetModule, SoftwareModule
from ..paging import Listing, PageQuery, Paging
from .common import Show, done, router
from .sets import add_modules, known_modules

resources = router("/distributionsets/{set_id}/assignedSM")
LISTING = Listing(MODULE_FIELDS)


@resources.get("")
async def list_modules(work: Transaction, show: Show, set_id: PathId, paging: Paging):
    """The set's modules. hawkBit has no `q` here; the reference of 2023 has."""
    find_set(work, set_id)
    rows = (
        select(SoftwareModule)
        .join(SetModule, SetModule.module_id == SoftwareModule.id)
        .where(SetModule.set_id == set_id)
    )
    if not work.settings.rules.searches_parts:
        paging = PageQuery(limit=paging.limit, offset=paging.offset, sort=paging.sort)
    return Reply(LISTING.fetch(work, rows, paging, show.module))


@resources.post("")
async def assign_modules(work: Transaction, set_id: PathId, body: list[Id]):
    """Add modules to a set that is not locked."""
    found = changeable_set(work, set_id)
    modules = known_modules(work, [m.id for m in body])
    if found.locked:
        raise errors.locked("DistributionSet", set_id, "to add a module")
    add_modules(work, found, modules)
    work.touch(found)
    return done()


@resources.delete("/{module_id}")
async def remove_module(work: Transaction, set_id: PathId, module_id: PathId):
    """Take a module out; one that is not in is no error."""
    found = changeable_set(work, set_id)
    if found.locked:
        raise errors.locked("DistributionSet", set_id, "to remove a module")
    module = find_module(work, module_id)
    if module in found.modules:
        found.modules.remove(module)
        work.touch(found)
    return done()
