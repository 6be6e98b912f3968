"""Row 9: a second shard host is started under the id of one that lives."""

import asyncio
import random

from infra.local.servers.ports import LOOPBACK, free_ports
from tests.faults.context import FaultRun, fault_run
from tests.faults.progress import say
from tests.faults.verdict import Broken
from tests.support.slowness import patient

_ENDED_S = patient(30.0)
_LINE = "is another live host's"


async def run(draw: random.Random) -> str:
    """How the second ends, and that nothing moved. No repeat is allowed. Raises Broken."""
    async with fault_run(draw) as stage:
        before = await stage.owned()
        twin = stage.draw.choice(stage.mesh.hosts)
        code, line = await _second(stage, twin)
        say(f"the second {twin} ended with {code}: {line}")
        if code != 1 or _LINE not in line:
            raise Broken(f"the second {twin} ended with {code}: {line}")
        if await stage.owned() != before:
            raise Broken("devices changed hands")
        accepted = await stage.finish()
    return f"{accepted} sends; the second exits with {code}: …{_LINE}; nothing moved"


async def _second(stage: FaultRun, name: str) -> tuple[int, str]:
    """Its exit code and its last line."""
    part = stage.mesh.spec(name)
    own = {"KOMPANG_LISTEN": f"{LOOPBACK}:{free_ports(1)[0]}", "KOMPANG_HEALTH_LISTEN": f"{LOOPBACK}:0"}
    environment = {**part.environment, **own}
    second = await stage.stack.spawn(f"{name}-twin", part.argv, environment)
    try:
        async with asyncio.timeout(_ENDED_S):
            code = await second.wait()
    except TimeoutError:
        raise Broken(f"the second {name} lives after {_ENDED_S:g} s") from None
    return code, second.tail(1)
