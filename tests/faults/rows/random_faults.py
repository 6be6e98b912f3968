"""Row 15: faults drawn at random, one after the other and sometimes at the same time."""

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from tests.faults.scene import Scene, say, scene

_STEADY_S = 60.0
# A host that finds its predecessor's session alive gives up after 12 s, and whoever runs it starts it again;
# here nobody does. With Consul away as well, the session lives for 2 × TTL after Consul's return.
_PATIENT = {"host": {"KOMPANG_SESSION_PATIENCE_S": "60"}}

Fault = Callable[[Scene], Awaitable[None]]


async def run(draw: random.Random, minutes: float = 10.0) -> str:
    """How many of each. Raises Fell."""
    done: Counter[str] = Counter()
    async with scene(draw, enrollments=2, overrides=_PATIENT) as stage:
        end = time.monotonic() + minutes * 60
        while time.monotonic() < end:
            await stage.pause(0.0, 4.0)
            fault = stage.draw.choice(FAULTS)
            say(f"{fault.__name__.strip('_').replace('_', ' ')}, {end - time.monotonic():.0f} s left")
            done[fault.__name__.strip("_").replace("_", " ")] += 1
            await fault(stage)
        await stage.mesh.until_leased()
        await stage.until_all_send(time.monotonic(), _STEADY_S)
        accepted = await stage.finish()
    told = ", ".join(f"{count} {name}" for name, count in sorted(done.items()))
    return f"{accepted} sends, {sum(done.values())} faults: {told}"


async def _host_killed(stage: Scene) -> None:
    victim = await stage.some_host()
    await stage.fault(victim, signal.SIGKILL)
    await stage.pause(0.0, 8.0)
    await stage.mesh.start(victim)


async def _host_stopped(stage: Scene) -> None:
    victim = await stage.some_host()
    await stage.fault(victim, signal.SIGSTOP)
    await stage.pause(1.0, 12.0)
    stage.mesh.kill(victim, signal.SIGCONT)


async def _host_restarted(stage: Scene) -> None:
    victim = await stage.some_host()
    # Where it was killed or stopped a moment ago it may hold what is to be repeated still.
    await stage.expect_repeats([victim])
    await stage.mesh.stop(victim)
    await stage.mesh.start(victim)


async def _dispatch_killed(stage: Scene) -> None:
    victim = stage.draw.choice(["dispatch-1", "dispatch-2"])
    stage.mesh.kill(victim)
    await stage.pause(0.0, 4.0)
    await stage.mesh.start(victim)


async def _host_and_dispatch_killed(stage: Scene) -> None:
    victim, replica = await stage.some_host(), stage.draw.choice(["dispatch-1", "dispatch-2"])
    await stage.fault(victim, signal.SIGKILL)
    stage.mesh.kill(replica)
    await stage.pause(0.0, 3.0)
    await asyncio.gather(stage.mesh.start(victim), stage.mesh.start(replica))


async def _postgres_killed(stage: Scene) -> None:
    await stage.expect_repeats(stage.mesh.hosts)
    await stage.stack.postgres.stop("immediate")
    await stage.pause(0.0, 8.0)
    await stage.stack.postgres.start()


async def _redis_killed(stage: Scene) -> None:
    stage.stack.redis.kill()
    await stage.pause(0.0, 5.0)
    await stage.stack.redis.start()


async def _consul_killed(stage: Scene) -> None:
    stage.stack.consul[0].kill()
    await stage.pause(0.0, 8.0)
    await stage.stack.consul[0].start()


FAULTS: tuple[Fault, ...] = (
    _host_killed,
    _host_stopped,
    _host_restarted,
    _dispatch_killed,
    _host_and_dispatch_killed,
    _postgres_killed,
    _redis_killed,
    _consul_killed,
)
