"""The imports of an account, as far as they have come."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.imports.tally import Tally
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)


@dataclass(frozen=True)
class Stored:
    """An import; `byte_offset` is the place up to which all is done."""

    id: int
    request_id: str
    size: int
    byte_offset: int
    tally: Tally
    created_at: datetime
    finished_at: datetime | None


class ListingStore:
    """Raises what `Postgres` raises."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def get(self, account_id: int, import_id: int) -> Stored | None:
        """One import, or None."""
        row = await self._postgres.fetch_row(_SQL.get, account_id, import_id)
        return row and _stored(row)

    async def page(
        self, account_id: int, before_id: int, limit: int, *, is_finished: bool | None
    ) -> list[Stored]:
        """The newest imports before this one; finished ones, open ones, or (None) all."""
        rows = await self._postgres.fetch(_SQL.list, account_id, before_id, is_finished, limit)
        return [_stored(row) for row in rows]


def _stored(row: Any) -> Stored:
    return Stored(
        id=row["id"],
        request_id=str(row["request_id"]),
        size=row["size"],
        byte_offset=row["byte_offset"],
        tally=Tally.from_json(row["counts"]),
        created_at=row["created_at"],
        finished_at=row["finished_at"],
    )
