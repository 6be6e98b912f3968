"""Imports as they are kept, and the batches of leads written with them.

Authority: the place in the import's row. A batch is written in one transaction that begins by locking the
row and finding it at the place where the batch begins, and ends by moving it to where the batch ends. So
each row of a file is written once, whoever dies, and of two calls with one import the slower is refused.
"""

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from gateway.auth.caller import Caller
from gateway.idempotency.store import REPEATED, Connection
from gateway.imports.batch import Batch, Refused
from gateway.imports.mapper import Account
from gateway.imports.phone_set import kept
from gateway.imports.plan import Place, Plan
from gateway.imports.tally import Tally
from gateway.leads.bulk import BulkWriter, Conflict
from gateway.leads.model import MAX_ATTRIBUTES
from gateway.leads.store import LeadStore
from gateway.zones.store import Zones
from services.reasons import Reason
from services.runtime.errors import Aborted
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)
_TRIES = 3
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
_SEEN_PIECE = 16
# Rows may have 64 KiB each.
_ERRORS_PIECE = 100
# What JSON or Postgres does not take, of cells that are refused for it.
_NOT_KEPT = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class Import:
    """One import at a place; `plan` None while its head has not come."""

    id: int
    options_hash: bytes
    size: int
    head_hash: bytes | None
    plan: Plan | None
    place: Place
    tally: Tally
    created_at: datetime
    finished_at: datetime | None

    @property
    def name(self) -> str:
        """For the caller."""
        return f"imports/{self.id}"


class ImportStore:
    """Raises what `Postgres` raises."""

    def __init__(self, postgres: Postgres, leads: LeadStore, zones: Zones) -> None:
        self._postgres = postgres
        self._leads = leads
        self._zones = zones

    async def account(self, account_id: int) -> tuple[Account, str]:
        """What rows may refer to, and the account's country."""
        async with self._postgres.connection() as connection:
            row = await connection.fetchrow(_SQL.account, account_id)
            triggers = await self._leads.triggers(connection, account_id)
            devices = await connection.fetch(_SQL.devices, account_id)
        # Written in another case it is meant too, unless two differ in nothing else.
        folded = Counter(trigger.casefold() for trigger in triggers)
        meant = {each.casefold(): each for each in triggers if folded[each.casefold()] == 1}
        meant |= {each: each for each in triggers}
        ids = {str(each["id"]): each["id"] for each in devices} | {
            each["phone"]: each["id"] for each in devices
        }
        zones = await self._zones.known()
        return Account(account_id, ZoneInfo(row["timezone"]), meant, ids, zones), row["country"]

    async def begun(self, who: Caller, request_id: UUID, options_hash: bytes, size: int) -> Import:
        """The import of this request_id, new or as far as it has come."""
        async with self._postgres.transaction() as connection:
            new = await connection.fetchval(_SQL.begin, who.account_id, request_id, options_hash, size)
            if new is not None:
                await connection.execute(
                    _SQL.audit, who.account_id, who.api_key_id, who.method, f"imports/{new}", request_id
                )
            row = await connection.fetchrow(_SQL.find, who.account_id, request_id)
        if row is None:
            raise Aborted("the import was just forgotten; try again")
        return Import(
            id=row["id"],
            options_hash=row["options_hash"],
            size=row["size"],
            head_hash=row["head_hash"],
            plan=row["plan"] and Plan.from_json(row["plan"]),
            place=Place(row["byte_offset"], row["line"]),
            tally=Tally.from_json(row["counts"]),
            created_at=row["created_at"],
            finished_at=row["finished_at"],
        )

    async def seen(self, import_id: int) -> AsyncIterator[bytes]:
        """The hashes of the numbers written so far, in pieces."""
        after = -1
        while rows := await self._postgres.fetch(_SQL.read_seen, import_id, after, _SEEN_PIECE):
            for row in rows:
                yield row["hashes"]
            after = rows[-1]["byte_offset"]

    async def write(
        self,
        account_id: int,
        import_id: int,
        batch: Batch,
        before: Tally,
        head_hash: bytes,
        device_id: int | None,
    ) -> Tally:
        """Writes a batch and moves the import to its end; the tally with it.

        Raises `Aborted` when the import is not where the batch begins, `FailedPrecondition` when a lead
        needs a device and the account has none to give.
        """
        for _ in range(_TRIES - 1):
            try:
                return await self._write(account_id, import_id, batch, before, head_hash, device_id)
            except Aborted as error:
                if error.reason not in REPEATED:
                    raise
        return await self._write(account_id, import_id, batch, before, head_hash, device_id)

    async def _write(
        self,
        account_id: int,
        import_id: int,
        batch: Batch,
        before: Tally,
        head_hash: bytes,
        device_id: int | None,
    ) -> Tally:
        async with self._postgres.transaction() as connection:
            await _fence(connection, import_id, batch.begin)
            written, refused = await _write_rows(connection, account_id, device_id, batch)
            refused += batch.refused
            await _keep_errors(connection, import_id, refused)
            by_reason = dict(Counter(each.reason for each in refused))
            tally = before.plus(written).plus(Tally(duplicate=batch.duplicates, refused=by_reason))
            if batch.rows:
                hashes = kept(row.entry.phone_hash for row in batch.rows)
                await connection.execute(_SQL.keep_seen, import_id, batch.begin.offset, hashes)
            await connection.execute(
                _SQL.advance,
                import_id, batch.end.offset, batch.end.line, tally.to_json(), batch.plan.to_json(), head_hash,
            )  # fmt: skip
        return tally

    async def finish(self, import_id: int, place: Place) -> datetime:
        """The end; when it was. Raises `Aborted` when the import is not at this place."""
        async with self._postgres.transaction() as connection:
            await _fence(connection, import_id, place)
            await connection.execute(_SQL.forget_seen, import_id)
            finished: datetime = await connection.fetchval(_SQL.finish, import_id)
        return finished

    async def plan(self, account_id: int, import_id: int) -> tuple[bool, Plan | None]:
        """Whether the account has this import, and its plan."""
        row = await self._postgres.fetch_row(_SQL.head, account_id, import_id)
        return row is not None, row and row["plan"] and Plan.from_json(row["plan"])

    async def errors(self, import_id: int) -> AsyncIterator[list[Refused]]:
        """The refused rows in the order of the file, in pieces."""
        after = -1
        while rows := await self._postgres.fetch(_SQL.errors, import_id, after, _ERRORS_PIECE):
            yield [
                Refused(row["line"], row["reason"], row["because"], json.loads(row["cells"])) for row in rows
            ]
            after = rows[-1]["line"]


async def _fence(connection: Connection, import_id: int, place: Place) -> None:
    row = await connection.fetchrow(_SQL.lock, import_id)
    if row is None or row["byte_offset"] != place.offset or row["finished_at"] is not None:
        raise Aborted(
            "another call goes on with this import; wait for it to end, then try again",
            reason=Reason.IMPORT_ELSEWHERE,
        )


async def _write_rows(
    connection: Connection, account_id: int, device_id: int | None, batch: Batch
) -> tuple[Tally, list[Refused]]:
    """What became of the rows of a batch, and those that the leads there are forbid."""
    if not batch.rows:
        return Tally(), []
    await connection.fetch(_SQL.set_up)
    entries = [row.entry for row in batch.rows]
    written = await BulkWriter(connection, account_id, merge=True, device_id=device_id).write(entries)
    refused = [
        Refused(row.line, *_CONFLICTS[conflict], batch.cells[row.line])
        for row in batch.rows
        if (conflict := written.conflicts.get(row.entry.draft.phone))
    ]
    leads = [entry for entry in entries if entry.draft.phone not in written.conflicts]
    hashes = [entry.phone_hash for entry in leads]
    created, updated = len(written.created), len(written.updated)
    tally = Tally(
        created=created,
        updated=updated,
        unchanged=len(leads) - created - updated,
        without_consent=sum(not written.is_consented(entry) for entry in leads),
        suppressed=await connection.fetchval(_SQL.count_suppressed, account_id, hashes),
    )
    return tally, refused


async def _keep_errors(connection: Connection, import_id: int, refused: Sequence[Refused]) -> None:
    if not refused:
        return
    await connection.execute(
        _SQL.keep_errors,
        import_id,
        [each.line for each in refused],
        [each.reason for each in refused],
        [each.because for each in refused],
        [_cells_json(each.cells) for each in refused],
    )


def _cells_json(cells: Sequence[str]) -> str:
    return json.dumps(
        [_NOT_KEPT.sub("\N{REPLACEMENT CHARACTER}", cell) for cell in cells], ensure_ascii=False
    )
