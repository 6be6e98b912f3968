"""Writes the rows of a batch; finds the one row that a statement fails on.

A statement writes all rows of a batch, and Postgres does not say which of them it does not take. So a batch
that fails is written again in halves, each under a savepoint, down to the one row, which is refused.
"""

from collections.abc import Sequence

import asyncpg

from gateway.idempotency.store import Connection
from gateway.imports.errors import internal
from gateway.imports.model import Counts, RefusedRow
from gateway.imports.rows.batch import Batch
from gateway.imports.rows.mapper import Row
from gateway.leads.bulk.writer import BulkWriter, Conflict
from gateway.leads.model import MAX_ATTRIBUTES
from gateway.leads.wishes.writer import WishWriter
from services.reasons import Reason
from services.runtime.containment import report
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)

ROW_ERRORS = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
)
"""What a statement raises for a value of one row. Any other error is none of the rows'."""

# Why the lead that is there refuses a row.
_CONFLICTS = {
    Conflict.ENROLLED: (
        Reason.LEAD_ENROLLED,
        "device: another device takes this person through a sequence; leave the cell empty until it ends",
    ),
    Conflict.TOO_MANY_ATTRIBUTES: (
        "TOO_MANY_ATTRIBUTES",
        f"would give its lead more than {MAX_ATTRIBUTES} attributes; leave some columns out",
    ),
}
Written = tuple[Counts, list[RefusedRow]]


class RowWriter:
    """Writes on the connection of a batch's transaction. `device_id`: for new leads without a device."""

    def __init__(
        self,
        connection: Connection,
        account_id: int,
        import_id: int,
        device_id: int | None,
        *,
        kind: str = "leads",
    ) -> None:
        self._connection = connection
        self._account_id = account_id
        self._import_id = import_id
        self._device_id = device_id
        self._kind = kind
        self._wishes = WishWriter(connection, account_id, import_id)

    @property
    def suppressed(self) -> list[bytes]:
        """The hashes of the people whom the batch has suppressed."""
        return self._wishes.suppressed

    @property
    def refused(self) -> list[bytes]:
        """The hashes of the people who said no in the batch, and had given no permission."""
        return self._wishes.refused

    async def write(self, batch: Batch, *, by_halves: bool) -> Written:
        """What became of the rows, and the refused ones. Raises one of `ROW_ERRORS` unless `by_halves`."""
        if not batch.rows and not batch.objections and not batch.others:
            return Counts(), []
        await self._connection.fetch(_SQL.set_up)
        if self._kind == "suppressions":
            new = await self._wishes.write([row.entry for row in batch.rows])
            await self._wishes.write(batch.others)
            count = len(batch.rows)
            return Counts(created=new, unchanged=count - new, suppressed=count, opted_out=count), []
        write = self._write_by_halves if by_halves else self._write
        counts, refused = await write(batch, batch.rows)
        saying = [row.entry for row in [*batch.rows, *batch.objections]]
        await self._wishes.write(saying)
        return counts.plus(await self._wish_counts(batch, refused)), refused

    async def _wish_counts(self, batch: Batch, refused: Sequence[RefusedRow]) -> Counts:
        """Of the leads of a batch those who are suppressed, also by the batch."""
        lines = {each.line for each in refused}
        hashes = [form for row in batch.rows if row.line not in lines for form in row.entry.hashes]
        return Counts(
            suppressed=await self._connection.fetchval(_SQL.count_suppressed, self._account_id, hashes),
            opted_out=sum(bool(row.entry.opted_out) for row in [*batch.rows, *batch.objections]),
        )

    async def _write_by_halves(self, batch: Batch, rows: Sequence[Row]) -> Written:
        try:
            async with self._connection.transaction():
                return await self._write(batch, rows)
        except ROW_ERRORS as error:
            if len(rows) == 1:
                line = rows[0].line
                report("gateway.import.row", error, import_id=self._import_id, line=line)
                return Counts(), [RefusedRow(line, *internal(), batch.cells[line])]
        half = len(rows) // 2
        first, first_refused = await self._write_by_halves(batch, rows[:half])
        second, second_refused = await self._write_by_halves(batch, rows[half:])
        return first.plus(second), first_refused + second_refused

    async def _write(self, batch: Batch, rows: Sequence[Row]) -> Written:
        entries = [row.entry for row in rows]
        writer = BulkWriter(self._connection, self._account_id, merge=True, device_id=self._device_id)
        written = await writer.write(entries)
        refused = [
            RefusedRow(row.line, *_CONFLICTS[conflict], batch.cells[row.line])
            for row in rows
            if (conflict := written.conflicts.get(row.entry.draft.phone))
        ]
        leads = [entry for entry in entries if entry.draft.phone not in written.conflicts]
        created, updated = len(written.created), len(written.updated)
        counts = Counts(
            created=created,
            updated=updated,
            unchanged=len(leads) - created - updated,
            without_consent=sum(not written.is_consented(entry) for entry in leads),
        )
        return counts, refused
