"""Imports as resources: begun, read, and the rows they refused. `running.store` moves them on."""

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from gateway.auth.caller import Caller
from gateway.imports.model import Counts, Import, RefusedRow
from gateway.imports.reading.records import Place
from gateway.unreadable import of_row
from services.runtime.errors import Aborted
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)
# Rows may have 64 KiB each.
_REFUSED_PAGE = 100


class ImportStore:
    """Raises what `Postgres` raises."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def get(self, account_id: int, import_id: int) -> Import | None:
        """One import, or None."""
        row = await self._postgres.fetch_row(_SQL.get, account_id, import_id)
        return row and stored(row)

    async def page(
        self, account_id: int, before_id: int, limit: int, *, is_finished: bool | None
    ) -> Sequence[Any]:
        """The newest imports before this one; finished ones, open ones, or (None) all. For `stored`."""
        return await self._postgres.fetch(_SQL.list, account_id, before_id, is_finished, limit)

    async def begin(self, who: Caller, request_id: UUID, options_hash: bytes, size: int, kind: str) -> Import:
        """The import of this request_id, new or as far as it has come."""
        async with self._postgres.transaction() as connection:
            new = await connection.fetchval(_SQL.begin, who.account_id, request_id, options_hash, size, kind)
            if new is not None:
                await connection.execute(
                    _SQL.audit, who.account_id, who.api_key_id, who.method, f"imports/{new}", request_id
                )
            row = await connection.fetchrow(_SQL.find, who.account_id, request_id)
        if row is None:
            raise Aborted("the import was just forgotten; try again")
        return stored(row)

    async def refused_rows(
        self, account_id: int, import_id: int, after: int
    ) -> AsyncIterator[list[RefusedRow]]:
        """The refused rows behind a line, in the order of the file, page by page."""
        while rows := await self._postgres.fetch(
            _SQL.refused_rows, import_id, after, _REFUSED_PAGE, account_id
        ):
            yield [
                RefusedRow(row["line"], row["reason"], row["because"], json.loads(row["cells"]))
                for row in rows
            ]
            after = rows[-1]["line"]


@of_row(lambda row: f"imports/{row['id']}")
def stored(row: Any) -> Import:
    """An import by its row."""
    return Import(
        id=row["id"],
        request_id=str(row["request_id"]),
        options_hash=row["options_hash"],
        size=row["size"],
        head_hash=row["head_hash"],
        plan_json=row["plan"],
        place=Place(row["byte_offset"], row["line"]),
        counts=Counts.from_json(row["counts"]),
        created_at=row["created_at"],
        finished_at=row["finished_at"],
        kind=row["kind"],
    )
