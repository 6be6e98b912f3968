"""Who said stop gets no message."""

import time

from tests.scenarios.integrator import MESSAGES
from tests.scenarios.load import loaded
from tests.scenarios.mesh import Mesh
from tests.scenarios.reconciled import assert_reconciled
from tests.support.eventually import eventually

# The promise: nothing is accepted later than this after the opt-out.
SILENT_S = 2.0


async def test_nothing_is_accepted_after_an_opt_out(mesh: Mesh) -> None:
    async with loaded(mesh) as load:
        await load.until_accepted(load.expected // 4)
        stopped = load.leads[::3]
        phones = {lead.phone.removeprefix("+") for lead in stopped}
        for lead in stopped:
            await load.client.suppress(lead.name)
        told = time.time()

        async def is_over() -> bool:
            states = await load.client.states()
            return not states.keys() & {"PENDING", "HANDED", "UNKNOWN"}

        await eventually(is_over, within_s=60, every_s=0.2, what="nothing is pending")
        entries = load.ledger()
        late = [e for e in entries if e.recipient in phones and e.time > told + SILENT_S]
        got = [e for e in entries if e.recipient in phones]
        states = await load.client.states()
    assert not late
    # They had been getting messages, and did not get all: the scenario is about something.
    assert 0 < len(got) < len(stopped) * MESSAGES
    assert states["SENT"] == len(entries)
    assert states["SUPPRESSED"] + states["CANCELLED"] == len(stopped) * MESSAGES - len(got)
    await assert_reconciled(mesh)
