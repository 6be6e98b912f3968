"""Row 17: what no code of ours writes, every second: in Redis, in Consul, from people, from a rogue host."""

import random
import time
from contextlib import suppress
from uuid import uuid4

import aiohttp
import grpc
from redis.asyncio import Redis

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.runtime.discovery import Discovery
from tests.faults.context import FaultRun, fault_run
from tests.faults.progress import say
from tests.faults.rows.redis_lost import LEAST_SHARE
from tests.faults.verdict import Broken
from tests.integration.dispatch.host import attached
from tests.support.poisonous import IN_REDIS, KEYS, REGISTRATIONS, STOPS, WORDS, bad_replies

_USUAL_S = 5.0
_SECONDS = 20
# The network takes no longer ones.
_LONGEST = 16_384
_HEARD = "SELECT count(*) FROM suppression WHERE reason = 'stop_word'"


async def run(draw: random.Random) -> str:
    """The share of the throughput that stays; every stop word is recorded, and no process ends."""
    async with fault_run(draw) as stage:
        begin = time.monotonic()
        await stage.pause(_USUAL_S)
        usual = stage.watch.rate(begin, time.monotonic())
        begin = time.monotonic()
        stops = 0
        for second in range(_SECONDS):
            stops += await spread(stage, second)
            await _attach_rogue(stage)
            # Raises where a process has ended.
            await stage.pause(1.0)
        share = stage.watch.rate(begin, time.monotonic()) / usual
        await until_heard(stage, stops)
        accepted = await stage.finish()
        say(f"poison: {share:.0%} of the throughput meanwhile, {stops} stop words")
        if share < LEAST_SHARE:
            raise Broken(f"throughput meanwhile: {share:.0%}; {LEAST_SHARE:.0%} is the least")
    return f"{accepted} sends; throughput meanwhile: {share:.0%}; {stops} of {stops} stop words recorded"


async def spread(stage: FaultRun, second: int) -> int:
    """Into Redis, into Consul and through the network, once; how many people said a stop word."""
    await _poison_redis(stage)
    await _poison_consul(stage)
    return await _write(stage, second)


async def until_heard(stage: FaultRun, stops: int) -> None:
    """Returns when so many stop words are recorded. Raises StartFailed."""

    async def are_heard() -> bool:
        return bool(await stage.owner.value(_HEARD) >= stops)

    await stage.until(are_heard, f"{stops} stop words are recorded", 20.0)


async def _poison_redis(stage: FaultRun) -> None:
    rows = await stage.owner.fetch("SELECT id, shard FROM device")
    async with (
        Redis.from_url(stage.stack.redis.url, socket_timeout=5) as redis,
        redis.pipeline(transaction=True) as pipeline,
    ):
        for write in IN_REDIS.values():
            row = stage.draw.choice(rows)
            key = f"{stage.mesh.name}:{{{row['shard']}}}:due:{row['id']}"
            pipeline.unlink(key)
            write(pipeline, key)
        await pipeline.execute()


async def _poison_consul(stage: FaultRun) -> None:
    prefix = stage.mesh.name
    async with aiohttp.ClientSession(f"http://{stage.stack.consul[0].address}") as http:
        for key, value in KEYS.items():
            await http.put(f"/v1/kv/{prefix}/{key}", data=value)
        for name, meta in REGISTRATIONS.items():
            service = {"Service": f"{prefix}-dispatch", "ID": f"{prefix}-{name}", "Meta": meta}
            body = {"Node": f"{prefix}-{name}", "Address": "127.0.0.1", "Service": service}
            await http.put("/v1/catalog/register", json=body)


async def _write(stage: FaultRun, second: int) -> int:
    """People write through the network; how many of them a stop word."""
    phones = sorted(stage.quick)
    stops = [text for text in STOPS.values() if len(text.encode()) <= _LONGEST]
    async with stage.replies() as reply:
        for text in WORDS.values():
            # The network itself refuses what is too long.
            with suppress(grpc.aio.AioRpcError):
                await reply(stage.draw.choice(phones), f"6013{second:08}", text)
        for number, text in enumerate(stops):
            await reply(stage.draw.choice(phones), f"6014{second:04}{number:04}", text)
    return len(stops)


async def _attach_rogue(stage: FaultRun) -> None:
    """A host of another make; it may lose its stream for what it sends."""
    unreadable = [
        pb.Outcome(message_id=-1, scheduled_at_us=2**62, device_id=2**40, epoch=2**63 - 1, result=77),  # type: ignore[arg-type]
        pb.Outcome(text_hash=b"x" * 9000, hold_s=2**32 - 1, age_ms=2**32 - 1, ready=True),
    ]
    events = [pb.DeviceEvent(device_id=2**40, epoch=-1, type=99, hold_s=2**32 - 1)]  # type: ignore[arg-type]
    async with Discovery(stage.stack.consul[0].address, prefix=stage.mesh.name) as discovery:
        for replica in await discovery.resolve("dispatch"):
            with suppress(grpc.aio.AioRpcError, TimeoutError, grpc.aio.UsageError):
                async with attached(replica.address, incarnation=str(uuid4())) as host:
                    await host.write(outcomes=pb.OutcomeFrame(frame_id=1, outcomes=unreadable))
                    await host.write(inbound=pb.InboundFrame(frame_id=1, inbound=bad_replies(2**31)))
                    await host.write(device_events=pb.DeviceEventFrame(events=events))
                    await host.ready([2**40, -1])
                    await host.write(renew=pb.Renew(renew_id=1))
                    await host.ended(0.2)
