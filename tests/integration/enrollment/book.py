"""An account's book as tests want it: devices, sequences and leads, written straight to the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import asyncpg

HOUR = 3600.0
COLD = (300.0, *(k * 12 * HOUR for k in range(1, 5)))
WARM = tuple(k * 12 * HOUR for k in range(1, 5))
HOT = (12 * HOUR, 24 * HOUR)


@dataclass(frozen=True)
class Tally:
    """What the database holds of one sequence's enrollments."""

    leads: int
    messages: int
    # Leads that do not have each step of their chain exactly once.
    uneven: int


class Book:
    """One account; `connection` is the owner's."""

    def __init__(self, connection: asyncpg.Connection, account_id: int, device_ids: Sequence[int]) -> None:
        self.connection = connection
        self.account_id = account_id
        self.device_ids = device_ids

    @classmethod
    async def open(cls, connection: asyncpg.Connection, slug: str = "shop", devices: int = 3) -> "Book":
        """A new account with so many devices."""
        account_id = await connection.fetchval(
            "INSERT INTO kompang.account (slug) VALUES ($1) RETURNING id", slug
        )
        rows = await connection.fetch(
            "INSERT INTO kompang.device (account_id, phone, shard)"
            " SELECT $1, '+6011' || (10000000 + $1::integer % 80 * 1000000 + n), n % 16"
            " FROM generate_series(1, $2::integer) n RETURNING id",
            account_id,
            devices,
        )
        return cls(connection, account_id, [row["id"] for row in rows])

    async def sequence(
        self,
        slug: str,
        offsets_s: Sequence[float],
        *,
        trigger: str = "",
        next_id: int | None = None,
        is_active: bool = True,
    ) -> int:
        """A sequence with one step an offset."""
        sequence_id = await self.connection.fetchval(
            "INSERT INTO kompang.sequence (account_id, slug, trigger, next_id, is_active)"
            " VALUES ($1, $2, $3, $4, $5) RETURNING id",
            self.account_id,
            slug,
            trigger,
            next_id,
            is_active,
        )
        await self.revise(sequence_id, offsets_s)
        return int(sequence_id)

    async def revise(self, sequence_id: int, offsets_s: Sequence[float]) -> None:
        """New steps: the next revision."""
        revision = await self.connection.fetchval(
            "UPDATE kompang.sequence SET revision = revision + 1 WHERE id = $1 RETURNING revision",
            sequence_id,
        )
        await self.connection.executemany(
            'INSERT INTO kompang.sequence_step (sequence_id, revision, position, "offset", text)'
            " VALUES ($1, $2, $3, $4, 'Hello {name}')",
            [
                (sequence_id, revision, position, timedelta(seconds=offset_s))
                for position, offset_s in enumerate(offsets_s, start=1)
            ],
        )

    async def chain(self, trigger: str = "COLDEXSTART") -> int:
        """COLD → WARM → HOT; returns its head."""
        hot = await self.sequence("hot", HOT, is_active=False)
        warm = await self.sequence("warm", WARM, next_id=hot, is_active=False)
        return await self.sequence("cold", COLD, trigger=trigger, next_id=warm)

    async def leads(
        self, count: int, *, trigger: str = "COLDEXSTART", consents: bool = True, suppressed: bool = False
    ) -> list[int]:
        """So many new leads, spread over the devices."""
        rows = await self.connection.fetch(
            "WITH top AS (SELECT coalesce(max(id), 0) AS id FROM kompang.lead)"
            " INSERT INTO kompang.lead (account_id, phone, phone_hash, trigger, device_id, consent_at)"
            " SELECT $1::integer, '+60' || (100000000 + top.id + n),"
            "        sha256(convert_to($1::integer || ':' || (top.id + n), 'UTF8')),"
            "        $2, ($3::integer[])[1 + n % cardinality($3::integer[])], CASE WHEN $4 THEN now() END"
            " FROM top, generate_series(1, $5::integer) n RETURNING id",
            self.account_id,
            trigger,
            self.device_ids,
            consents,
            count,
        )
        lead_ids = [row["id"] for row in rows]
        if suppressed:
            await self.suppress(lead_ids)
        return lead_ids

    async def suppress(self, lead_ids: Sequence[int]) -> None:
        """They said stop."""
        await self.connection.execute(
            "INSERT INTO kompang.suppression (account_id, phone_hash)"
            " SELECT account_id, phone_hash FROM kompang.lead WHERE id = ANY($1::bigint[])",
            lead_ids,
        )

    async def analyze(self) -> None:
        """Lets the planner see what was written."""
        await self.connection.execute("VACUUM ANALYZE")

    async def tally(self, sequence_id: int) -> Tally:
        """Counts; reads everything, so only for tests."""
        row = await self.connection.fetchrow(
            "WITH one AS ("
            "  SELECT e.lead_id, e.message_count, count(*) AS written, count(DISTINCT m.step_id) AS steps,"
            "         count(DISTINCT m.position) AS positions, count(DISTINCT e.id) AS enrollments"
            "  FROM kompang.enrollment e LEFT JOIN kompang.message m ON m.enrollment_id = e.id"
            "  WHERE e.sequence_id = $1 GROUP BY e.lead_id, e.message_count)"
            " SELECT count(*) AS leads, coalesce(sum(written), 0)::bigint AS messages,"
            "        count(*) FILTER (WHERE enrollments <> 1"
            "          OR written <> message_count OR written <> steps OR written <> positions) AS uneven"
            " FROM one",
            sequence_id,
        )
        return Tally(row["leads"], row["messages"], row["uneven"])
