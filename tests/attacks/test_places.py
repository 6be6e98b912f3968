"""Attacks the places of others: streams, calls, imports of one key, silent callers, unread streams."""

import asyncio
import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import pytest

from gateway.auth.caller import Caller, current_caller
from gateway.auth.floods import Floods
from gateway.imports.running import run as import_run
from gateway.limits.places import CallTurns, PlacesInterceptor
from gateway.limits.settings import LimitSettings
from kompang.v1 import devices_pb2, events_pb2, imports_pb2, leads_pb2
from services.runtime.errors import ResourceExhausted
from services.runtime.slow_readers import ended
from tests.integration.gateway.import_calls import HEADER, chunk, opening, run
from tests.integration.gateway.mesh import TIMEOUT_S, Client, Gateway, refusal, running
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.importing import written

EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
WATCH = "/kompang.v1.EventsService/WatchEvents"
LIST = devices_pb2.ListDevicesRequest()


def watched(client: Client) -> Any:
    return client.events.WatchEvents(
        events_pb2.WatchEventsRequest(), metadata=client.metadata, timeout=TIMEOUT_S
    )


def unsent(client: Client, gateway: Gateway) -> Any:
    """A call whose request never comes."""
    method = gateway.channel.stream_unary("/kompang.v1.DevicesService/ListDevices")
    return method(metadata=client.metadata, timeout=TIMEOUT_S)


async def test_streams_of_one_key_leave_those_of_others(database: Database, consul_address: str) -> None:
    async with running(database, consul_address, streams_at_once=12, streams_of_key=4) as gateway:
        greedy, other = await gateway.client("greedy"), await gateway.client("other")
        held = [watched(greedy) for _ in range(4)]
        for call in held:
            assert await call.read() is not grpc.aio.EOF
        refused = await refusal(watched(greedy).read())
        assert (refused.code, refused.reason) == (EXHAUSTED, "TOO_MANY_STREAMS")
        assert refused.retry_s
        assert await watched(other).read() is not grpc.aio.EOF
        # Calls are counted apart.
        await greedy.call(greedy.devices.ListDevices, LIST)
        held[0].cancel()
        await eventually(lambda: _opens(greedy))


async def _opens(client: Client) -> bool:
    try:
        return bool(await watched(client).read() is not grpc.aio.EOF)
    except grpc.aio.AioRpcError:
        return False


async def test_calls_of_one_key_leave_those_of_others(database: Database, consul_address: str) -> None:
    async with running(
        database, consul_address, calls_at_once=12, calls_of_key=4, requests_read_of_key=8
    ) as gateway:
        greedy, other = await gateway.client("greedy"), await gateway.client("other")
        held = [unsent(greedy, gateway) for _ in range(6)]
        refused = await refusal(await eventually(lambda: _first_done(held)))
        assert (refused.code, refused.reason) == (EXHAUSTED, "TOO_MANY_CALLS")
        assert refused.retry_s
        await other.call(other.devices.ListDevices, LIST)
        for call in held:
            call.cancel()
        await eventually(lambda: _answers(greedy))


async def _first_done(calls: list[Any]) -> Any:
    return next((call for call in calls if call.done()), None)


async def _answers(client: Client) -> bool:
    try:
        await client.call(client.devices.ListDevices, LIST)
    except grpc.aio.AioRpcError:
        return False
    return True


async def test_callers_who_never_send_their_requests_stop_only_themselves(
    database: Database, consul_address: str
) -> None:
    async with running(database, consul_address, requests_read_at_once=3, requests_read_of_key=2) as gateway:
        greedy, other = await gateway.client("greedy"), await gateway.client("other")
        held = [unsent(greedy, gateway) for _ in range(6)]
        await eventually(lambda: _is_kept_waiting(greedy))
        for _ in range(3):
            await other.call(other.devices.ListDevices, LIST)
        assert not any(call.done() for call in held)
        assert await _is_kept_waiting(greedy)
        for call in held:
            call.cancel()
        await greedy.call(greedy.devices.ListDevices, LIST)


async def _is_kept_waiting(client: Client) -> bool:
    """Whether nothing of a call is read within a moment."""
    try:
        await client.call(client.devices.ListDevices, LIST, timeout_s=0.3)
    except grpc.aio.AioRpcError as error:
        return error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    return False


async def test_silent_imports_do_not_stop_those_of_others(
    database: Database, consul_address: str, tmp_path: Path
) -> None:
    async with running(database, consul_address) as gateway:
        silent, other = await gateway.client("silent"), await gateway.client("other")
        await other.linked(1)
        calls = [silent.leads.ImportLeads(metadata=silent.metadata, timeout=TIMEOUT_S) for _ in range(4)]
        refused = await asyncio.gather(*(refusal(call.read()) for call in calls[2:]))
        assert {each.reason for each in refused} == {"TOO_MANY_IMPORTS"}
        assert all(each.retry_s for each in refused)
        result = await run(other, written(tmp_path, HEADER + "Ali,+60123456789,Ipoh\n"))
        assert result.counts.created == 1


async def test_a_silent_import_is_told_from_which_byte_to_go_on(
    database: Database, consul_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A small file stands for one that is longer than what is read before anything is written.
    monkeypatch.setattr(import_run, "FURTHEST", 0)
    async with running(database, consul_address, import_silence_s=0.2) as gateway:
        client = await gateway.client("acme")
        await client.linked(1)
        mute = client.leads.ImportLeads(metadata=client.metadata, timeout=TIMEOUT_S)
        told = await refusal(mute.read())
        assert (told.code, told.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "IMPORT_SILENT")
        # More than is read before the first row is: the gateway looks at the head of a file first.
        text = HEADER + "".join(f"Ali,+6012{n:07d},{'x' * 80}\n" for n in range(5000))
        call = client.leads.ImportLeads(metadata=client.metadata, timeout=TIMEOUT_S)
        await call.write(opening(imports_pb2.ImportStart(request_id=str(uuid.uuid4()))))
        for begin in (0, 200_000):
            await call.write(chunk(text.encode()[begin : begin + 200_000], begin))
        told = await refusal(_read(call))
        assert told.reason == "IMPORT_SILENT"
        offset = int(told.metadata["resume_offset"])
        assert text.encode()[offset - 1 : offset] == b"\n"
        assert f"from byte {offset} on" in told.message
        page = await client.call(client.leads.ListImports, imports_pb2.ListImportsRequest())
        assert [each.offset for each in page.imports] == [offset]


async def _read(call: Any) -> None:
    while await call.read() is not grpc.aio.EOF:
        pass


async def test_watches_of_health_are_counted_by_address(database: Database, consul_address: str) -> None:
    async with running(database, consul_address, streams_at_once=12, streams_of_key=3) as gateway:
        method = gateway.channel.unary_stream("/grpc.health.v1.Health/Watch")
        held = [method(b"", timeout=TIMEOUT_S) for _ in range(3)]
        for call in held:
            assert await call.read() is not grpc.aio.EOF
        assert (await refusal(method(b"", timeout=TIMEOUT_S).read())).reason == "TOO_MANY_STREAMS"
        client = await gateway.client("acme")
        assert await watched(client).read() is not grpc.aio.EOF


@pytest.mark.parametrize(
    "peer",
    [
        pytest.param(lambda n: f"ipv4:192.0.2.{n}:4711", id="many addresses"),
        pytest.param(lambda n: f"ipv6:%5B2001:db8::{n:x}%5D:4711", id="many addresses of one network"),
    ],
)
async def test_streams_without_a_key_take_no_place_of_a_key(peer: Callable[[int], str]) -> None:
    settings = LimitSettings(streams_at_once=20, streams_of_key=3, streams_without_key=8)
    places = PlacesInterceptor(settings, Floods(settings.calls_per_s_of_key))
    async with AsyncExitStack() as stack:
        taken = 0
        for number in range(1, 101):
            caller: Any = SimpleNamespace(peer=lambda number=number: peer(number))
            with suppress(ResourceExhausted):
                await stack.enter_async_context(places.around("/grpc.health.v1.Health/Watch", caller))
                taken += 1
        # Those of a network share what one address may have.
        assert taken == (8 if "ipv4" in peer(1) else 3)
        current_caller.set(Caller(1, 1, WATCH))
        for _ in range(3):
            await stack.enter_async_context(places.around(WATCH, caller))


async def test_a_watcher_who_does_not_read_is_ended_with_a_reason(
    database: Database, consul_address: str
) -> None:
    async with (
        running(database, consul_address, reader_timeout_s=0.3) as gateway,
        database.connection() as owner,
        # A caller with no more room than HTTP/2 begins with.
        grpc.aio.insecure_channel(gateway.address, options=[("grpc.http2.bdp_probe", 0)]) as narrow,
    ):
        client, other = await gateway.client("acme"), await gateway.client("other")
        first = watched(client)
        token = (await first.read()).resume_token
        await owner.execute(
            "INSERT INTO event (account_id, type, lead_id, reason)"
            " SELECT a.id, 'lead_enrolled', n, repeat('x', 200)"
            " FROM account a, generate_series(1, 10000) n WHERE a.slug = 'acme'"
        )
        request = events_pb2.WatchEventsRequest(resume_token=token)
        slow = Client(narrow, "").events.WatchEvents(request, metadata=client.metadata, timeout=TIMEOUT_S)
        before = ended[WATCH]
        await slow.read()
        assert await watched(other).read() is not grpc.aio.EOF
        await eventually(lambda: _was_ended(before))
        seen: list[int] = []
        told = await refusal(_counted(slow, seen))
        assert (told.code, told.reason) == (EXHAUSTED, "WATCHER_TOO_SLOW")
        assert 0 < sum(seen) < 10_000
        await other.call(other.leads.ListLeads, leads_pb2.ListLeadsRequest())


async def _was_ended(before: int) -> bool:
    return ended[WATCH] > before


async def _counted(call: Any, seen: list[int]) -> None:
    while (response := await call.read()) is not grpc.aio.EOF:
        seen.append(len(response.events))


@pytest.mark.parametrize(
    ("method", "most"), [("DevicesService/ListDevices", 2), ("SequencesService/RunEnrollment", 9)]
)
async def test_few_calls_of_one_key_are_served_at_once_but_those_that_wait_elsewhere(
    method: str, most: int
) -> None:
    settings = LimitSettings(calls_served_of_key=2)
    turns = CallTurns(settings, Floods(settings.calls_per_s_of_key))
    served: list[int] = []
    goes_on = asyncio.Event()

    async def serve(key: int) -> None:
        current_caller.set(Caller(key, key, method))
        async with turns.serving(f"/kompang.v1.{method}"):
            served.append(key)
            await goes_on.wait()

    async with asyncio.TaskGroup() as group:
        for key in [1] * 9 + [2]:
            group.create_task(serve(key))
        await eventually(lambda: _is_among(served, 2))
        assert served.count(1) == most
        goes_on.set()
    assert len(served) == 10


async def _is_among(served: list[int], key: int) -> bool:
    return key in served
