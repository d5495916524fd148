"""What CPython lacks of the module `micropython`: only `const`."""


def const(value):
    """Return `value`: CPython has no compile-time constants."""
    return value
