"""Rows for the benchmarks, written by the owner: devices, leads with a chain, messages to come."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg

from tests.support import rows

STEPS = 11
# The share of leads whose trace is sampled, as a large operator would set it: spans of every message
# would measure the exporter.
SAMPLED = 0.01

# Lead after lead through a device, each through its whole chain; the phases of the devices lie evenly
# in one gap. $1 account, $2 sequence, $3 when it begins, $4 gap between two messages.
_MESSAGES = """
WITH ranked AS (
    SELECT id, (row_number() OVER (ORDER BY id) - 1)::float8 / count(*) OVER () AS phase
    FROM device WHERE account_id = $1
), queued AS (
    SELECT e.id AS enrollment_id, e.lead_id, lead.device_id, ranked.phase,
        row_number() OVER (PARTITION BY lead.device_id ORDER BY e.lead_id) - 1 AS place
    FROM enrollment e JOIN lead ON lead.id = e.lead_id JOIN ranked ON ranked.id = lead.device_id
    WHERE e.sequence_id = $2
)
INSERT INTO message (account_id, lead_id, enrollment_id, step_id, device_id, scheduled_at, position)
SELECT $1, q.lead_id, q.enrollment_id, s.id, q.device_id,
    $3::timestamptz + $4::interval * (q.phase + q.place * chain.steps + s.position - 1), s.position
FROM queued q
CROSS JOIN sequence_step s
CROSS JOIN (SELECT count(*) AS steps FROM sequence_step WHERE sequence_id = $2) chain
WHERE s.sequence_id = $2
ORDER BY q.lead_id, s.position
"""

_ENROLLMENTS = """
INSERT INTO enrollment (account_id, sequence_id, lead_id, message_count, traceparent)
SELECT $1, $2, lead_id, $4, CASE WHEN random() < $5
    THEN '00-' || md5('trace' || lead_id) || '-' || left(md5('span' || lead_id), 16) || '-01' ELSE '' END
FROM unnest($3::bigint[]) lead_id
"""


class Population:
    """One account with its devices; the messages are written when the devices are connected."""

    def __init__(self, connection: asyncpg.Connection, account_id: int, devices: Sequence[int]) -> None:
        self._connection = connection
        self._account_id = account_id
        self._devices = list(devices)

    @classmethod
    async def create(cls, connection: asyncpg.Connection, devices: int, gap_s: float) -> "Population":
        """Devices whose gap between two sends is exactly `gap_s` seconds."""
        account_id = await rows.account(connection)
        numbers = await rows.devices(connection, account_id, devices, min_s=gap_s, max_s=gap_s)
        return cls(connection, account_id, numbers)

    async def enroll(self, leads_per_device: int) -> int:
        """Leads, and a sequence of eleven steps that all of them are in; the sequence."""
        connection, account_id = self._connection, self._account_id
        leads = await rows.leads(connection, account_id, self._devices, leads_per_device * len(self._devices))
        sequence_id = await rows.sequence(connection, account_id, STEPS)
        await connection.execute(_ENROLLMENTS, account_id, sequence_id, leads, STEPS, SAMPLED)
        return sequence_id

    async def write_messages(self, sequence_id: int, begin: datetime, gap: timedelta) -> None:
        """Each device has one message due every `gap`, from `begin` on."""
        await self._connection.execute(
            "SELECT ensure_partitions(now() - interval '1 week', now() + interval '2 weeks')"
        )
        await self._connection.execute(_MESSAGES, self._account_id, sequence_id, begin, gap, timeout=120)
        await self._connection.execute("VACUUM (ANALYZE)", timeout=120)
