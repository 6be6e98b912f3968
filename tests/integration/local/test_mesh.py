"""The mesh as real processes: what dies unasked is told, what is killed on purpose is not."""

import os
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from infra.local.errors import StartFailed
from infra.local.mesh import Mesh, ProcessDied, read_leases
from infra.local.servers.stack import LocalStack

# One worker runs all of them, since they share a mesh.
pytestmark = pytest.mark.xdist_group("local mesh")


@pytest_asyncio.fixture(scope="module")
async def mesh(stack: LocalStack) -> AsyncIterator[Mesh]:
    async with Mesh(stack, name="small", hosts=2, dispatchers=1, shard_count=16, traces=False) as running:
        yield running


async def leased(mesh: Mesh) -> set[str]:
    async with mesh.connection() as connection:
        return set((await read_leases(connection)).values())


async def test_a_started_mesh_has_every_shard_leased(mesh: Mesh) -> None:
    assert sorted(mesh.processes) == ["dispatch-1", "enrollment-1", "gateway", "host-1", "host-2", "network"]
    assert await leased(mesh) == {"host-1", "host-2"}
    assert mesh.rss_bytes("host-1") > 10 << 20
    assert (await mesh.create_account("acme")).startswith("kpg_")
    mesh.check()


async def test_a_drained_host_is_not_reported_and_starts_again(mesh: Mesh) -> None:
    assert await mesh.stop("host-2") == 0
    mesh.check()
    await mesh.until_leased()
    assert await leased(mesh) == {"host-1"}

    await mesh.start_host("host-2")
    await mesh.until_leased()
    assert await leased(mesh) == {"host-1", "host-2"}


async def test_a_paused_process_that_dies_is_reported(mesh: Mesh) -> None:
    mesh.kill("enrollment-1", signal.SIGSTOP)
    mesh.check()
    mesh.kill("enrollment-1", signal.SIGCONT)
    os.kill(mesh.processes["enrollment-1"].pid, signal.SIGKILL)
    await mesh.processes["enrollment-1"].wait()

    with pytest.raises(ProcessDied, match="enrollment-1 was ended by SIGKILL"):
        mesh.check()
    mesh.check()
    await mesh.start("enrollment-1")


async def test_a_process_that_cannot_start_is_reported_with_its_log(stack: LocalStack) -> None:
    with pytest.raises(
        (ProcessDied, StartFailed), match=r"network ended by itself(?s:.*)neither one of usual"
    ):
        async with Mesh(stack, name="bad", hosts=1, shard_count=16, behavior="stormy", traces=False):
            raise AssertionError("it must not start")
