"""The network takes messages and does not say so, or says so and takes none."""

from infra.local.network import presets
from kompang.simulation.v1 import behavior_pb2
from tests.scenarios.load import LEADS, loaded
from tests.scenarios.mesh import Mesh
from tests.scenarios.reconciled import assert_reconciled

LOST = 0.3


async def test_a_lost_acknowledgement_is_no_second_message(mesh: Mesh) -> None:
    script = presets.usual()
    script.conduct.lost_ack, script.conduct.lost_send = LOST, 0.05
    script.conduct.traces.CopyFrom(behavior_pb2.Traces(unclear=LOST))
    async with loaded(mesh, leads=LEADS // 4, behavior=script, both_kinds=True) as load:
        await load.until_sent()
        load.assert_each_sent_once_in_order()
        repeats = [entry for entry in load.ledger() if entry.repeat]
        traced = (await load.stats()).traced_count
    # On one half of the devices a loss was followed by a repeat under the same id, which the network knew; on
    # the other by a question, and by no second send.
    assert len(repeats) > load.expected * LOST / 6
    assert traced > load.expected * LOST / 6
    report = await assert_reconciled(mesh)
    assert report.ledger_repeats == len(repeats)
