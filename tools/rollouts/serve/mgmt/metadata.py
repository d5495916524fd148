"""Metadata of sets, modules and targets: the same five requests for each."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BeforeValidator, Field
from sqlalchemy import select
from starlette.responses import Response

from .. import errors
from ..bodies import Body, PathId, Text, needed_or_500
from ..hub import Transaction
from ..lookup import changeable_module, find_module, find_set, find_target, valid_set
from ..media import Reply
from ..model import DistributionSetMetadata, SoftwareModuleMetadata, TargetMetadata
from ..paging import Listing, Paging, page
from ..rsql import Field as Name
from ..store import Work
from .common import JsonOnlyRoute, done, router

MAX_KEY = 128
MAX_VALUE = 4000

_Needed = Annotated[
    str, BeforeValidator(needed_or_500), Field(default=None, validate_default=True)
]


class Entry(Body):
    key: _Needed
    value: _Needed
    target_visible: bool | None = None


class Value(Body):
    value: Text
    target_visible: bool | None = None


@dataclass(frozen=True)
class Metadata:
    """The metadata of one kind of owner; `find` and `change` find it for reading and writing.

    `overwrites`: of how many entries a POST may be that gives known keys new values.
    """

    path: str
    table: Any
    owner_id: Any
    find: Callable
    change: Callable
    overwrites: float

    def routers(self) -> tuple[APIRouter, APIRouter]:
        resources, single = router(self.path), router(self.path, JsonOnlyRoute)
        self._offer_reading(resources, single)
        self._offer_making(resources)
        self._offer_changing(resources)
        return resources, single

    def _offer_reading(self, resources: APIRouter, single: APIRouter) -> None:
        @resources.get("/{owner}/metadata")
        async def list_metadata(work: Transaction, owner: self.owner_id, paging: Paging):
            """All entries; hawkBit takes no paging, sort or q here."""
            found = self.find(work, owner)
            rows = select(self.table).where(self.table.owner_id == found.id)
            if work.settings.rules.searches_parts:
                names = {"key": Name(self.table.key), "value": Name(self.table.value)}
                return Reply(Listing(names, "key:ASC").fetch(work, rows, paging, self.shape))
            shapes = [self.shape(r) for r in work.db.scalars(rows.order_by(self.table.key))]
            return Reply(page(shapes, len(shapes)))

        @single.get("/{owner}/metadata/{key}")
        async def read_metadata(work: Transaction, owner: self.owner_id, key: str):
            """One entry, as application/json only."""
            return Reply(self.shape(self._row(work, self.find(work, owner), key)))

    def _offer_making(self, resources: APIRouter) -> None:
        @resources.post("/{owner}/metadata")
        async def create_metadata(work: Transaction, owner: self.owner_id, body: list[Entry]):
            """Add entries; existing keys are overwritten."""
            found = self.change(work, owner)
            if len(body) > self.overwrites or not work.settings.rules.overwrites_metadata:
                for item in body:
                    if work.db.get(self.table, (found.id, item.key)) is not None:
                        raise errors.already_exists(f"There is an entry {item.key!r} already.")
            rows = [self._put(work, found, i.key, i.value, bool(i.target_visible)) for i in body]
            work.touch(found)
            if work.settings.rules.echoes:
                return Reply([self.shape(row) for row in rows], 201)
            return Response(status_code=201)

    def _offer_changing(self, resources: APIRouter) -> None:
        @resources.put("/{owner}/metadata/{key}")
        async def update_metadata(work: Transaction, owner: self.owner_id, key: str, body: Value):
            """Set one entry."""
            found = self.change(work, owner)
            if not work.settings.rules.overwrites_metadata:
                self._row(work, found, key)
            elif self.table is SoftwareModuleMetadata and body.target_visible is None:
                raise errors.FrameworkError(500)  # hawkBit 1.0.4 and 1.1.0 fall over here
            row = self._put(work, found, key, body.value, body.target_visible)
            work.touch(found)
            return Reply(self.shape(row)) if work.settings.rules.echoes else done()

        @resources.delete("/{owner}/metadata/{key}")
        async def delete_metadata(work: Transaction, owner: self.owner_id, key: str):
            """Remove one entry."""
            found = self.change(work, owner)
            work.db.delete(self._row(work, found, key))
            work.touch(found)
            return done()

    def shape(self, row) -> dict:
        shape = {"key": row.key, "value": row.value}
        if self.table is SoftwareModuleMetadata:
            shape["targetVisible"] = row.target_visible
        return shape

    def _row(self, work: Work, found, key: str):
        row = work.db.get(self.table, (found.id, key))
        if row is None:
            kind = self.table.__name__.removesuffix("Metadata")
            raise errors.not_found("Metadata", f"{kind}:{found.id}:{key}")
        return row

    def _put(self, work: Work, found, key: str, value: str, visible: bool | None):
        if not 1 <= len(key) <= MAX_KEY or len(value) > MAX_VALUE:
            raise errors.integrity(
                f"A key has 1 to {MAX_KEY} characters, a value at most {MAX_VALUE}."
            )
        row = work.db.get(self.table, (found.id, key))
        if row is None:
            count = work.count(self.table.owner_id == found.id)
            errors.check_quota("Metadata", count + 1, work.settings.max_metadata)
            row = self.table(owner_id=found.id, key=key)
            work.db.add(row)
        row.value = value
        if self.table is SoftwareModuleMetadata and visible is not None:
            row.target_visible = visible
        work.db.flush()
        return row


_KINDS = (
    Metadata("/distributionsets", DistributionSetMetadata, PathId, find_set, valid_set, math.inf),
    Metadata(
        "/softwaremodules", SoftwareModuleMetadata, PathId, find_module, changeable_module, 1
    ),
    Metadata("/targets", TargetMetadata, str, find_target, find_target, 0),
)
ROUTERS = [router for kind in _KINDS for router in kind.routers()]
