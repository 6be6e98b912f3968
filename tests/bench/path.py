"""The path without pacing: from pending to sent as fast as it goes, with a network that answers at once."""

import statistics
from collections.abc import Sequence
from datetime import timedelta

from infra.local.servers.stack import LocalStack
from tests.bench.population import STEPS
from tests.bench.rig import DEVICES, Figure, rigged, say, say_cpu

HELD_S = 30
_WARM_S = 3
# 11 messages each: enough for 13,000 messages/s over all of it.
_LEADS_PER_DEVICE = 13
_WRITTEN_AHEAD_S = 15.0

_BY_SECOND = """
SELECT count(m.id) AS sent
FROM generate_series(0, $2::int - 1) s
LEFT JOIN message m ON m.state = 'sent' AND floor(EXTRACT(EPOCH FROM m.sent_at - $1::timestamptz)) = s
GROUP BY s ORDER BY s
"""


async def run(stack: LocalStack) -> list[Figure]:
    """Needs a stack started with `durable=True`, and nobody else at its servers."""
    async with rigged(stack, gap_s=0.0, behavior="instant") as rig:
        sequence_id = await rig.population.enroll(_LEADS_PER_DEVICE)
        begin = await rig.now() + timedelta(seconds=_WRITTEN_AHEAD_S)
        # All due at once, a microsecond apart.
        await rig.population.write_messages(sequence_id, begin, timedelta(microseconds=1))
        start = begin + timedelta(seconds=_WARM_S)
        await rig.until(start)
        say(f"measuring for {HELD_S} s")
        cpu_s = rig.cpu_s()
        await rig.until(start + timedelta(seconds=HELD_S))
        say_cpu(cpu_s, rig.cpu_s(), HELD_S)
        rss_mb = rig.host_rss_mb()
        sent = await rig.connection.fetch(_BY_SECOND, start, HELD_S, timeout=60)
    return _figures([row["sent"] for row in sent], rss_mb)


def _figures(sent: Sequence[int], rss_mb: float) -> list[Figure]:
    """Of the messages sent in each second. Raises AssertionError when there were too few to send."""
    if sum(sent) > 0.9 * DEVICES * _LEADS_PER_DEVICE * STEPS:
        raise AssertionError("it ran dry: write more messages")
    return [
        ("path_messages_per_s", statistics.median(sent), "1/s"),
        ("path_messages_per_s_mean", statistics.fmean(sent), "1/s"),
        ("path_messages_per_s_slowest", min(sent), "1/s"),
        ("host_rss_mb", rss_mb, "MB"),
    ]
