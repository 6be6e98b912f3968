"""Postgres, Redis or Consul goes away under load and comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from infra.local.servers.service import Service
from tests.scenarios.integrator import MESSAGES
from tests.scenarios.load import Load, loaded, unless_away
from tests.scenarios.mesh import Mesh
from tests.scenarios.reconciled import assert_reconciled
from tests.support.eventually import eventually
from tests.support.slowness import patient


async def _bring_back(server: Service) -> None:
    server.resume()
    await server.start()


async def test_redis_is_killed_and_then_hangs(mesh: Mesh) -> None:
    redis = mesh.stack.redis
    async with loaded(mesh) as load:
        await load.until_accepted(load.expected // 8)
        for lose in (redis.kill, redis.pause):
            lose()
            # It goes on without.
            await load.until_more(load.expected // 4)
            await _bring_back(redis)
        await load.until_sent()
        load.assert_each_sent_once_in_order()
    await assert_reconciled(mesh)


async def test_postgres_is_restarted(mesh: Mesh) -> None:
    postgres = mesh.stack.postgres
    async with loaded(mesh) as load:
        async with _acknowledged_leads(load) as acknowledged:
            await load.until_accepted(load.expected // 4)
            await postgres.stop("immediate")
            await eventually(lambda: _is_unavailable(load), within_s=10, what="UNAVAILABLE")
            before = len(acknowledged)
            await postgres.start()

            async def go_on() -> bool:
                return len(acknowledged) > before

            await eventually(go_on, within_s=20, what="upserts go on")
        for name in acknowledged:
            assert (await load.client.get_lead(name)).name == name
        await load.until_sent()
        load.assert_each_sent_once_in_order()
    await assert_reconciled(mesh)


async def test_consul_goes_away(mesh: Mesh) -> None:
    [consul] = mesh.stack.consul
    async with loaded(mesh) as load:
        await load.until_accepted(load.expected // 8)
        owners = _owners(load)
        consul.kill()
        accepted = len(load.ledger())
        async with asyncio.timeout(patient(60)):
            await load.until_more(load.expected // 2)
        # Owners went on, and nobody took over.
        for entry in load.ledger()[accepted:]:
            assert owners.setdefault(entry.device, (entry.host, entry.epoch)) == (entry.host, entry.epoch)
        await consul.start()
        await load.until_sent()
        load.assert_each_sent_once_in_order()
        # Whole again: a host may leave, and the other one gets its shards.
        later = await load.client.upsert_leads(range(100, 102), load.devices)
        await mesh.stop(mesh.hosts[0])
        await eventually(lambda: unless_away(load.client.run_enrollment()), within_s=30, what="enrollment")
        load.expected += MESSAGES * len(later)
        await load.until_sent()
    await assert_reconciled(mesh)


def _owners(load: Load) -> dict[str, tuple[str, int]]:
    return {entry.device: (entry.host, entry.epoch) for entry in load.ledger()}


async def _is_unavailable(load: Load) -> bool:
    try:
        await load.client.states()
    except grpc.aio.AioRpcError as error:
        return error.code() is grpc.StatusCode.UNAVAILABLE
    return False


@asynccontextmanager
async def _acknowledged_leads(load: Load) -> AsyncIterator[list[str]]:
    """Upserts a lead after the other, and notes those that the gateway said it has."""
    acknowledged: list[str] = []

    async def upsert() -> None:
        number = 1000
        while True:
            number += 1
            try:
                made = await load.client.upsert_leads([number], load.devices, trigger="")
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise
                await asyncio.sleep(0.02)
            else:
                acknowledged.append(made[0].name)

    async with asyncio.TaskGroup() as group:
        writer = group.create_task(upsert())
        yield acknowledged
        writer.cancel()
