"""The servers that device tests ask for by NEEDS; each is started once per session."""

from collections.abc import Iterable


def variables(needs: Iterable[str]) -> dict[str, str]:
    """Start what `needs` and return its environment variables."""
    env = {}
    for name in needs:
        if name not in _PROVIDERS:
            raise KeyError(f"NEEDS: no {name!r}; there are {', '.join(sorted(_PROVIDERS))}")
        env.update(_PROVIDERS[name]())
    return env


_PROVIDERS = {}
