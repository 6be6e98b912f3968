"""The leads of an account, read and changed one by one; `bulk` writes many at once."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.idempotency.store import Connection
from gateway.leads.model import Consent, Stored
from gateway.leads.traces import traces
from gateway.unreadable import of_row, readable
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)
_LAST = 2**63 - 1
# An erasure looks through the refused rows of the account's imports: a million take 3 s.
_ERASE_S = 120.0


@dataclass(frozen=True)
class Kept:
    """What is kept of a lead, as rows."""

    consents: Sequence[Any]
    suppression: Any
    refused_by: str
    enrollments: Sequence[Any]
    replies: Sequence[Any]
    refused_rows: Sequence[Any]
    quarantined: Sequence[Any]


class LeadStore:
    """Reads by itself; changes run on the connection of a mutation."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def get(self, account_id: int, lead_id: int) -> Stored | None:
        """One lead, or None."""
        row = await self._postgres.fetch_row(_SQL.read_many, account_id, [lead_id])
        return row and stored(row)

    async def scan_end(self, account_id: int, after_id: int, budget: int) -> int | None:
        """The last lead to look at when no more than `budget` may be; None when that is all there are."""
        found = await self._postgres.fetch_value(_SQL.scan_end, account_id, after_id, budget - 1)
        return found and int(found)

    async def page(
        self, account_id: int, after_id: int, end_id: int | None, trigger: str, device_id: int, limit: int
    ) -> Sequence[Any]:
        """The oldest leads after `after_id` and up to `end_id`; empty or 0 filters nothing. For `stored`."""
        return await self._postgres.fetch(
            _SQL.list, account_id, after_id, _LAST if end_id is None else end_id, trigger, device_id, limit
        )

    async def doubted(
        self, account_id: int, after_id: int, trigger: str, device_id: int, limit: int
    ) -> Sequence[Any]:
        """Those whose suppression waits for a decision, as `page`."""
        return await self._postgres.fetch(_SQL.doubted, account_id, after_id, trigger, device_id, limit)

    async def triggers(self, connection: Connection, account_id: int) -> list[str]:
        """The triggers of all the account's sequences."""
        return [row["trigger"] for row in await connection.fetch(_SQL.triggers, account_id)]

    async def read_many(
        self, connection: Connection, account_id: int, ids: Collection[int]
    ) -> dict[int, Stored]:
        """Leads as this transaction sees them, by id."""
        rows = await connection.fetch(_SQL.read_many, account_id, list(ids))
        return {row["id"]: stored(row) for row in rows}

    async def suppress(self, connection: Connection, account_id: int, lead_id: int, reason: str) -> bool:
        """Stops everything for the person behind this lead; False when there is no such lead."""
        row = await connection.fetchrow(_SQL.locked, account_id, lead_id)
        if row is None:
            return False
        # A statement of its own, to see what enrollment committed while we waited for the locks.
        await connection.execute(_SQL.suppress, account_id, row["phone_hash"], [lead_id], reason)
        return True

    async def decide(
        self, connection: Connection, account_id: int, lead_id: int, *, is_stop: bool
    ) -> bool | None:
        """Ends a doubt; False where there is none, None without such a lead."""
        row = await connection.fetchrow(_SQL.locked, account_id, lead_id)
        if row is None:
            return None
        decision = _SQL.confirm_doubt if is_stop else _SQL.undo_doubt
        return bool(await connection.fetchval(decision, account_id, row["phone_hash"], lead_id))

    async def suppressed_by_import(self, account_id: int, import_id: int) -> int:
        """How many suppressions an import made that nobody confirmed since."""
        return int(await self._postgres.fetch_value(_SQL.suppressed_by_import, account_id, import_id))

    async def unsuppress_import(self, connection: Connection, account_id: int, import_id: int) -> int:
        """Removes them; how many."""
        return int(await connection.fetchval(_SQL.unsuppress_import, account_id, import_id))

    async def erase(self, connection: Connection, account_id: int, lead_id: int) -> int | None:
        """Erases the person; returns the number of cancelled messages, or None without such a lead."""
        row = await connection.fetchrow(_SQL.locked, account_id, lead_id)
        if row is None:
            return None
        await connection.execute(_SQL.lock_paces, [lead_id], account_id)
        with readable(f"leads/{lead_id}"):
            found = traces(row["phone"], row["display_name"], json.loads(row["attributes"]).values())
        await connection.execute(_SQL.take_time, str(int(_ERASE_S * 1000)))
        arguments = lead_id, account_id, row["phone"], row["phone_hash"], found
        return int(await connection.fetchval(_SQL.erase, *arguments, timeout=_ERASE_S))

    async def phone_hash(self, account_id: int, lead_id: int) -> bytes:
        """The hash by which a suppression knows the person; empty for no lead."""
        return await self._postgres.fetch_value(_SQL.phone_hash, account_id, lead_id) or b""

    async def known(self, account_id: int, lead: Stored) -> Kept:
        """All that is kept of a lead beside the lead itself and its messages."""
        fetch, lead_id = self._postgres.fetch, lead.id
        with readable(f"leads/{lead.id}"):
            found = traces(lead.phone, lead.display_name, lead.attributes.values())
        return Kept(
            consents=await fetch(_SQL.consents, lead_id, account_id),
            refused_by=await self._postgres.fetch_value(_SQL.refused_by, lead_id, account_id) or "",
            suppression=await self._postgres.fetch_row(_SQL.suppression, lead_id, account_id),
            enrollments=await fetch(_SQL.enrollments, lead_id, account_id),
            replies=await fetch(_SQL.replies, lead_id, account_id),
            refused_rows=await fetch(_SQL.refused_rows, account_id, found),
            quarantined=await fetch(_SQL.quarantined, account_id, lead.phone),
        )

    async def resume(self, connection: Connection, account_id: int, lead_id: int) -> None:
        """Lets go on what a reply holds."""
        await connection.execute(_SQL.lock_paces, [lead_id], account_id)
        await connection.execute(_SQL.resume, [lead_id], account_id)


@of_row(lambda row: f"leads/{row['id']}")
def stored(row: Any) -> Stored:
    """A lead by its row."""
    consent = None
    if row["granted_at"] is not None:
        consent = Consent(row["source"], row["wording"], row["granted_at"])
    return Stored(
        id=row["id"],
        phone=row["phone"],
        display_name=row["display_name"],
        trigger=row["trigger"],
        device_id=row["device_id"],
        attributes=json.loads(row["attributes"]),
        consent=consent,
        suppressed=row["suppressed"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        language=row["language"],
        lid=row["lid"],
        former_lids=tuple(row["former_lids"]),
        network_phone=row["network_phone"],
        timezone=row["timezone"],
        refused_at=row["refused_at"],
        doubted_at=row["doubted_at"],
    )
