"""Attacked: everybody's place in the line, with thousands of calls that are all refused, or all served."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import Any, cast

import grpc
import pytest

from gateway.auth.allowance import Allowance
from gateway.auth.authentication import current_key
from gateway.auth.floods import Floods
from gateway.auth.key import ApiKey
from gateway.auth.payers import Payers
from gateway.auth.store import StoredKey
from gateway.limits.rate import RateInterceptor
from gateway.limits.settings import LimitSettings
from kompang.v1 import devices_pb2
from services.runtime.address import Endpoint
from services.runtime.waiting import WaitingConnections
from tests.attacks.traffic_of_callers import call_again, own_connection
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


async def test_a_key_that_was_just_made_is_no_wrong_one(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody may rotate their keys at one moment, behind one address."""
    wrong: list[str] = []
    monkeypatch.setattr(Floods, "wrong", lambda _, connection: wrong.append(connection))
    client = await gateway.client("rotated")
    calls = [client.call(client.devices.ListDevices, LIST) for _ in range(20)]
    assert len(await asyncio.gather(*calls)) == 20
    assert wrong == []


async def test_callers_who_all_come_back_at_once_during_a_flood_are_served(
    database: Database, consul_address: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        running(database, consul_address) as gateway,
        AsyncExitStack() as stack,
        asyncio.timeout(TIMEOUT_S),
    ):
        own = [await stack.enter_async_context(own_connection(gateway.address)) for _ in range(4)]
        keys = [await gateway.key(f"honest-{n}") for n in range(15)]
        await call_again(Client(gateway.channel, keys[-1]))
        flooding = asyncio.create_task(flood_always(own, ApiKey.new().text))
        stack.callback(flooding.cancel)
        await eventually(lambda: _wait(caplog))
        # Each of them has a connection of its own, on which nothing was seen yet.
        back = [Client(await stack.enter_async_context(own_connection(gateway.address)), key) for key in keys]
        answers = [client.call(client.devices.ListDevices, LIST) for client in back]
        failed = [each for each in await asyncio.gather(*answers, return_exceptions=True) if _failed(each)]
        assert failed == []
        assert not flooding.done()


def _failed(answer: Any) -> bool:
    """CANCELLED says that the line was full, and to come again."""
    if isinstance(answer, grpc.aio.AioRpcError):
        return answer.code() is not grpc.StatusCode.CANCELLED
    return isinstance(answer, BaseException)


async def _wait(caplog: pytest.LogCaptureFixture) -> bool:
    """Whether connections were made to wait."""
    return any("connections wait" in record.message for record in caplog.records)


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
    for name in ("floods._MOST_KNOWN", "payers._MOST_FLOODING"):
        monkeypatch.setattr(f"gateway.auth.{name}", 10)
    monkeypatch.setattr("gateway.auth.payers.QUIET_S", -1.0)
    floods, payers = Floods(CALLS_PER_S), Payers()
    for n in range(100):
        floods.vouch(f"ipv4:192.0.2.{n}:1", n)
        floods.wrong(f"ipv4:198.51.100.{n}:1")
        payers.spend(SpentAllowance(), n)
    assert len(floods._known) == len(payers) == 10
    for n in range(100, 120):
        payers.spend(SpentAllowance(), n)
        payers.end_quiet(())
    assert len(payers) == 0
    assert len(payers._past) == 10


class SpentAllowance(Allowance):
    """Of which nothing is left."""

    def __init__(self) -> None:
        super().__init__(0, 0)

    def spend(self, _: object) -> bool:
        return False


def test_a_payer_floods_until_nothing_waits_and_ended_connections_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.auth.payers.QUIET_S", 0.0)
    floods, waiting = Floods(1.0), FoundConnections()
    floods.vouch(NEIGHBOUR, 1)
    floods.vouch(ELSEWHERE, 2)
    while floods.called(1):
        pass
    waiting.callers, waiting.unread = frozenset({Endpoint("192.0.2.7", 2)}), frozenset({1})
    floods.run_once(waiting)
    assert list(floods._known) == [NEIGHBOUR]
    assert waiting.is_shut
    place = waiting.place_of(Endpoint("192.0.2.7", 2))
    assert place is not None
    assert place.payer == 1
    # Nobody knows yet whose this is; the attacker's own line does not keep it.
    assert waiting.place_of(Endpoint("192.0.2.7", 9)).line.name == "newcomers"
    waiting.unread = frozenset({"newcomers"})
    floods.run_once(waiting)
    floods.run_once(waiting)
    assert waiting.place_of(Endpoint("192.0.2.7", 2)) is not None
    waiting.unread = frozenset()
    floods.run_once(waiting)
    floods.run_once(waiting)
    assert waiting.place_of(Endpoint("192.0.2.7", 2)) is None
    # Newcomers wait also while nobody floods.
    assert waiting.is_shut
    assert waiting.place_of(Endpoint("192.0.2.7", 9)).line.name == "newcomers"


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


def test_whoever_floods_again_soon_waits_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("gateway.auth.payers.time", SimpleNamespace(monotonic=lambda: now[0]))
    payers = Payers()

    def until_over() -> float:
        payers.flood("attacker")
        began = now[0]
        while payers:
            now[0] += 0.5
            payers.end_quiet(())
        return now[0] - began

    assert [until_over() for _ in range(4)] == [1.5, 8.5, 60.5, 60.5]
    now[0] += 3600
    assert until_over() == 1.5
    # What is too much again within a moment is the same flood.
    payers.flood("attacker")
    now[0] += 0.5
    payers.flood("attacker")
    assert not payers.is_quiet("attacker")
    payers.end_quiet({"attacker"})
    assert len(payers) == 1
