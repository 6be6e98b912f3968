"""The batches of an import, written with the place in the file where each ends.

Authority: the place in the import's row. A batch is written in one transaction that begins by locking the
row and finding it at the place where the batch begins, and ends by moving it to where the batch ends. So
each row of a file is written once, whichever process dies, and of two calls with one import the slower is
refused.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from gateway.idempotency.store import REPEATED, Connection
from gateway.imports.cells.text import storable
from gateway.imports.model import Counts, Import, RefusedRow
from gateway.imports.reading.records import Place
from gateway.imports.rows.account import Account
from gateway.imports.rows.batch import Batch
from gateway.imports.rows.phone_set import packed
from gateway.imports.rows.store import ROW_ERRORS, RowWriter
from gateway.leads.model import Entry
from gateway.leads.store import LeadStore
from gateway.zones.store import Zones
from services.consent.phone_hash import PhoneHashes
from services.journal.journal import Journal
from services.journal.record import of_import
from services.reasons import Reason
from services.runtime.errors import Aborted
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries
from services.runtime.retry import Retry

_SQL = Queries.beside(__file__)
# Two imports of the same people, in opposite orders, stop each other again and again: some seconds of pauses.
_TRIES = 6
_HASHES_PAGE = 16


class Foreseen(NamedTuple):
    """What is known of a person before an import."""

    is_known: bool
    is_consented: bool
    is_refused: bool
    is_suppressed: bool


class BatchStore:
    """Raises what `Postgres` raises."""

    def __init__(
        self,
        postgres: Postgres,
        leads: LeadStore,
        zones: Zones,
        hashes: PhoneHashes,
        journal: Journal | None = None,
    ) -> None:
        """`journal` keeps what lists suppress for a database that forgets it."""
        self._journal = journal
        self._postgres = postgres
        self._leads = leads
        self._zones = zones
        self._hashes = hashes

    async def account(self, account_id: int) -> tuple[Account, str]:
        """What rows may refer to, and the account's country."""
        async with self._postgres.connection() as connection:
            row = await connection.fetchrow(_SQL.account, account_id)
            triggers = await self._leads.triggers(connection, account_id)
            devices = await connection.fetch(_SQL.devices, account_id)
        ids = {str(each["id"]): each["id"] for each in devices} | {
            each["phone"]: each["id"] for each in devices
        }
        zones = await self._zones.known()
        zone = ZoneInfo(row["timezone"])
        country = row["country"]
        return Account.of(account_id, zone, triggers, ids, zones, self._hashes, country), country

    async def phone_hashes(self, account_id: int, import_id: int) -> AsyncIterator[bytes]:
        """The hashes of the numbers written so far, page by page."""
        after = -1
        while rows := await self._postgres.fetch(
            _SQL.phone_hashes, import_id, after, _HASHES_PAGE, account_id
        ):
            for row in rows:
                yield row["hashes"]
            after = rows[-1]["byte_offset"]

    async def foreseen(self, account_id: int, entries: Sequence[Entry]) -> list[Foreseen]:
        """What is known of the people of a batch, in its order; nothing is written."""
        rows = await self._postgres.fetch(
            _SQL.foresee,
            account_id,
            [entry.draft.phone for entry in entries],
            [form for entry in entries for form in entry.hashes],
            [place for place, entry in enumerate(entries, 1) for _ in entry.hashes],
        )
        return [Foreseen(*row) for row in rows]

    async def write(
        self, account_id: int, begun: Import, batch: Batch, head_hash: bytes, device_id: int | None
    ) -> Counts:
        """Writes a batch and moves the import to its end; the import's counts with the batch.

        Raises `Aborted` when the import is not where the batch begins, `FailedPrecondition` when a lead
        needs a device and the account has none to give.
        """
        try:
            return await self._repeated(account_id, begun, batch, head_hash, device_id)
        except ROW_ERRORS:
            # One row stops that row: written by halves, the batch finds out which.
            return await self._repeated(account_id, begun, batch, head_hash, device_id, by_halves=True)

    async def _repeated(
        self,
        account_id: int,
        begun: Import,
        batch: Batch,
        head_hash: bytes,
        device_id: int | None,
        *,
        by_halves: bool = False,
    ) -> Counts:
        retry = Retry(None)
        for _ in range(_TRIES - 1):
            try:
                return await self._write(account_id, begun, batch, head_hash, device_id, by_halves=by_halves)
            except Aborted as error:
                if error.reason not in REPEATED:
                    raise
                await retry.pause(error)
        return await self._write(account_id, begun, batch, head_hash, device_id, by_halves=by_halves)

    async def _write(
        self,
        account_id: int,
        begun: Import,
        batch: Batch,
        head_hash: bytes,
        device_id: int | None,
        *,
        by_halves: bool,
    ) -> Counts:
        async with self._postgres.transaction() as connection:
            await _fence(connection, account_id, begun.id, batch.begin)
            writer = RowWriter(connection, account_id, begun.id, device_id, kind=begun.kind)
            written, refused = await writer.write(batch, by_halves=by_halves)
            if self._journal is not None:
                # Before the commit: what was committed is never missing in the journal, whatever dies.
                which = datetime.now(UTC), account_id, begun.request_id
                refusals = of_import(*which, writer.refused, "refuse")
                await self._journal.append([*of_import(*which, writer.suppressed), *refusals])
            refused += batch.refused
            await _keep_refused(connection, begun.id, refused)
            by_reason = dict(Counter(each.reason for each in refused))
            counts = begun.counts.plus(written).plus(Counts(duplicate=batch.duplicates, refused=by_reason))
            if batch.rows:
                hashes = packed(row.entry.phone_hash for row in batch.rows)
                await connection.execute(_SQL.keep_phone_hashes, begun.id, batch.begin.offset, hashes)
            await connection.execute(
                _SQL.advance,
                begun.id, batch.end.offset, batch.end.line, counts.to_json(), batch.plan.to_json(), head_hash,
                account_id,
            )  # fmt: skip
        return counts

    async def finish(self, account_id: int, import_id: int, place: Place) -> datetime:
        """Ends the import; when. Raises `Aborted` when the import is not at this place."""
        async with self._postgres.transaction() as connection:
            await _fence(connection, account_id, import_id, place)
            await connection.execute(_SQL.forget_phone_hashes, import_id, account_id)
            finished: datetime = await connection.fetchval(_SQL.finish, import_id, account_id)
        return finished


async def _fence(connection: Connection, account_id: int, import_id: int, place: Place) -> None:
    row = await connection.fetchrow(_SQL.lock, import_id, account_id)
    if row is None or row["byte_offset"] != place.offset or row["finished_at"] is not None:
        raise Aborted(
            "another call continues this import; wait for that call to end, then try again",
            reason=Reason.IMPORT_ELSEWHERE,
        )


async def _keep_refused(connection: Connection, import_id: int, refused: Sequence[RefusedRow]) -> None:
    if not refused:
        return
    await connection.execute(
        _SQL.keep_refused,
        import_id,
        [each.line for each in refused],
        [each.reason for each in refused],
        [each.because for each in refused],
        [_cells_json(each.cells) for each in refused],
    )


def _cells_json(cells: Sequence[str]) -> str:
    return json.dumps([storable(cell) for cell in cells], ensure_ascii=False)
