"""Attacks connections: silent ones, half a hello, too many, idle ones, streams begun and dropped."""

import asyncio
import resource
from contextlib import AsyncExitStack, suppress

import grpc
import pytest

from gateway.auth.key import ApiKey
from kompang.v1 import devices_pb2, events_pb2
from services.runtime.address import Endpoint
from services.runtime.channel import connect
from services.runtime.crowd import Connection, too_many
from services.runtime.server import Server
from services.runtime.server_settings import ServerSettings
from services.runtime.sockets import OwnSocket
from tests.integration.gateway.mesh import TIMEOUT_S, Client, running
from tests.support.database import Database
from tests.support.eventually import eventually

NO_SETTINGS = b"\0\0\0\4\0\0\0\0\0"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
# One byte more may come: unlike a ping, it may be said at any time.
WINDOW_UPDATE = b"\0\0\4\x08\0\0\0\0\0\0\0\0\1"
LIST = devices_pb2.ListDevicesRequest()


async def closed(address: str, hello: bytes) -> bool:
    """Whether the gateway ends a connection that says this and nothing more."""
    host, port = address.rsplit(":", 1)
    reader, writer = await asyncio.open_connection(host, int(port))
    with suppress(ConnectionError):
        writer.write(hello)
        async with asyncio.timeout(TIMEOUT_S):
            while await reader.read(65536):
                pass
    writer.close()
    return True


async def test_whoever_does_not_say_hello_is_closed(database: Database, consul_address: str) -> None:
    async with running(database, consul_address, handshake_timeout_s=0.3) as gateway:
        client = await gateway.client("acme")
        hellos = [b"", PREFACE[:10], PREFACE, b"GET / HTTP/1.1\r\n"] * 5
        assert all(await asyncio.gather(*(closed(gateway.address, hello) for hello in hellos)))
        await client.call(client.devices.ListDevices, LIST)


async def test_connections_have_an_end_and_idle_ones_give_their_places_back(
    database: Database, consul_address: str
) -> None:
    async with running(database, consul_address, connections_at_once=4, connection_idle_s=0.5) as gateway:
        key = await gateway.key("acme")
        options = [("grpc.use_local_subchannel_pool", 1)]
        channels = [grpc.aio.insecure_channel(gateway.address, options=options) for _ in range(8)]
        answers = await asyncio.gather(*(_answers(Client(channel, key)) for channel in channels))
        assert 0 < sum(answers) <= 4
        late = Client(grpc.aio.insecure_channel(gateway.address, options=options), key)
        await eventually(lambda: _answers(late))
        for channel in (*channels, late.channel):
            await channel.close()


async def test_strangers_leave_any_process_files_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of dispatch and enrollment, too: 8,000 connections that said hello were kept for ever."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (8, 8))
    async with Server(ServerSettings(drain_s=0.1), (), ()) as server, AsyncExitStack() as stack:
        readers = []
        for _ in range(12):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            stack.callback(writer.close)
            with suppress(ConnectionError):
                writer.write(PREFACE + NO_SETTINGS)
            readers.append(reader)
        greeted = [bool(await asyncio.wait_for(_begun(each), TIMEOUT_S)) for each in readers]
        assert 0 < sum(greeted) <= 4


async def _begun(reader: asyncio.StreamReader) -> bytes:
    """What the server says; nothing where it closes."""
    with suppress(ConnectionError):
        return await reader.read(9)
    return b""


async def test_whoever_only_connects_keeps_no_host_from_dispatch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (60, 60))
    async with Server(ServerSettings(drain_s=0.1), (), ()) as server, AsyncExitStack() as stack:
        for _ in range(30):
            _, writer = await asyncio.open_connection("127.0.0.1", server.port, local_addr=("127.0.0.9", 0))
            stack.callback(writer.close)
            with suppress(ConnectionError):
                writer.write(PREFACE + NO_SETTINGS)
        channel = await stack.enter_async_context(connect(server.address, traced=False))
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        assert await check(b"", timeout=TIMEOUT_S, wait_for_ready=True) == b"\x08\x01"


@pytest.mark.parametrize("is_silent", [True, False])
async def test_strangers_hold_no_places_of_the_kubelets_probe(
    monkeypatch: pytest.MonkeyPatch, is_silent: bool
) -> None:
    most = 30
    monkeypatch.setattr("services.runtime.server.MOST_PROBERS", most)
    # None is closed for being idle: that takes ten seconds, and a prober waits for one.
    monkeypatch.setattr("services.runtime.health_port._OPTIONS", ())
    async with Server(ServerSettings(drain_s=0.1, health=False), (), ()) as server, AsyncExitStack() as stack:
        host, port = server.health_address.rsplit(":", 1)
        for _ in range(most):
            _, writer = await asyncio.open_connection(host, int(port), local_addr=("127.0.0.9", 0))
            stack.callback(writer.close)
            with suppress(ConnectionError):
                writer.write(PREFACE + NO_SETTINGS)
            if not is_silent:
                talking = asyncio.create_task(_talk(writer))
                stack.callback(talking.cancel)
        channel = await stack.enter_async_context(connect(server.health_address, traced=False))
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        assert await check(b"", timeout=TIMEOUT_S, wait_for_ready=True) == b"\x08\x01"


async def _talk(writer: asyncio.StreamWriter) -> None:
    """Keeps a connection in use, without a call; `max_connection_idle` does not end it."""
    while not writer.is_closing():
        writer.write(WINDOW_UPDATE)
        await asyncio.sleep(0.3)


async def test_silent_connections_of_one_address_keep_no_newcomer_out(
    database: Database, consul_address: str
) -> None:
    most = 30
    async with running(database, consul_address, connections_at_once=most) as gateway:
        key = await gateway.key("acme")
        host, port = gateway.address.rsplit(":", 1)
        silent = [
            await asyncio.open_connection(host, int(port), local_addr=("127.0.0.9", 0)) for _ in range(most)
        ]
        for _, writer in silent:
            writer.write(PREFACE + NO_SETTINGS)
        options = [("grpc.use_local_subchannel_pool", 1)]
        newcomer = Client(grpc.aio.insecure_channel(gateway.address, options=options), key)
        await eventually(lambda: _answers(newcomer))
        for _, writer in silent:
            writer.close()
        await newcomer.channel.close()


def of(peer: str, *silent_ms: int, is_new: bool = False) -> list[Connection]:
    own = [OwnSocket(n, n, Endpoint(peer, n)) for n in range(len(silent_ms))]
    return [Connection(each, peer, ms, is_new) for each, ms in zip(own, silent_ms, strict=True)]


def test_whoever_has_most_gives_and_what_is_in_use_stays() -> None:
    many, few = of("many", *range(2000, 2010), 5), of("few", 9000, 9001)
    given = too_many([*few, *many], 6)
    assert [(each.peer, each.silent_ms) for each in given] == [("many", 2009 - n) for n in range(6)]
    # Down to as many as the others have, then of each in turn.
    assert {each.peer for each in too_many([*few, *many], 10)} == {"many", "few"}
    assert of("many", 5)[0] not in too_many([*few, *many], 100)
    assert len(too_many(of("new", *[0] * 9, is_new=True), 4)) == 4
    assert too_many(many, -1) == too_many([], 5) == []
    # A newcomer is not closed because everybody else is in use.
    assert too_many([*of("many", *[5] * 9), *of("newcomer", 0, is_new=True)], 3) == []


async def test_a_burst_of_calls_is_refused_before_it_is_looked_at(
    database: Database, consul_address: str
) -> None:
    async with running(database, consul_address, calls_at_once=2, streams_at_once=2) as gateway:
        client = await gateway.client("acme")
        hold = gateway.channel.unary_unary("/kompang.v1.DevicesService/ListDevices")
        wrong = {"metadata": [("authorization", f"Bearer {ApiKey.new().text}")], "timeout": TIMEOUT_S}
        codes = await asyncio.gather(*(_code(hold(b"", **wrong)) for _ in range(60)))
        assert set(codes) == {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.RESOURCE_EXHAUSTED}
        await client.call(client.devices.ListDevices, LIST)


async def test_checks_whose_request_never_comes_keep_no_other_check_back(
    database: Database, consul_address: str
) -> None:
    async with running(database, consul_address) as gateway:
        silent = gateway.channel.stream_unary("/grpc.health.v1.Health/Check")
        check = gateway.channel.unary_unary("/grpc.health.v1.Health/Check")
        calls = [silent(timeout=TIMEOUT_S) for _ in range(100)]
        assert await check(b"", timeout=TIMEOUT_S) == b"\x08\x01"
        # They have their answers, too.
        assert {await _code(call) for call in calls} == {grpc.StatusCode.OK}


async def _code(call: grpc.aio.UnaryUnaryCall) -> grpc.StatusCode:
    return await call.code()


async def _answers(client: Client) -> bool:
    try:
        await client.call(client.devices.ListDevices, LIST, timeout_s=5)
    except grpc.aio.AioRpcError:
        return False
    return True


async def test_streams_that_are_begun_and_dropped_leave_nothing_behind(
    database: Database, consul_address: str
) -> None:
    async with running(database, consul_address, streams_at_once=20, streams_of_key=5) as gateway:
        client = await gateway.client("acme")
        for _ in range(20):
            calls = [
                gateway.channel.stream_stream("/kompang.v1.LeadsService/ImportLeads")(
                    metadata=client.metadata, timeout=TIMEOUT_S
                )
                for _ in range(10)
            ]
            await asyncio.sleep(0)
            for call in calls:
                call.cancel()
        await eventually(lambda: _answers(client))
        await eventually(lambda: _open(client, 5))


async def _open(client: Client, count: int) -> bool:
    """Whether so many streams are open at once."""
    request = events_pb2.WatchEventsRequest()
    calls = [client.events.WatchEvents(request, metadata=client.metadata) for _ in range(count)]
    try:
        return all([await call.read() is not grpc.aio.EOF for call in calls])
    except grpc.aio.AioRpcError:
        return False
    finally:
        for call in calls:
            call.cancel()
