"""What a message said is said again, whatever happened since."""

import pytest

from infra.local.network import presets
from infra.local.network.ledger import text_hash
from kompang.v1 import wording_pb2
from kompang.v1.messages_pb2 import RenderMessageResponse
from tests.scenarios.load import LEADS, loaded
from tests.scenarios.mesh import Mesh
from tests.scenarios.reconciled import assert_reconciled

EXACT = RenderMessageResponse.EXACTNESS_EXACT
LOST = 0.2
FIRST, SECOND = "Reply STOP to stop", "Balas STOP untuk berhenti"


@pytest.mark.real_processes
async def test_every_text_is_shown_again_although_the_wording_changed_and_a_host_died(mesh: Mesh) -> None:
    script = presets.usual()
    script.conduct.lost_ack = LOST
    first = wording_pb2.Wording(footer=FIRST)
    async with loaded(mesh, leads=LEADS // 2, behavior=script, varied=True, wording=first) as load:
        await load.until_accepted(load.expected // 4)
        await mesh.kill(mesh.hosts[0])
        await load.client.speak(wording_pb2.Wording(footer=SECOND, fallback_name="kawan"))
        await load.until_sent()

        went = {entry.wire_id: entry.text_hash for entry in load.ledger() if not entry.repeat}
        repeats = [entry for entry in load.ledger() if entry.repeat]
        shown = {each.wire_id: await load.client.render(each.name) for each in await load.client.messages()}
    assert len(repeats) > load.expected * LOST / 3
    # Also those that a host said before the change, and another one again after it.
    assert all(entry.text_hash == went[entry.wire_id] for entry in repeats)
    assert {each.exactness for each in shown.values()} == {EXACT}
    assert {wire_id: text_hash(each.text) for wire_id, each in shown.items()} == went
    texts = [each.text for each in shown.values()]
    assert {text.rpartition("\n\n")[2] for text in texts} >= {FIRST, SECOND}
    assert len(set(texts)) > load.expected * 0.9
    await assert_reconciled(mesh)
