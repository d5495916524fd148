"""The types of modules and sets that a fresh hawkBit has, with the ids they had there."""

from sqlalchemy import select

from .model import DistributionSetType, DistributionSetTypeElement, SoftwareModuleType

DEFAULT_SET_TYPE = "os_app"
_UNLIMITED = 2**31 - 1

_MODULE_TYPES = (
    ("application", "Application", "Application Addons", _UNLIMITED),
    ("os", "OS", "Core firmware or operating system", 1),
)
_SET_TYPES = (
    ("os_app", "OS with app(s)", {"os": True, "application": False}),
    ("app", "App(s) only", {"application": True}),
    ("os", "OS only", {"os": True}),
)


def add_default_types(work) -> None:
    """Add them to a database that has no types yet."""
    if work.db.scalar(select(SoftwareModuleType.id).limit(1)):
        return
    modules = {}
    for key, name, description, most in _MODULE_TYPES:
        modules[key] = work.add(
            SoftwareModuleType(key=key, name=name, description=description, max_assignments=most)
        )
    for key, name, elements in _SET_TYPES:
        set_type = DistributionSetType(key=key, name=name, description=f"Default type: {name}.")
        set_type.elements = [
            DistributionSetTypeElement(module_type=modules[k], mandatory=needed)
            for k, needed in elements.items()
        ]
        work.add(set_type)
