"""From a stop word to the last message its sender gets, while 3,000 devices send 600 messages/s."""

import asyncio
import json
import random
import time
from collections import defaultdict
from datetime import timedelta

from infra.local.network.ledger import read_ledger
from infra.local.servers.stack import LocalStack
from kompang.simulation.v1 import network_pb2, network_pb2_grpc
from services.runtime.channel import connect
from tests.bench.rig import Figure, Rig, rigged, say

_GAP_S = 5.0
_WARM_S = 15.0
_STOPS = 1000
_STOPS_PER_S = 60
_LEADS_PER_DEVICE = 2
_WRITTEN_AHEAD_S = 10.0
# After the last stop: several gaps, in which whoever was not stopped would be sent to.
_AFTER_S = 12.0
_BEHAVIOR = json.dumps(
    {"conduct": {"ackLatency": {"lognormal": {"medianMs": 57, "sigma": 0.5, "capMs": 2000}}}}
)

# Leads whom their devices are sending to now, and a while yet: the first of each device is through its chain
# after eleven gaps.
_TALKED_TO = """
SELECT d.phone AS device, l.phone AS sender
FROM lead l JOIN device d ON d.id = l.device_id
WHERE EXISTS (SELECT FROM message m WHERE m.lead_id = l.id AND m.state = 'sent')
    AND EXISTS (SELECT FROM message m WHERE m.lead_id = l.id AND m.state = 'pending' AND m.position <= 6)
"""
# When each stop word was recorded: until then anything due could still have been handed.
_RECORDED = """
SELECT l.phone, EXTRACT(EPOCH FROM s.created_at)::float8 AS at
FROM suppression s JOIN lead l USING (account_id, phone_hash)
"""
_LEFT = """
SELECT count(*) FROM message m JOIN lead l ON l.id = m.lead_id
WHERE l.phone = ANY($1::text[]) AND m.state = 'pending'
"""


async def run(stack: LocalStack) -> list[Figure]:
    """Needs a stack started with `durable=True`, and nobody else at its servers."""
    async with rigged(stack, gap_s=_GAP_S, behavior=_BEHAVIOR) as rig:
        sequence_id = await rig.population.enroll(_LEADS_PER_DEVICE)
        begin = await rig.now() + timedelta(seconds=_WRITTEN_AHEAD_S)
        await rig.population.write_messages(sequence_id, begin, timedelta(seconds=_GAP_S))
        await rig.until(begin + timedelta(seconds=_WARM_S))
        said = await _stop_some(rig)
        await rig.until(await rig.now() + timedelta(seconds=_AFTER_S))
        left = await rig.connection.fetchval(_LEFT, list(said))
        recorded = {row["phone"]: row["at"] for row in await rig.connection.fetch(_RECORDED)}
        entries = read_ledger(rig.mesh.ledger_path)
    if left:
        raise AssertionError(f"{left} messages are still pending for people who said stop")
    lasts: dict[str, float] = defaultdict(float)
    for entry in entries:
        lasts["+" + entry.recipient] = max(lasts["+" + entry.recipient], entry.time)
    after = sum(lasts[sender] > at for sender, at in said.items())
    say(f"{after} of {len(said)} got a message after their stop")
    # Whoever had nothing due in between might have had: the last possible send is not before the recording.
    after_s = sorted(max(lasts[sender], recorded[sender]) - at for sender, at in said.items())
    return [
        ("stop_to_last_send_p99_s", after_s[int(0.99 * len(after_s))], "s"),
        ("stop_to_last_send_max_s", after_s[-1], "s"),
        ("stops", float(len(after_s)), "1"),
    ]


async def _stop_some(rig: Rig) -> dict[str, float]:
    """People say stop, at an even rate; who, and when."""
    people = await rig.connection.fetch(_TALKED_TO)
    chosen = random.sample(list(people), min(_STOPS, len(people)))
    say(f"{len(chosen)} of {len(people)} say stop")
    said: dict[str, float] = {}
    async with connect(rig.mesh.network_address, traced=False) as channel:
        stub = network_pb2_grpc.NetworkServiceStub(channel)
        begin = time.monotonic()
        for place, person in enumerate(chosen):
            await asyncio.sleep(begin + place / _STOPS_PER_S - time.monotonic())
            said[person["sender"]] = time.time()
            await stub.Reply(
                network_pb2.ReplyRequest(
                    phone=person["device"].removeprefix("+"),
                    sender=person["sender"].removeprefix("+"),
                    text="STOP",
                ),
                timeout=10,
            )
    return said
