"""Dispatch replicas die; hosts go on through what is left, or wait."""

import pytest

from tests.scenarios.load import loaded
from tests.scenarios.mesh import Mesh
from tests.scenarios.reconciled import assert_reconciled


@pytest.mark.real_processes
async def test_replicas_are_killed_one_and_then_all(mesh: Mesh) -> None:
    first = mesh.dispatchers[0]
    async with loaded(mesh) as load:
        await load.until_accepted(load.expected // 4)
        await mesh.kill(first)
        await load.until_more(load.expected // 4)
        await mesh.start(first)
        for name in mesh.dispatchers:
            await mesh.kill(name)
        for name in mesh.dispatchers:
            await mesh.start(name)
        await load.until_sent()
        load.assert_each_sent_once_in_order()
    await assert_reconciled(mesh)
