"""Row 18: a process that reaches dispatch claims every shard, and reports, parks and says stop for others."""

import random
import time
from collections.abc import Sequence
from contextlib import suppress
from uuid import uuid4

import asyncpg
import grpc

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.runtime.discovery import Discovery
from tests.faults.context import SHARDS, FaultRun, fault_run
from tests.faults.progress import say
from tests.faults.rows.redis_lost import LEAST_SHARE
from tests.faults.verdict import Fell
from tests.integration.dispatch.host import Host, attached

_USUAL_S = 5.0
_ROUNDS = 15
_OPEN = (
    "SELECT m.id, m.device_id, extract(epoch FROM m.scheduled_at) * 1e6 AS at_us, l.epoch,"
    " ltrim(lead.phone, '+') AS person"
    " FROM message m JOIN device d ON d.id = m.device_id JOIN shard_lease l ON l.shard = d.shard"
    " JOIN lead ON lead.id = m.lead_id WHERE m.state = 'pending' LIMIT 50"
)
_STOLEN = {
    "devices parked": "SELECT count(*) FROM device WHERE state = 'parked'",
    "persons stopped": "SELECT count(*) FROM suppression WHERE reason = 'stop_word'",
    "shards under an epoch of the thief's": "SELECT count(*) FROM shard_lease WHERE epoch >= 1::bigint << 40",
}


async def run(draw: random.Random) -> str:
    """The share of the throughput that stays; the thief is told nothing, and nothing is believed."""
    async with fault_run(draw) as stage:
        begin = time.monotonic()
        await stage.pause(_USUAL_S)
        usual = stage.watch.rate(begin, time.monotonic())
        before = {phone: owner for phone, (owner, _) in (await stage.owned()).items()}
        begin = time.monotonic()
        told = 0
        for _ in range(_ROUNDS):
            told += await _steal(stage)
            await stage.pause(1.0)
        share = stage.watch.rate(begin, time.monotonic()) / usual
        after = {phone: owner for phone, (owner, _) in (await stage.owned()).items()}
        stolen = {what: await stage.owner.value(asked) for what, asked in _STOLEN.items()}
        stolen |= {"messages told": told, "devices elsewhere": sum(before[p] != after.get(p) for p in before)}
        if any(stolen.values()):
            raise Fell(f"the thief got something: {stolen}")
        accepted = await stage.finish()
        say(f"thief: {share:.0%} of the throughput meanwhile")
        if share < LEAST_SHARE:
            raise Fell(f"throughput meanwhile: {share:.0%}; {LEAST_SHARE:.0%} is the least")
    return f"{accepted} sends; throughput meanwhile: {share:.0%}; nothing stolen"


async def _steal(stage: FaultRun) -> int:
    """One round at each replica; how many frames with messages of others came."""
    rows = await stage.owner.fetch(_OPEN)
    told = 0
    async with Discovery(stage.stack.consul[0].address, prefix=stage.mesh.name) as discovery:
        for replica in await discovery.resolve("dispatch"):
            # A replica may end such a stream.
            with suppress(grpc.aio.AioRpcError, grpc.aio.UsageError, TimeoutError):
                async with attached(replica.address, incarnation=str(uuid4())) as thief:
                    await _say(thief, rows)
                    await thief.ended(0.3)
            told += thief._kinds["messages"].qsize()
    return told


async def _say(thief: Host, rows: Sequence[asyncpg.Record]) -> None:
    devices = [row["device_id"] for row in rows]
    for epoch in (2**40, *{row["epoch"] for row in rows}):
        claims = [pb.ShardClaim(shard=shard, epoch=epoch) for shard in range(SHARDS)]
        await thief.write(claims=pb.ClaimFrame(claims=claims))
    await thief.ready(devices)
    outcomes = [
        pb.Outcome(
            message_id=row["id"],
            scheduled_at_us=int(row["at_us"]),
            device_id=row["device_id"],
            epoch=row["epoch"],
            result=pb.Outcome.RESULT_SENT,
            ready=True,
        )
        for row in rows
    ]
    await thief.write(outcomes=pb.OutcomeFrame(frame_id=1, outcomes=outcomes))
    events = [
        pb.DeviceEvent(device_id=row["device_id"], epoch=row["epoch"], type=pb.DeviceEvent.TYPE_BANNED)
        for row in rows
    ]
    await thief.write(device_events=pb.DeviceEventFrame(events=events))
    words = [
        pb.Inbound(device_id=row["device_id"], sender=row["person"], inbound_id=str(row["id"]), text="stop")
        for row in rows
    ]
    await thief.write(inbound=pb.InboundFrame(frame_id=1, inbound=words))
