"""Attacked: every method of the public API, with values that no honest caller sends.

`KOMPANG_FUZZ_CALLS` and `KOMPANG_FUZZ_SEED` ask for more calls, and for others.
"""

import os

import pytest

from tests.attacks.fuzz import METHODS, Fuzz, prepare, run
from tests.integration.gateway.mesh import running
from tests.support.database import Database
from tests.support.hostile import Hostile
from tests.support.loop_blocks import measured_blocks

_CALLS = int(os.environ.get("KOMPANG_FUZZ_CALLS", "600"))
_SEED = int(os.environ.get("KOMPANG_FUZZ_SEED", "1"))
# With what the client takes, who is on the same loop.
_LONGEST_BLOCK_S = 0.25


@pytest.mark.timeout(60 + _CALLS / 20)
async def test_no_call_is_answered_with_internal_or_writes_a_traceback(
    database: Database, consul_address: str
) -> None:
    # It asks as often as it can, which a machine at its best makes a flood.
    fast = running(database, consul_address, calls_per_s_of_key=100_000)
    async with fast as gateway, measured_blocks() as blocks:
        fuzz = Fuzz(await gateway.client("acme"), Hostile(_SEED), blocks, _LONGEST_BLOCK_S)
        await prepare(fuzz.client)
        async for _ in run(fuzz, _CALLS):
            pass
    assert not fuzz.wrong, f"seed {_SEED}, {fuzz.codes}:\n" + "\n".join(fuzz.wrong[:100])
    assert fuzz.codes["OK"] > len(METHODS), fuzz.codes
