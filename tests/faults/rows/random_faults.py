"""Row 15: faults drawn at random, one after the other and sometimes at the same time."""

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis

from infra.local.network import presets
from services.runtime.discovery import Discovery
from tests.faults import restarted
from tests.faults.context import FaultRun, fault_run
from tests.faults.load import SQL
from tests.faults.progress import say
from tests.faults.rows.host_killed import withholding

_STEADY_S = 60.0
_DISPATCHERS = ("dispatch-1", "dispatch-2")
# A host that finds its predecessor's session alive gives up after its patience, and is started again.
_RESTARTED = {"host": (restarted.__name__, "shardhost")}

Fault = Callable[[FaultRun], Awaitable[None]]


async def run(draw: random.Random, minutes: float = 10.0) -> str:
    """How many of each. Raises Broken."""
    done: Counter[str] = Counter()
    async with fault_run(draw, enrollments=2, modules=_RESTARTED) as stage:
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
        again = sum(path.read_text().count(restarted.TOLD) for path in stage.mesh.log_path.glob("host-*.log"))
    told = ", ".join(f"{count} {name}" for name, count in sorted(done.items()))
    return f"{accepted} sends, {sum(done.values())} faults: {told}; hosts gave up {again} times"


async def _host_killed(stage: FaultRun) -> None:
    victim = await stage.some_host()
    await stage.fault(victim, signal.SIGKILL)
    await stage.pause(0.0, 8.0)
    await stage.mesh.start(victim)


async def _host_stopped(stage: FaultRun) -> None:
    victim = await stage.some_host()
    await stage.fault(victim, signal.SIGSTOP)
    await stage.pause(1.0, 12.0)
    stage.mesh.kill(victim, signal.SIGCONT)


async def _host_restarted(stage: FaultRun) -> None:
    victim = await stage.some_host()
    # Where it was killed or stopped a moment ago it may hold what is to be repeated still.
    await stage.expect_repeats([victim])
    await stage.mesh.stop(victim)
    await stage.mesh.start(victim)


async def _dispatch_killed(stage: FaultRun) -> None:
    victim = stage.draw.choice(_DISPATCHERS)
    stage.mesh.kill(victim)
    await stage.pause(0.0, 4.0)
    await stage.mesh.start(victim)


async def _host_and_dispatch_killed(stage: FaultRun) -> None:
    victim, replica = await stage.some_host(), stage.draw.choice(_DISPATCHERS)
    await stage.fault(victim, signal.SIGKILL)
    stage.mesh.kill(replica)
    await stage.pause(0.0, 3.0)
    await asyncio.gather(stage.mesh.start(victim), stage.mesh.start(replica))


async def _both_dispatchers_killed(stage: FaultRun) -> None:
    for replica in _DISPATCHERS:
        stage.mesh.kill(replica)
    await stage.pause(0.0, 3.0)
    await asyncio.gather(*(stage.mesh.start(replica) for replica in _DISPATCHERS))


async def _dispatch_restarted(stage: FaultRun) -> None:
    victim = stage.draw.choice(_DISPATCHERS)
    await stage.mesh.stop(victim)
    await stage.mesh.start(victim)


async def _session_destroyed(stage: FaultRun) -> None:
    victim = await stage.some_host()
    await stage.expect_repeats([victim])
    session = await stage.owner.value(SQL.session_of, victim)
    async with Discovery(stage.stack.consul[0].address, prefix=stage.mesh.name) as discovery:
        await discovery.destroy_session(session)


async def _acknowledgements_withheld(stage: FaultRun) -> None:
    await stage.behave(withholding(stage.draw))
    await stage.pause(2.0, 6.0)
    await stage.behave(presets.usual())


async def _postgres_killed(stage: FaultRun) -> None:
    await stage.expect_repeats(stage.mesh.hosts)
    await stage.stack.postgres.stop("immediate")
    await stage.pause(0.0, 8.0)
    await stage.stack.postgres.start()


async def _redis_killed(stage: FaultRun) -> None:
    stage.stack.redis.kill()
    await stage.pause(0.0, 5.0)
    await stage.stack.redis.start()


async def _redis_flushed(stage: FaultRun) -> None:
    async with Redis.from_url(stage.stack.redis.url, socket_timeout=5) as redis:
        await redis.flushall()


async def _redis_stopped(stage: FaultRun) -> None:
    stage.stack.redis.pause()
    await stage.pause(1.0, 8.0)
    stage.stack.redis.resume()


async def _consul_killed(stage: FaultRun) -> None:
    stage.stack.consul[0].kill()
    await stage.pause(0.0, 8.0)
    await stage.stack.consul[0].start()


FAULTS: tuple[Fault, ...] = (
    _host_killed,
    _host_stopped,
    _host_restarted,
    _dispatch_killed,
    _host_and_dispatch_killed,
    _both_dispatchers_killed,
    _dispatch_restarted,
    _session_destroyed,
    _acknowledgements_withheld,
    _postgres_killed,
    _redis_killed,
    _redis_flushed,
    _redis_stopped,
    _consul_killed,
)
