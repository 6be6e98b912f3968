"""Attacked: everybody's place in the line, with thousands of calls that are all refused."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any, cast

import grpc
import pytest

from gateway.auth.authentication import current_key
from gateway.auth.floods import Floods
from gateway.auth.key import ApiKey
from gateway.auth.store import StoredKey
from gateway.limits.rate import RateInterceptor
from gateway.limits.settings import LimitSettings
from kompang.v1 import devices_pb2
from services.runtime import sockets
from services.runtime.address import Endpoint
from services.runtime.busyness import Busyness
from services.runtime.channel import connect
from services.runtime.server import Server
from services.runtime.server_settings import ServerSettings
from services.runtime.sockets import OwnSocket
from services.runtime.waiting import Line, Place, WaitingConnections
from tests.integration.gateway.mesh import TIMEOUT_S, Client, Gateway, running
from tests.support.database import Database
from tests.support.eventually import eventually

CHECK = "/grpc.health.v1.Health/Check"
LIST = devices_pb2.ListDevicesRequest()
METHODS = {
    "wrong keys": "/kompang.v1.DevicesService/ListDevices",
    "health": CHECK,
    "no method": "/kompang.v1.Nothing/Nothing",
}
# On each of four connections: more than a payer may have refused at once, or a key may make.
CALLS = 60
CALLS_PER_S = 100.0


@asynccontextmanager
async def own_connection(address: str) -> AsyncIterator[grpc.aio.Channel]:
    options = [("grpc.use_local_subchannel_pool", 1)]
    async with grpc.aio.insecure_channel(address, options=options) as channel:
        yield channel


async def flood(channels: Sequence[grpc.aio.Channel], path: str, key: str = "") -> None:
    """Calls with a wrong key, or this one; what they are answered is not asked."""
    metadata = (("authorization", f"Bearer {key or ApiKey.new().text}"),)
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
        # Some seconds, also when it is all that is read.
        flooding = asyncio.create_task(flood(own * 2, path))
        stack.callback(flooding.cancel)
        for _ in range(3):
            await call_again(acme)
        # The first call of a newcomer behind the same address has little to say, so it comes soon.
        await call_again(newcomer)
        assert not flooding.done()


async def test_a_good_key_that_floods_waits_and_others_do_not(
    database: Database, consul_address: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        running(database, consul_address, calls_per_s_of_key=20) as gateway,
        AsyncExitStack() as stack,
        asyncio.timeout(TIMEOUT_S),
    ):
        own = [await stack.enter_async_context(own_connection(gateway.address)) for _ in range(4)]
        acme, newcomer = [Client(own.pop(), await gateway.key(name)) for name in ("acme", "newcomer")]
        flooder = await gateway.key("flooder")
        await call_again(acme)
        await call_again(Client(own[0], flooder))
        flooding = asyncio.create_task(flood_always(own, flooder))
        stack.callback(flooding.cancel)
        await eventually(lambda: _wait(caplog))
        for _ in range(3):
            await call_again(acme)
        await call_again(newcomer)


async def flood_always(channels: Sequence[grpc.aio.Channel], key: str) -> None:
    while True:
        await flood(channels, METHODS["wrong keys"], key)


async def test_beyond_the_rate_few_calls_of_a_key_are_served_at_once_and_others_overtake() -> None:
    settings = LimitSettings(calls_per_s_of_key=1, calls_of_key=10)
    rate = RateInterceptor(settings, Floods(settings.calls_per_s_of_key))
    serving: list[int] = []
    goes_on = asyncio.Event()

    async def serve(_: Any, __: Any) -> None:
        serving.append(current_key.get().id)
        await goes_on.wait()

    async def found(_: Any) -> Any:
        return grpc.stream_unary_rpc_method_handler(serve)

    async def call(key: int) -> None:
        current_key.set(cast("StoredKey", SimpleNamespace(id=key)))
        handler = await rate.intercept_service(found, details)
        await handler.stream_unary(None, context)

    async def refuse(_: Any) -> None:
        raise grpc.aio.AbortError

    details = cast(
        "grpc.HandlerCallDetails", SimpleNamespace(method="/kompang.v1.DevicesService/ListDevices")
    )
    context = SimpleNamespace(peer=lambda: NEIGHBOUR, abort_with_status=refuse)
    calls = [asyncio.create_task(call(1)) for _ in range(20)]
    refused = [each for each in calls if not await _goes_on(each)]
    assert serving == [1, 1, 1]
    other = asyncio.create_task(call(2))
    await asyncio.sleep(0)
    assert serving == [1, 1, 1, 2]
    goes_on.set()
    await asyncio.gather(other, *(each for each in calls if each not in refused))
    # One within the rate; of the others two at once, and ten in all.
    assert len(refused) == 9


async def _goes_on(call: asyncio.Task[None]) -> bool:
    """Whether it was not refused, as soon as it has begun."""
    await asyncio.sleep(0)
    return not (call.done() and isinstance(call.exception(), grpc.aio.AbortError))


async def test_fifty_calls_at_once_with_one_key_are_not_too_many(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await gateway.client("busy")
    await call_again(client)
    counted: list[bool] = []
    called = Floods.called

    def count(floods: Floods, key: int) -> bool:
        counted.append(called(floods, key))
        return counted[-1]

    monkeypatch.setattr(Floods, "called", count)
    calls = [client.call(client.devices.ListDevices, LIST) for _ in range(50)]
    assert len(await asyncio.gather(*calls)) == 50
    assert counted == [True] * 50


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
        waiting = WaitingConnections(server.port)
        assert waiting.look(held) == len(waiting) == 2
        assert waiting.look(held) == 0
        calls = {one: 1, two: CALLS}
        sent: dict[grpc.aio.Channel, asyncio.Future[list[bytes]]] = {}

        async def both_wait() -> bool:
            # What came just before the look may still bring one read with it: then call again.
            read = [channel for channel in calls if channel not in sent or sent[channel].done()]
            for channel in read:
                sent[channel] = asyncio.gather(*(checked(channel) for _ in range(calls[channel])))
            return not read and await _both_unread(server)

        await eventually(both_wait)
        few_sent, many_sent = sent[one], sent[two]
        assert not few_sent.done()
        assert not many_sent.done()
        # The one who has least to say is read, and then the other one.
        while not few_sent.done():
            waiting.look(in_line)
            await asyncio.sleep(0)
        waiting.look(nowhere)
        assert not len(waiting)
        assert await few_sent == [b"\x08\x01"]
        assert await many_sent == [b"\x08\x01"] * CALLS


async def test_a_new_connection_waits_from_its_beginning_while_somebody_floods() -> None:
    async with Server(ServerSettings(drain_s=0.1), (), ()) as server, AsyncExitStack() as stack:
        waiting = WaitingConnections(server.port)
        waiting.shut(is_shut=True)
        early = await stack.enter_async_context(own_connection(server.address))
        answer = asyncio.ensure_future(checked(early))
        await eventually(lambda: _both_unread(server))
        # A look that has no place for it lets it go.
        waiting.look(nowhere)
        assert await answer == b"\x08\x01"
        waiting.shut(is_shut=False)
        late = await stack.enter_async_context(own_connection(server.address))
        assert await checked(late) == b"\x08\x01"


def test_a_socket_that_is_closed_meanwhile_is_left_alone() -> None:
    gone = OwnSocket(2**20, 1, Endpoint("192.0.2.7", 1))
    sockets.ask_for(gone, 1)
    sockets.end(gone)
    assert sockets.silent_ms(gone) == sockets.unread(gone) == 0
    with socket.create_server(("127.0.0.1", 0)) as other:
        # Its number was given to another socket.
        sockets.ask_for(OwnSocket(other.fileno(), 1, gone.caller), 9)
        assert other.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT) == 1


async def test_a_busy_process_reads_only_those_who_have_little_to_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waiting = WaitingConnections(0)
    few, many = (OwnSocket(n, n, Endpoint("192.0.2.7", n)) for n in range(2))
    line = Line("line", 100_000)
    for is_busy, expected in ((True, [few]), (False, [few, many])):
        monkeypatch.setattr(waiting, "_is_busy", is_busy)
        assert waiting._next(line, [(9000, many), (200, few)]) == expected


def test_a_thread_is_busy_while_it_works_and_not_while_it_waits() -> None:
    busyness = Busyness()
    end = time.thread_time() + 0.02
    while time.thread_time() < end:
        pass
    assert busyness.since_last() > 0.5
    threading.Event().wait(0.1)
    assert busyness.since_last() < 0.5


def held(_: Endpoint) -> Place:
    return Place(Line("line", 0), "payer")


def in_line(_: Endpoint) -> Place:
    return Place(Line("line", 512), "payer")


def nowhere(_: Endpoint) -> None:
    return None


async def checked(channel: grpc.aio.Channel) -> bytes:
    answer: bytes = await channel.unary_unary(CHECK)(b"", timeout=TIMEOUT_S)
    return answer


async def _both_unread(server: Server) -> bool:
    unread = [sockets.unread(each) for each in sockets.CallerSockets(server.port).look()]
    return bool(unread) and all(unread)


ATTACKER, NEIGHBOUR = "ipv4:192.0.2.7:1", "ipv4:192.0.2.7:2"
SHARED, ELSEWHERE = "ipv6:%5B2001:db8::1%5D:3", "ipv4:192.0.2.8:4"


def test_the_key_pays_on_its_own_connection_and_the_address_on_all_others() -> None:
    floods = Floods(CALLS_PER_S)
    floods.vouch(NEIGHBOUR, 1)
    floods.vouch(SHARED, 2)
    assert sum(floods.wrong(ATTACKER) for _ in range(1000)) < 200
    assert floods.wrong(NEIGHBOUR)
    assert floods.wrong(ELSEWHERE)
    assert floods.idle(ATTACKER)
    # A key behind which others try theirs is one payer on all of its connections.
    assert sum(floods.wrong(SHARED) for _ in range(1000)) < 200
    floods.vouch(ELSEWHERE, 2)
    assert not floods.wrong(ELSEWHERE)


def test_what_is_kept_of_connections_and_payers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_MOST_VOUCHED", "_MOST_FLOODING"):
        monkeypatch.setattr(f"gateway.auth.floods.{name}", 10)
    floods = Floods(CALLS_PER_S)
    monkeypatch.setattr(floods, "_wrong", SpentAllowance())
    for n in range(100):
        floods.vouch(f"ipv4:192.0.2.{n}:1", n)
        floods.wrong(f"ipv4:198.51.100.{n}:1")
    assert len(floods._vouched) == len(floods._flooding) == 10


class SpentAllowance:
    """Of which nothing is left."""

    def spend(self, _: object) -> bool:
        return False


def test_a_payer_floods_until_nothing_waits_and_ended_connections_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.auth.floods._QUIET_S", 0.0)
    floods, waiting = Floods(1.0), FoundConnections()
    floods.vouch(NEIGHBOUR, 1)
    floods.vouch(ELSEWHERE, 2)
    while floods.called(1):
        pass
    waiting.callers, waiting.unread = frozenset({Endpoint("192.0.2.7", 2)}), frozenset({1})
    floods.run_once(waiting)
    assert list(floods._vouched) == [NEIGHBOUR]
    assert waiting.is_shut
    place = waiting.place_of(Endpoint("192.0.2.7", 2))
    assert place is not None
    assert place.payer == 1
    # Nobody knows yet whose this is; the attacker's own line does not keep it.
    assert waiting.place_of(Endpoint("192.0.2.7", 9)).line.name == "newcomers"
    waiting.unread = frozenset({"newcomers"})
    floods.run_once(waiting)
    floods.run_once(waiting)
    assert waiting.is_shut
    waiting.unread = frozenset()
    floods.run_once(waiting)
    floods.run_once(waiting)
    assert not waiting.is_shut
    assert waiting.place_of(Endpoint("192.0.2.7", 2)) is None


class FoundConnections(WaitingConnections):
    """What a look finds is told."""

    def __init__(self) -> None:
        super().__init__(0)
        self.is_shut = False
        self.place_of: Any = None

    def look(self, place_of: Any) -> int:
        self.place_of = place_of
        return 0

    def shut(self, *, is_shut: bool) -> None:
        self.is_shut = is_shut
