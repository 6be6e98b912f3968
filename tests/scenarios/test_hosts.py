"""A shard host dies, or leaves."""

import time
from collections.abc import Callable

import pytest

from infra.local.network.ledger import Entry
from tests.scenarios.load import LEADS, Load, loaded
from tests.scenarios.mesh import Mesh
from tests.scenarios.reconciled import assert_reconciled
from tests.support.slowness import patient

# Term 2 s, grace, and the wait for the lock; the rest is for a machine that has other things to do.
TAKEN_OVER_S = 15.0


def _devices(load: Load, host: str) -> set[str]:
    return {entry.device for entry in load.ledger() if entry.host == host}


def _taken_over_s(load: Load, killed: str, orphans: set[str], at: float) -> float:
    """From the kill until the last of the killed host's devices sent through another."""
    first: dict[str, Entry] = {}
    for entry in load.ledger():
        if entry.device in orphans and entry.host != killed:
            first.setdefault(entry.device, entry)
    assert first.keys() == orphans
    return max(entry.mono for entry in first.values()) - at


@pytest.mark.real_processes
async def test_a_killed_host_is_succeeded(mesh: Mesh, record_property: Callable[[str, object], None]) -> None:
    killed = mesh.hosts[0]
    async with loaded(mesh) as load:
        await load.until_accepted(load.expected // 4)
        orphans = _devices(load, killed)
        assert orphans, "the host to kill sends nothing"
        at = time.monotonic()
        await mesh.kill(killed)
        await load.until_sent()
        taken_over_s = _taken_over_s(load, killed, orphans, at)
        load.assert_each_sent_once_in_order()
        load.assert_paced()
    record_property("taken_over_s", round(taken_over_s, 2))
    assert taken_over_s < TAKEN_OVER_S
    await assert_reconciled(mesh)


@pytest.mark.real_processes
async def test_a_host_leaves_and_comes_back(mesh: Mesh) -> None:
    leaving, staying = mesh.hosts
    # Messages must be left for the host when it comes back, however long its process takes to start.
    async with loaded(mesh, leads=LEADS * 3 // 2, apart_s=patient(0.5)) as load:
        await load.until_accepted(load.expected // 8)
        assert _devices(load, leaving), "the host to stop sends nothing"
        await mesh.stop(leaving)
        left = len(load.ledger())
        assert (await load.client.states())["UNKNOWN"] == 0
        await load.until_more(load.expected // 8)
        back = len(load.ledger())
        await mesh.start(leaving)
        await load.until_sent()
        load.assert_each_sent_once_in_order()
        load.assert_paced()
        assert {entry.host for entry in load.ledger()[left:back]} == {staying}
        assert leaving in {entry.host for entry in load.ledger()[back:]}
    await assert_reconciled(mesh)
