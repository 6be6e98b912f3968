"""The leads of an account. A batch costs a fixed number of statements, however many leads it has."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from gateway.idempotency.store import Connection
from gateway.leads.draft import Consent, Draft, Stored
from services.reasons import Reason
from services.runtime.errors import FailedPrecondition
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)
_LAST = 2**63 - 1


@dataclass(frozen=True)
class Known:
    """What a lead is before an update."""

    id: int
    device_id: int


@dataclass(frozen=True)
class Kept:
    """What is kept of a lead, as rows."""

    consents: Sequence[Any]
    suppression: Any
    enrollments: Sequence[Any]
    replies: Sequence[Any]


class LeadStore:
    """Reads by itself; changes run on the connection of a mutation."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def get(self, account_id: int, lead_id: int) -> Stored | None:
        """One lead, or None."""
        row = await self._postgres.fetch_row(_SQL.read_many, account_id, [lead_id])
        return row and _stored(row)

    async def scan_end(self, account_id: int, after_id: int, budget: int) -> int | None:
        """The last lead to look at when no more than `budget` may be; None when that is all there are."""
        found = await self._postgres.fetch_value(_SQL.scan_end, account_id, after_id, budget - 1)
        return found and int(found)

    async def page(
        self, account_id: int, after_id: int, end_id: int | None, trigger: str, device_id: int, limit: int
    ) -> list[Stored]:
        """The oldest leads after `after_id` and up to `end_id`; empty or 0 filters nothing."""
        rows = await self._postgres.fetch(
            _SQL.list, account_id, after_id, _LAST if end_id is None else end_id, trigger, device_id, limit
        )
        return [_stored(row) for row in rows]

    async def triggers(self, connection: Connection, account_id: int) -> list[str]:
        """The triggers of all the account's sequences."""
        return [row["trigger"] for row in await connection.fetch(_SQL.triggers, account_id)]

    async def insert_new(self, connection: Connection, account_id: int, drafts: Sequence[Draft]) -> set[int]:
        """Creates the leads whose numbers are new; their ids.

        Raises `FailedPrecondition` when one needs a device and the account has none to give.
        """
        try:
            rows = await connection.fetch(
                _SQL.insert_new,
                account_id,
                [draft.phone for draft in drafts],
                [draft.phone_hash(account_id) for draft in drafts],
                [draft.display_name for draft in drafts],
                [draft.trigger for draft in drafts],
                [draft.device_id for draft in drafts],
                [draft.attributes_json for draft in drafts],
                [draft.granted_at for draft in drafts],
                [draft.language for draft in drafts],
                [draft.timezone for draft in drafts],
            )
        except asyncpg.NotNullViolationError as error:
            raise FailedPrecondition(
                "this account has no device to assign to new leads; create one with BatchCreateDevices,"
                " or link a parked one again",
                reason=Reason.NO_DEVICE,
            ) from error
        return {row["id"] for row in rows}

    async def lock(
        self, connection: Connection, account_id: int, drafts: Sequence[Draft]
    ) -> dict[str, Known]:
        """All leads with these numbers, by number, locked until the commit."""
        rows = await connection.fetch(_SQL.lock, account_id, [draft.phone for draft in drafts])
        return {row["phone"]: Known(row["id"], row["device_id"]) for row in rows}

    async def enrolled(self, connection: Connection, lead_ids: Collection[int]) -> set[int]:
        """Those of these leads that are being taken through a chain."""
        rows = await connection.fetch(_SQL.enrolled, list(lead_ids)) if lead_ids else ()
        return {row["lead_id"] for row in rows}

    async def update(
        self, connection: Connection, drafts: Sequence[Draft], known: Mapping[str, Known]
    ) -> set[int]:
        """Brings leads to what the drafts say; the ids of those that this changed."""
        rows = await connection.fetch(
            _SQL.update_changed,
            [known[draft.phone].id for draft in drafts],
            [draft.display_name for draft in drafts],
            [draft.trigger for draft in drafts],
            [draft.device_id for draft in drafts],
            [draft.attributes_json for draft in drafts],
            [draft.granted_at for draft in drafts],
            [draft.language for draft in drafts],
            [draft.timezone for draft in drafts],
        )
        return {row["id"] for row in rows}

    async def add_consents(
        self, connection: Connection, drafts: Sequence[Draft], known: Mapping[str, Known]
    ) -> set[int]:
        """Records the evidence; the ids of the leads for which it was new."""
        given = [(known[draft.phone].id, draft.consent) for draft in drafts if draft.consent]
        if not given:
            return set()
        rows = await connection.fetch(
            _SQL.add_consents,
            [lead_id for lead_id, _ in given],
            [consent.source for _, consent in given],
            [consent.wording for _, consent in given],
            [consent.granted_at for _, consent in given],
        )
        return {row["lead_id"] for row in rows}

    async def read_many(
        self, connection: Connection, account_id: int, ids: Collection[int]
    ) -> dict[int, Stored]:
        """Leads as this transaction sees them, by id."""
        rows = await connection.fetch(_SQL.read_many, account_id, list(ids))
        return {row["id"]: _stored(row) for row in rows}

    async def suppress(self, connection: Connection, account_id: int, lead_id: int, reason: str) -> bool:
        """Stops everything for the person behind this lead; False when there is no such lead."""
        rows = await connection.fetch(_SQL.same_person, account_id, lead_id)
        if not rows:
            return False
        ids = [row["id"] for row in rows]
        # A statement of its own, to see what enrollment committed while we waited for the locks.
        await connection.execute(_SQL.suppress, account_id, rows[0]["phone_hash"], ids, reason)
        return True

    async def erase(self, connection: Connection, account_id: int, lead_id: int) -> int | None:
        """Removes the person behind this lead; how many messages that cancelled, None without such a lead."""
        ids = [row["id"] for row in await connection.fetch(_SQL.same_person, account_id, lead_id)]
        if not ids:
            return None
        await connection.execute(_SQL.lock_paces, ids)
        return int(await connection.fetchval(_SQL.erase, ids))

    async def known(self, lead_id: int) -> Kept:
        """All that is kept of a lead beside the lead itself and its messages."""
        fetch = self._postgres.fetch
        return Kept(
            consents=await fetch(_SQL.consents, lead_id),
            suppression=await self._postgres.fetch_row(_SQL.suppression, lead_id),
            enrollments=await fetch(_SQL.enrollments, lead_id),
            replies=await fetch(_SQL.replies, lead_id),
        )

    async def resume(self, connection: Connection, lead_id: int) -> None:
        """Lets go on what a reply holds."""
        await connection.execute(_SQL.lock_paces, [lead_id])
        await connection.execute(_SQL.resume, [lead_id])


def _stored(row: Any) -> Stored:
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
        timezone=row["timezone"],
    )
