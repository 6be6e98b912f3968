"""Row 4: Redis is emptied, killed, and stopped with its connections open."""

import random
import time

from redis.asyncio import Redis

from tests.faults.context import FaultRun, fault_run
from tests.faults.progress import say
from tests.faults.verdict import Broken

LEAST_SHARE = 0.5
_USUAL_S = 5.0
_AWAY_S = 10.0
_FLUSHES = 5


async def run(draw: random.Random) -> str:
    """The share of the throughput that stays. No repeat is allowed: nothing that sends is touched."""
    async with fault_run(draw) as stage:
        usual = await _usual(stage)
        shares = {
            "flushed": await _flushed(stage) / usual,
            "killed": await _killed(stage) / usual,
            "stopped": await _stopped(stage) / usual,
        }
        accepted = await stage.finish()
        told = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
        if min(shares.values()) < LEAST_SHARE:
            raise Broken(f"throughput meanwhile: {told}; {LEAST_SHARE:.0%} is the least")
    return f"{accepted} sends; throughput meanwhile: {told}"


async def _usual(stage: FaultRun) -> float:
    begin = time.monotonic()
    await stage.pause(_USUAL_S)
    return stage.watch.rate(begin, time.monotonic())


async def _flushed(stage: FaultRun) -> float:
    begin = time.monotonic()
    async with Redis.from_url(stage.stack.redis.url, socket_timeout=5) as redis:
        for _ in range(_FLUSHES):
            await redis.flushall()
            await stage.pause(0.5, 1.5)
    return _rate(stage, "flushed", begin)


async def _killed(stage: FaultRun) -> float:
    begin = time.monotonic()
    stage.stack.redis.kill()
    await stage.pause(_AWAY_S)
    rate = _rate(stage, "killed", begin)
    await stage.stack.redis.start()
    await stage.pause(_USUAL_S)
    return rate


async def _stopped(stage: FaultRun) -> float:
    begin = time.monotonic()
    stage.stack.redis.pause()
    await stage.pause(_AWAY_S)
    rate = _rate(stage, "stopped", begin)
    stage.stack.redis.resume()
    await stage.pause(_USUAL_S)
    return rate


def _rate(stage: FaultRun, how: str, begin: float) -> float:
    rate = stage.watch.rate(begin, time.monotonic())
    say(f"redis {how}: {rate:.0f} messages/s meanwhile")
    return rate
