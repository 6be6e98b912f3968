"""3,000 devices at a 5 s gap, one message due every 5 s on each: 600 messages/s, held for a minute."""

import asyncio
import json
from datetime import datetime, timedelta

import asyncpg

from infra.local.network.ledger import read_ledger
from infra.local.servers.stack import LocalStack
from tests.bench.rig import DEVICES, Figure, Rig, rigged, say, say_cpu

GAP_S = 5.0
STEADY_S = 60.0
# Three gaps, so that every device has been through several sends before it counts.
_WARM_S = 15.0
_LEADS_PER_DEVICE = 2
_WRITTEN_AHEAD_S = 10.0

# About 60 ms until the acknowledgement, as usual, but none of it before the acceptance: the gap runs from
# one acceptance to the next, so with any time on the way there 3,000 devices at a 5 s gap could never make
# 600 messages/s, and the figure would be the network's.
BEHAVIOR = json.dumps(
    {"conduct": {"ackLatency": {"lognormal": {"medianMs": 57, "sigma": 0.5, "capMs": 2000}}}}
)

# Of all messages due in the minute; one that was never handed has waited until now.
_DUE_TO_HAND = """
SELECT count(*) AS messages, count(*) FILTER (WHERE state = 'sent') AS sent,
    percentile_disc(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY
        1000 * EXTRACT(EPOCH FROM coalesce(handed_at, clock_timestamp()) - scheduled_at)::float8) AS waits_ms
FROM message WHERE scheduled_at >= $1::timestamptz AND scheduled_at < $2
"""


async def run(stack: LocalStack) -> list[Figure]:
    """Needs a stack started with `durable=True`, and nobody else at its servers."""
    async with rigged(stack, gap_s=GAP_S, behavior=BEHAVIOR) as rig:
        sequence_id = await rig.population.enroll(_LEADS_PER_DEVICE)
        begin = await rig.now() + timedelta(seconds=_WRITTEN_AHEAD_S)
        await rig.population.write_messages(sequence_id, begin, timedelta(seconds=GAP_S))
        start = begin + timedelta(seconds=_WARM_S)
        end = start + timedelta(seconds=STEADY_S)
        await rig.until(start)
        say(f"measuring for {STEADY_S:.0f} s")
        rig.statements.restart()
        cpu_s = rig.cpu_s()
        await rig.until(end)
        statements = rig.statements.count()
        say(f"statements: {statements.most_common()}")
        used_s = rig.cpu_s()
        say_cpu(cpu_s, used_s, STEADY_S)
        product_s = sum(used_s[name] - cpu_s.get(name, 0.0) for name in rig.product)
        rss_mb = rig.host_rss_mb()
        row = await _settled(rig, start, end)
        times = [entry.time for entry in read_ledger(rig.mesh.ledger_path)]
    if row["messages"] != DEVICES * STEADY_S / GAP_S:
        raise AssertionError(f"{row['messages']} messages were due in the minute")
    accepted = sum(start.timestamp() <= time < end.timestamp() for time in times)
    p50, p99, most = row["waits_ms"]
    return [
        ("due_to_hand_p99", p99, "ms"),
        ("due_to_hand_p50", p50, "ms"),
        ("due_to_hand_max", most, "ms"),
        ("sql_statements_per_s", statements.total() / STEADY_S, "1/s"),
        ("messages_per_s", accepted / STEADY_S, "1/s"),
        # Beside a run with TLS=1 it says what TLS costs.
        ("cpu_us_per_message", 1e6 * product_s / accepted, "us"),
        ("host_rss_mb", rss_mb, "MB"),
    ]


async def _settled(rig: Rig, start: datetime, end: datetime) -> asyncpg.Record:
    """The waits, once the last messages of the minute have had their time too."""
    for _ in range(5):
        row = await rig.connection.fetchrow(_DUE_TO_HAND, start, end)
        if row["sent"] == row["messages"]:
            break
        await asyncio.sleep(1)
    return row
