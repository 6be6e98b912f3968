"""Row 3: Postgres is shut down without a checkpoint and started again, under load."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from tests.faults.scene import Scene, say, scene
from tests.faults.verdict import Fell
from tests.scenarios.integrator import Integrator, integrator

RECOVERED_S = 15.0
_DEADLINE_S = 60.0
_AGAIN_S = 0.05
_FIRST_LEAD = 500_000


async def run(draw: random.Random, outages: tuple[float, ...] = (0.0, 3.0, 9.0)) -> str:
    """The figures; the longest outage is longer than a term. Raises Fell."""
    async with scene(draw, durable=True) as stage:
        key = await stage.mesh.create_account("integrator")
        async with integrator(stage.mesh.gateway_address, key) as client:
            async with _upserts(stage, client) as acknowledged:
                recovered = [await _restart(stage, seconds) for seconds in outages]
            await _assert_all_there(client, acknowledged)
        accepted = await stage.finish()
        if max(recovered) > RECOVERED_S:
            raise Fell(f"recovered after {max(recovered):.1f} s, {RECOVERED_S:g} s are allowed")
    return f"{accepted} sends, {len(acknowledged)} upserts: recovered after {max(recovered):.1f} s"


async def _restart(stage: Scene, seconds: float) -> float:
    """From the moment that Postgres is there again until every device has sent."""
    await stage.pause(1.0, 3.0)
    await stage.stack.postgres.stop("immediate")
    await stage.pause(seconds)
    await stage.stack.postgres.start()
    at = time.monotonic()
    recovered = max(await stage.until_all_send(at, _DEADLINE_S))
    say(f"postgres away for {seconds:g} s: all devices send {recovered:.1f} s after its return")
    return recovered


@asynccontextmanager
async def _upserts(stage: Scene, client: Integrator) -> AsyncIterator[list[str]]:
    """Writes a lead after the other, and notes those that were acknowledged."""
    acknowledged: list[str] = []
    devices = await client.create_devices(1, min_s=1, max_s=1)

    async def upsert() -> None:
        number = _FIRST_LEAD
        while True:
            number += 1
            try:
                made = await client.upsert_leads([number], devices, trigger="")
                acknowledged.append(made[0].name)
            except grpc.aio.AioRpcError as error:
                if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
                    raise
            await asyncio.sleep(_AGAIN_S)

    async with asyncio.TaskGroup() as group:
        writer = group.create_task(upsert())
        yield acknowledged
        writer.cancel()


async def _assert_all_there(client: Integrator, acknowledged: list[str]) -> None:
    for name in acknowledged:
        try:
            await client.get_lead(name)
        except grpc.aio.AioRpcError as error:
            raise Fell(f"{name} was acknowledged and is {error.code().name}") from error
