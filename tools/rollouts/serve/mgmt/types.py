"""The types of modules and sets."""

from .. import errors
from ..bodies import Body, Id, Int32, PathId, text
from ..fields import MODULE_TYPE_FIELDS, SET_TYPE_FIELDS
from ..hub import Transaction
from ..lookup import finder
from ..media import Reply
from ..model import DistributionSetType, DistributionSetTypeElement, SoftwareModuleType
from ..paging import Listing
from ..store import Work
from .common import Entities, Show, router
from .shapes import Shapes

module_types = router("/softwaremoduletypes")
set_types = router("/distributionsettypes")
find_module_type = finder(SoftwareModuleType)
find_set_type = finder(DistributionSetType)


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


def create_module_type(work: Work, item: ModuleTypeCreate) -> SoftwareModuleType:
    values = item.model_dump()
    most, least = item.max_assignments or 1, item.min_artifacts or 0
    values |= {"max_assignments": most, "min_artifacts": least}
    return work.add(SoftwareModuleType(**values))


def create_set_type(work: Work, item: SetTypeCreate) -> DistributionSetType:
    new = DistributionSetType(key=item.key, name=item.name, description=item.description)
    for ids, needed in ((item.mandatorymodules, True), (item.optionalmodules, False)):
        new.elements += [
            DistributionSetTypeElement(module_type=find_module_type(work, i.id), mandatory=needed)
            for i in ids or []
        ]
    return work.add(new)


of_modules = Entities(
    module_types, PathId, find_module_type, Shapes.module_type, Shapes.module_type
)
of_modules.offer_list(Listing(MODULE_TYPE_FIELDS), SoftwareModuleType)
of_modules.offer_create(ModuleTypeCreate, create_module_type)
of_sets = Entities(set_types, PathId, find_set_type, Shapes.set_type, Shapes.set_type)
of_sets.offer_list(Listing(SET_TYPE_FIELDS), DistributionSetType)
of_sets.offer_create(SetTypeCreate, create_set_type)


@set_types.get("/{type_id}/{kind}")
async def read_elements(work: Transaction, show: Show, type_id: PathId, kind: str):
    """mandatorymoduletypes or optionalmoduletypes: a plain list."""
    needed = {"mandatorymoduletypes": True, "optionalmoduletypes": False}.get(kind)
    if needed is None:
        raise errors.FrameworkError(404)
    elements = find_set_type(work, type_id).elements
    return Reply([show.module_type(e.module_type) for e in elements if e.mandatory == needed])
