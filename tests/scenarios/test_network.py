"""The network takes messages and does not say so."""

from infra.local.network import presets
from tests.scenarios.load import LEADS, loaded
from tests.scenarios.mesh import Mesh
from tests.scenarios.reconciled import assert_reconciled

LOST = 0.3


async def test_a_lost_acknowledgement_is_no_second_message(mesh: Mesh) -> None:
    script = presets.usual()
    script.conduct.lost_ack = LOST
    async with loaded(mesh, leads=LEADS // 4, behavior=script) as load:
        await load.until_sent()
        load.assert_each_sent_once_in_order()
        repeats = [entry for entry in load.ledger() if entry.repeat]
    # Each loss was followed by a repeat under the same id, which the network knew.
    assert len(repeats) > load.expected * LOST / 3
    report = await assert_reconciled(mesh)
    assert report.ledger_repeats == len(repeats)
