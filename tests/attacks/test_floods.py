"""Attacked: everybody's place in the line, with thousands of calls that are all refused."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import grpc
import pytest

from gateway.auth.key import ApiKey
from gateway.auth.strangers import Strangers
from kompang.v1 import devices_pb2
from services.runtime import sockets
from services.runtime.channel import connect
from services.runtime.server import Server
from services.runtime.server_settings import ServerSettings
from services.runtime.waiting import WaitingConnections
from tests.integration.gateway.mesh import TIMEOUT_S, Client, Gateway
from tests.support.eventually import eventually

CHECK = "/grpc.health.v1.Health/Check"
LIST = devices_pb2.ListDevicesRequest()
METHODS = {
    "wrong keys": "/kompang.v1.DevicesService/ListDevices",
    "health": CHECK,
    "no method": "/kompang.v1.Nothing/Nothing",
}
CONNECTIONS = 4
# More than a payer may have refused at once.
CALLS = 60


@asynccontextmanager
async def own_connection(address: str) -> AsyncIterator[grpc.aio.Channel]:
    options = [("grpc.use_local_subchannel_pool", 1)]
    async with grpc.aio.insecure_channel(address, options=options) as channel:
        yield channel


async def flood(channels: Sequence[grpc.aio.Channel], path: str) -> None:
    """Calls without a good key; what they are answered is not asked."""
    metadata = (("authorization", f"Bearer {ApiKey.new().text}"),)
    calls = [
        channel.unary_unary(path)(b"", metadata=metadata, timeout=TIMEOUT_S)
        for channel in channels
        for _ in range(CALLS)
    ]
    await asyncio.gather(*calls, return_exceptions=True)


@pytest.mark.parametrize("path", METHODS.values(), ids=METHODS)
async def test_whoever_floods_waits_and_others_of_his_address_do_not(
    gateway: Gateway, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with AsyncExitStack() as stack, asyncio.timeout(TIMEOUT_S):
        own = [await stack.enter_async_context(own_connection(gateway.address)) for _ in range(6)]
        acme, newcomer = [Client(own.pop(), await gateway.key(f"{name}{len(path)}")) for name in ("a", "b")]
        await call_again(acme)
        await flood(own, path)
        await eventually(lambda: _wait(caplog))
        flooding = asyncio.create_task(flood(own, path))
        stack.callback(flooding.cancel)
        for _ in range(3):
            await call_again(acme)
        # The first call of a newcomer behind the same address has little to say, so it comes soon.
        await call_again(newcomer)
        assert not flooding.done()


async def _wait(caplog: pytest.LogCaptureFixture) -> bool:
    """Whether connections were made to wait."""
    return any("connections wait" in record.message for record in caplog.records)


async def call_again(client: Client) -> None:
    """Until it is not refused: the line may be full, and a key that was just made be unknown yet."""
    while True:
        with suppress(grpc.aio.AioRpcError):
            await client.call(client.devices.ListDevices, LIST)
            return


async def test_a_connection_that_waits_is_read_later_and_loses_nothing() -> None:
    async with Server(ServerSettings(drain_s=0.1), (), ()) as server, AsyncExitStack() as stack:
        one = await stack.enter_async_context(connect(server.address, traced=False))
        two = await stack.enter_async_context(own_connection(server.address))
        for channel in (one, two):
            await checked(channel)
        waiting = WaitingConnections()
        assert waiting.look(server.port, lambda _: True) == len(waiting) == 2
        assert waiting.look(server.port, lambda _: True) == 0
        few, many = [checked(one)], [checked(two) for _ in range(CALLS)]
        few_sent, many_sent = asyncio.gather(*few), asyncio.gather(*many)
        await eventually(lambda: _both_unread(server))
        assert not few_sent.done()
        assert not many_sent.done()
        # The one who has least to say is read, and then the other one.
        while not few_sent.done():
            waiting.look(server.port, lambda _: True)
            await asyncio.sleep(0)
        waiting.look(server.port, lambda _: False)
        while len(waiting):
            waiting.look(server.port, lambda _: False)
        assert await few_sent == [b"\x08\x01"]
        assert await many_sent == [b"\x08\x01"] * CALLS


async def checked(channel: grpc.aio.Channel) -> bytes:
    answer: bytes = await channel.unary_unary(CHECK)(b"", timeout=TIMEOUT_S)
    return answer


async def _both_unread(server: Server) -> bool:
    return all(each.unread for each in sockets.of_callers(server.port))


ATTACKER, NEIGHBOUR = "ipv4:192.0.2.7:1", "ipv4:192.0.2.7:2"
SHARED, ELSEWHERE = "ipv6:%5B2001:db8::1%5D:3", "ipv4:192.0.2.8:4"


def test_the_key_pays_on_its_own_connection_and_the_address_on_all_others() -> None:
    strangers = Strangers()
    strangers.vouch(NEIGHBOUR, 1)
    strangers.vouch(SHARED, 2)
    assert sum(strangers.wrong(ATTACKER) for _ in range(1000)) < 200
    assert strangers.wrong(NEIGHBOUR)
    assert strangers.wrong(ELSEWHERE)
    assert strangers.idle(ATTACKER)
    # A key behind which others try theirs is one payer on all of its connections.
    assert sum(strangers.wrong(SHARED) for _ in range(1000)) < 200
    strangers.vouch(ELSEWHERE, 2)
    assert not strangers.wrong(ELSEWHERE)


def test_what_is_kept_of_connections_and_payers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_MOST_VOUCHED", "_MOST_FLOODING"):
        monkeypatch.setattr(f"gateway.auth.strangers.{name}", 10)
    strangers = Strangers()
    monkeypatch.setattr(strangers, "_wrong", SpentAllowance())
    for n in range(100):
        strangers.vouch(f"ipv4:192.0.2.{n}:1", n)
        strangers.wrong(f"ipv4:198.51.100.{n}:1")
    assert len(strangers._vouched) == len(strangers._flooding) == 10


class SpentAllowance:
    """Of which nothing is left."""

    def spend(self, _: object) -> bool:
        return False
