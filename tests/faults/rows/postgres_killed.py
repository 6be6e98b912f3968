"""Row 3: Postgres is shut down without a checkpoint and started again, under load."""

import random
import time

from grpc import StatusCode

from tests.faults.context import FaultRun, fault_run
from tests.faults.progress import say
from tests.faults.upserts import upserting
from tests.faults.verdict import Broken
from tests.scenarios.integrator import integrator

RECOVERED_S = 15.0
_DEADLINE_S = 60.0


async def run(draw: random.Random, outages: tuple[float, ...] = (0.0, 3.0, 9.0)) -> str:
    """The figures; the longest outage is longer than a term. Raises Broken."""
    async with fault_run(draw, durable=True) as stage:
        key = await stage.mesh.create_account("integrator")
        async with integrator(stage.mesh.gateway_address, key, stage.mesh.ca_file) as client:
            async with upserting(client) as upserts:
                recovered = [await _restart(stage, seconds) for seconds in outages]
            upserts.assert_clear(StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED)
            await upserts.assert_all_there()
        accepted = await stage.finish()
        if max(recovered) > RECOVERED_S:
            raise Broken(f"recovered after {max(recovered):.1f} s, {RECOVERED_S:g} s are allowed")
    return f"{accepted} sends, upserts {upserts.told()}: recovered after {max(recovered):.1f} s"


async def _restart(stage: FaultRun, seconds: float) -> float:
    """From the moment that Postgres is there again until every device has sent."""
    await stage.pause(1.0, 3.0)
    await stage.stack.postgres.stop("immediate")
    await stage.pause(seconds)
    await stage.stack.postgres.start()
    at = time.monotonic()
    recovered = max(await stage.until_all_send(at, _DEADLINE_S))
    say(f"postgres away for {seconds:g} s: all devices send {recovered:.1f} s after its return")
    return recovered
