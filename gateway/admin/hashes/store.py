"""Brings all numbers to their canonical form, and their hashes under the newest key.

Numbers and hashes are those of an earlier version, or of an older secret. Of two leads of one person the one
with the canonical number stays, and gets the permissions of the other one, which is erased: nobody is written
to twice, and a suppression of either counts.

A batch is one transaction, in which the leads are locked: their hashes and their suppressions change
together, so at every moment a suppressed lead is suppressed. Whoever was stopped begins again, and finds
what is left. A suppression of somebody who is no lead is brought along where its hash is a plain one. Under
the key of an older secret it stays, because the number is not known, and counts as long as that secret is
given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.leads.store import LeadStore
from services.consent.number_forms import canonical
from services.consent.phone_hash import LENGTH, PhoneHashes
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)
_BATCH = 500


@dataclass(frozen=True)
class Left:
    """Suppressions of people who are no leads: under older secrets that are given, and under none that is."""

    older: int
    unknown: int


class Rehash:
    """Run it when every process is of this version and has the newest secret. Raises as `Postgres` does."""

    def __init__(self, postgres: Postgres, hashes: PhoneHashes) -> None:
        self._postgres = postgres
        self._hashes = hashes
        self._leads = LeadStore(postgres)

    async def run(self) -> Left:
        """All of it."""
        after = 0
        while (last := await self.leads(after)) is not None:
            after = last
        while await self.others():
            pass
        row = await self._postgres.fetch_row(_SQL.left, self._hashes.key_id, self._hashes.key_ids)
        return Left(row["older"], row["unknown"]) if row else Left(0, 0)

    async def leads(self, after: int) -> int | None:
        """The next leads after this one, with their suppressions; the last of them, None after all."""
        async with self._postgres.transaction() as connection:
            rows = await connection.fetch(_SQL.lock_leads, after, _BATCH)
            await self._move(connection, rows)
        return rows[-1]["id"] if rows else None

    async def _move(self, connection: Any, leads: Sequence[Any]) -> None:
        merged = await self._bring_together(connection, leads)
        moving = []
        for lead in leads:
            current, *older = self._hashes.forms(lead["account_id"], lead["phone"])
            old = {*older, lead["phone_hash"]} - {current}
            moving += [(lead["account_id"], each, current) for each in old]
        if moving:
            await connection.execute(_SQL.move_suppressions, *map(list, zip(*moving, strict=True)))
        stayed = [lead for lead in leads if lead["id"] not in merged]
        newest = [self._hashes.current(lead["account_id"], lead["phone"]) for lead in stayed]
        await connection.execute(_SQL.move_leads, [lead["id"] for lead in stayed], newest)

    async def _bring_together(self, connection: Any, leads: Sequence[Any]) -> set[int]:
        """Keeps each number in its canonical form. Of two leads of one person one stays; the others."""
        merged = set()
        for lead in leads:
            number = canonical(lead["phone"])
            if number == lead["phone"]:
                continue
            kept = await connection.fetchval(_SQL.lead_of, lead["account_id"], number)
            if kept is None:
                await connection.execute(_SQL.move_number, lead["id"], number)
                continue
            await connection.execute(_SQL.move_consents, lead["id"], kept)
            await self._leads.erase(connection, lead["account_id"], lead["id"])
            merged.add(lead["id"])
        return merged

    async def others(self) -> int:
        """Some plain hashes of people who are no leads; how many."""
        async with self._postgres.transaction() as connection:
            rows = await connection.fetch(_SQL.lock_plain, LENGTH, _BATCH)
            moving = [
                (row["account_id"], row["phone_hash"], self._hashes.keyed(row["phone_hash"])) for row in rows
            ]
            if moving:
                await connection.execute(_SQL.move_suppressions, *map(list, zip(*moving, strict=True)))
        return len(moving)
