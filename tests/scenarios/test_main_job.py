"""A lead list goes in; every message arrives once, in order, paced."""

import pytest

from tests.scenarios.load import LEADS, loaded
from tests.scenarios.mesh import Mesh
from tests.scenarios.reconciled import assert_reconciled


@pytest.mark.tls
async def test_every_message_arrives_once_in_order_and_paced(mesh: Mesh) -> None:
    async with loaded(mesh) as load:
        await load.until_sent()
        load.assert_each_sent_once_in_order()
        load.assert_paced()
        assert len(load.ledger()) == load.expected
        again = await load.client.run_enrollment()
        assert (again.enrolled_count, again.message_count) == (0, 0)
        assert len(await load.client.messages(lead=load.leads[0].name)) == load.expected // LEADS
    await assert_reconciled(mesh)
