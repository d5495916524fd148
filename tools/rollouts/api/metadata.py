"""Metadata: the same five calls on distribution sets, software modules and targets."""

from collections.abc import Sequence

from rollouts.api import paging, wire
from rollouts.api.models import MetadataEntry
from rollouts.api.transport import Transport, path


class Metadata:
    """The entries below one entity's path, e.g. /distributionsets/7/metadata."""

    def __init__(self, transport: Transport, *owner: str | int):
        self._transport = transport
        self._owner = (*owner, "metadata")

    def find(self, query: str | None = None, sort: str = "key:ASC") -> list[MetadataEntry]:
        """Return all entries. hawkBit since 0.9 ignores `query` and `sort` here."""
        return paging.read(self._transport, path(*self._owner), MetadataEntry, query, sort)

    def create(self, entries: Sequence[MetadataEntry]) -> None:
        """Add entries. Of a key that exists, a server of 2023 says 409, hawkBit >= 0.9 replaces
        the value; not a target's, and a module's only if it comes alone."""
        self._transport.post(path(*self._owner), wire.encode(list(entries)))

    def get(self, key: str) -> MetadataEntry:
        return wire.decode(MetadataEntry, self._transport.get(path(*self._owner, key)))

    def update(self, key: str, value: str, target_visible: bool | None = None) -> None:
        """A module's entry needs `target_visible`: hawkBit answers 500 without."""
        entry = MetadataEntry(key=key, value=value, target_visible=target_visible)
        self._transport.put(path(*self._owner, key), wire.encode(entry))

    def delete(self, key: str) -> None:
        self._transport.delete(path(*self._owner, key))
