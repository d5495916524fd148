"""The part of a module as a device sees it, and as it is signed. Source: DataConversionHelper."""

# hawkBit's old names of two module types; the rest goes out as it is.
_PARTS = {"application": "bApp", "runtime": "jvm"}


def part(module_type: str) -> str:
    """Return what devices call the module type with this key."""
    return _PARTS.get(module_type, module_type)
