"""The calls that tests and checkers make of the network."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import grpc
import pytest
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from infra.local.network.ledger import text_hash
from infra.local.network.server import running
from kompang.simulation.v1 import behavior_pb2, network_pb2, network_pb2_grpc
from services.runtime.channel import connect
from tests.integration.network.conftest import Face, text
from tests.support.slowness import patient


async def listed(network: Face, after_seq: int) -> list[network_pb2.LedgerEntry]:
    request = network_pb2.ListLedgerRequest(after_seq=after_seq)
    return [entry async for frame in network.stub.ListLedger(request, timeout=10) for entry in frame.entries]


async def test_the_ledger_is_listed_in_order_and_from_any_line(network: Face) -> None:
    assert await listed(network, 0) == []
    session, _ = await network.hosts.session()
    await asyncio.gather(*(session.send(text(f"w{n}")) for n in range(1200)))
    assert [entry.seq for entry in await listed(network, 0)] == list(range(1, 1201))
    assert [entry.seq for entry in await listed(network, 1198)] == [1199, 1200]
    assert await listed(network, 1200) == []
    (last,) = await listed(network, 1199)
    assert last.text_hash == text_hash(f"Hello {last.wire_id}")
    assert last.wire_id == network.entries()[-1].wire_id


@pytest.mark.parametrize(
    ("script", "field"),
    [
        (behavior_pb2.Behavior(absent_fraction=2), "absent_fraction"),
        (
            behavior_pb2.Behavior(
                devices={"60111": behavior_pb2.Conduct(refusals=[behavior_pb2.Chance(probability=0.1)])}
            ),
            "failure",
        ),
    ],
)
async def test_a_bad_behavior_is_refused_and_changes_nothing(
    network: Face, script: behavior_pb2.Behavior, field: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError, match=field) as refused:
        await network.behave(script)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    session, _ = await network.hosts.session()
    assert await session.send(text("w"))


@pytest.mark.parametrize(
    "request_",
    [
        network_pb2.DisruptRequest(phone="60111"),
        network_pb2.DisruptRequest(disruption=network_pb2.DISRUPTION_BAN),
        network_pb2.DisruptRequest(disruption=network_pb2.DISRUPTION_DROP_HOST, phone="60111"),
        network_pb2.DisruptRequest(disruption=99, phone="60111"),  # type: ignore[arg-type]
    ],
)
async def test_a_bad_disruption_is_refused(network: Face, request_: network_pb2.DisruptRequest) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await network.stub.Disrupt(request_, timeout=patient(5.0))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_stream_starts_with_hello(network: Face) -> None:
    call = network.stub.Connect(timeout=patient(5.0))
    await call.write(network_pb2.ConnectRequest(opens=network_pb2.OpenFrame()))
    assert await call.code() is grpc.StatusCode.FAILED_PRECONDITION


async def test_a_dropped_stream_ends_unavailable(network: Face) -> None:
    call = network.stub.Connect(timeout=patient(5.0))
    await call.write(network_pb2.ConnectRequest(hello=network_pb2.Hello(host_id="host-a")))
    opens = network_pb2.OpenFrame(opens=[network_pb2.Open(session_id=1, phone="60111")])
    await call.write(network_pb2.ConnectRequest(opens=opens))
    assert (await call.read()).opened.opened[0].connection == 1
    await network.disrupt(network_pb2.DISRUPTION_DROP_HOST, phone="", host_id="host-a")
    assert await call.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_host_that_leaves_ends_well(network: Face) -> None:
    call = network.stub.Connect(timeout=patient(5.0))
    await call.write(network_pb2.ConnectRequest(hello=network_pb2.Hello(host_id="host-a")))
    await call.done_writing()
    assert await call.code() is grpc.StatusCode.OK


async def test_the_service_can_be_reflected(network: Face) -> None:
    async with connect(network.address, traced=False) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        call = stub.ServerReflectionInfo(timeout=patient(5.0))
        await call.write(reflection_pb2.ServerReflectionRequest(list_services=""))
        names = {service.name for service in (await call.read()).list_services_response.service}
        call.cancel()
    assert "kompang.simulation.v1.NetworkService" in names


async def test_a_draining_network_ends_its_streams(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        async with running(tmp_path / "ledger.jsonl", behavior_pb2.Behavior()) as started:
            channel = await stack.enter_async_context(connect(started.address, traced=False))
            call = network_pb2_grpc.NetworkServiceStub(channel).Connect(timeout=30)
            await call.write(network_pb2.ConnectRequest(hello=network_pb2.Hello(host_id="host-a")))
            opens = network_pb2.OpenFrame(opens=[network_pb2.Open(session_id=1, phone="60111")])
            await call.write(network_pb2.ConnectRequest(opens=opens))
            await call.read()
        assert await call.code() is grpc.StatusCode.UNAVAILABLE
        assert "connect again" in await call.details()
