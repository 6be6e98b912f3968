"""A short slice of the fault suite, with a seed of its own: `make faults` runs the whole table."""

import random

import pytest

from infra.local.network import presets
from tests.faults.context import fault_run
from tests.faults.load import Size
from tests.faults.rows import dispatch_killed, host_killed, poison, session_destroyed

SEED = 20261123

pytestmark = pytest.mark.timeout(240)


async def test_hosts_and_dispatch_die_while_half_of_the_acknowledgements_are_withheld() -> None:
    """A host killed, a replica killed, a session destroyed, poison: every promise that is checked holds.

    With TLS between the processes, as an installation has it.
    """
    draw = random.Random(SEED)
    behavior = host_killed.withholding(draw)
    async with fault_run(
        draw, size=Size(devices=64, slow=8), behavior=behavior, overrides=host_killed.HASTY, tls=True
    ) as stage:
        taken_over_s = await host_killed.kill(stage, 1)
        await dispatch_killed.kill_one(stage)
        await session_destroyed.destroy(stage)
        await stage.behave(presets.usual())
        await poison.until_heard(stage, await poison.spread(stage, 0))
        await stage.finish()
    assert taken_over_s < 2 * host_killed.TAKEN_OVER_S
