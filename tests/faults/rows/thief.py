"""Row 18: a process that is nobody says to each dispatch replica that it is a shard host."""

import asyncio
import random
import time
from contextlib import AsyncExitStack

import grpc

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.runtime.discovery import Discovery
from tests.faults.context import SHARDS, FaultRun, fault_run
from tests.faults.load import SQL
from tests.faults.pace import Pace
from tests.faults.progress import say
from tests.faults.verdict import Broken
from tests.integration.dispatch.host import Host, attached

ATTACK_S = 8.0
# Of every device; its own gap is below 1 s.
SILENT_S = 3.0
_POISON = 2**40
_REFUSED = pb.Outcome.RESULT_REFUSED


async def run(draw: random.Random) -> str:
    """That nothing changed hands, nobody was parked or suppressed, no session ended. Raises Broken."""
    async with fault_run(draw) as stage:
        before = await stage.owned()
        victim = await stage.some_host()
        session = await stage.owner.value(SQL.session_of, victim)
        at = time.monotonic()
        async with Pace() as pace:
            claims = await _attack(stage, victim, session)
            # Its terms run out, and its hosts are buried.
            await stage.pause(6.0)
        silences = stage.watch.longest_silences(before, at, time.monotonic())
        silent = max(silences.values())
        if await stage.owned() != before:
            raise Broken("devices changed hands, or were parked")
        async with Discovery(stage.stack.consul[0].address, prefix=stage.mesh.name) as discovery:
            if not await discovery.client.renew_session(session, deadline=5.0):
                raise Broken("the session of another host was ended")
        if silent > pace.allowed(SILENT_S):
            raise Broken(
                f"a device was silent for {silent:.1f} s, {pace.allowed(SILENT_S):.1f} s are allowed"
            )
        accepted = await stage.finish()
    return (
        f"{accepted} sends; none of {claims} forged claims granted; no device silent for over {silent:.1f} s"
    )


async def _attack(stage: FaultRun, victim: str, session: str) -> int:
    """All that it may say, again and again, to both replicas; how many claims it made."""
    claimed = 0
    async with AsyncExitStack() as stack:

        async def comes(replica: str, name: str) -> Host:
            address = stage.mesh.spec(replica).address
            thief = await stack.enter_async_context(attached(address, session=session, host_id=name))
            thief.holds = True  # so it says
            return thief

        places = [(replica, name) for replica in ("dispatch-1", "dispatch-2") for name in ("thief", victim)]
        thieves = {place: await comes(*place) for place in places}
        until = time.monotonic() + ATTACK_S
        while time.monotonic() < until:
            epochs = await _epochs(stage)
            for place in places:
                thief = thieves[place]
                try:
                    claimed += await _round(stage, thief, epochs)
                except (grpc.aio.AioRpcError, asyncio.InvalidStateError, TimeoutError):
                    if not thief.has_ended:
                        raise
                    # Its term ran out, as anybody's: it comes again.
                    thieves[place] = await comes(*place)
            await asyncio.sleep(0.1)
    say(f"{claimed} forged claims under the session of {victim}")
    return claimed


async def _round(stage: FaultRun, thief: Host, epochs: dict[int, int]) -> int:
    claimed = 0
    for off in (0, 1, _POISON):
        claimed += await _claim(thief, {shard: epoch + off for shard, epoch in epochs.items()})
    await _report(stage, thief)
    return claimed


async def _epochs(stage: FaultRun) -> dict[int, int]:
    return {row["shard"]: row["epoch"] for row in await stage.owner.fetch(SQL.leases)}


async def _claim(thief: Host, epochs: dict[int, int]) -> int:
    claims = [pb.ShardClaim(shard=shard, epoch=epoch) for shard, epoch in epochs.items()]
    await thief.write(claims=pb.ClaimFrame(claims=claims))
    for lease in (await thief.read("leases")).leases:
        if lease.status == pb.Lease.STATUS_GRANTED:
            raise Broken(f"a thief got shard {lease.shard} of {SHARDS}")
    return len(claims)


async def _report(stage: FaultRun, thief: Host) -> None:
    """What is in flight was refused because its device is banned; and everybody says stop."""
    flying = await stage.owner.fetch(SQL.flying)
    outcomes = [
        pb.Outcome(
            message_id=row["id"],
            scheduled_at_us=row["scheduled_at_us"],
            device_id=row["device_id"],
            epoch=row["epoch"],
            result=_REFUSED,
            failure=pb.FAILURE_BANNED,
        )
        for row in flying
    ]
    texts = [
        pb.Inbound(device_id=row["device_id"], inbound_id=f"t{row['id']}", sender=row["phone"], text="stop")
        for row in flying
    ]
    thief.frames += 1
    await thief.write(outcomes=pb.OutcomeFrame(frame_id=thief.frames, outcomes=outcomes))
    await thief.write(inbound=pb.InboundFrame(frame_id=thief.frames, inbound=texts))
