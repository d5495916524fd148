"""Lists: `limit`, `offset`, `sort` and `q`, and the envelope of a page."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import Select, asc, desc, func, select

from . import errors, rsql
from .rsql import Field
from .store import Work

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
_DIRECTIONS = {"asc": asc, "desc": desc}


class PageQuery(BaseModel):
    """What hawkBit makes of odd numbers: below 1 the default, above 500 500, silently."""

    limit: int = DEFAULT_LIMIT
    offset: int = 0
    sort: str | None = None
    q: str | None = None


Paging = Annotated[PageQuery, Query()]


def page(items: list, total: int) -> dict:
    return {"content": items, "total": total, "size": len(items)}


class Listing:
    """A kind of list: what can be searched and sorted, and how it is sorted unasked."""

    def __init__(self, fields: dict[str, Field], default_sort: str = "id:ASC", sort_fields=None):
        self.fields = fields
        self.sort_fields = sort_fields or fields
        self.default_sort = default_sort

    def fetch(self, work: Work, rows: Select, paging: PageQuery, show: Callable) -> dict:
        """The page of `rows` that was asked for, each row through `show`."""
        if paging.q is not None:
            rows = rows.where(rsql.to_sql(paging.q, self.fields))
        rows = rows.order_by(None)
        total = work.db.scalar(select(func.count()).select_from(rows.subquery()))
        limit = min(paging.limit, MAX_LIMIT) if paging.limit > 0 else DEFAULT_LIMIT
        wanted = (
            rows.order_by(*self._order(paging.sort or self.default_sort))
            .limit(limit)
            .offset(max(paging.offset, 0))
        )
        return page([show(row) for row in work.db.scalars(wanted)], total)

    def _order(self, sort: str) -> list:
        order = []
        for criterion in sort.split(","):
            name, colon, direction = criterion.strip().partition(":")
            if not colon:
                raise errors.sort_syntax()
            field = self.sort_fields.get(name.lower())
            if field is None or field.column is None or field.within:
                raise errors.sort_field(name)
            if direction.lower() not in _DIRECTIONS:
                raise errors.sort_direction(direction)
            directed = _DIRECTIONS[direction.lower()]
            order.append(directed(field.column))
        if "id" in self.sort_fields:
            # Equals follow each other by id, in the direction asked for last.
            order.append(directed(self.sort_fields["id"].column))
        return order
