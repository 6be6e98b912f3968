"""Channels: they reach loopback addresses, and leave no task behind."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health

from kompang.dispatch.v1 import dispatch_pb2 as pb
from kompang.dispatch.v1 import dispatch_pb2_grpc
from services.runtime.channel import ENDED_WHILE_WRITING, connect
from tests.support.proxy import proxied


class Refusing(dispatch_pb2_grpc.DispatchServiceServicer):
    """Ends every stream at once."""

    async def Attach(  # noqa: N802 - the name of the RPC
        self, _requests: AsyncIterator[pb.AttachRequest], context: grpc.aio.ServicerContext
    ) -> AsyncIterator[pb.AttachResponse]:
        await context.abort(grpc.StatusCode.UNAVAILABLE, "refused by the test")
        yield pb.AttachResponse()


@pytest.fixture
async def address() -> AsyncIterator[str]:
    server = grpc.aio.server()
    dispatch_pb2_grpc.add_DispatchServiceServicer_to_server(Refusing(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(0)


def test_grpc_loses_the_status_of_a_stream_that_ends_while_it_is_written_to() -> None:
    """Once this fails, gRPC keeps the status, and `ENDED_WHILE_WRITING` can go."""
    with ThreadPoolExecutor(1) as threads:
        server = grpc.server(threads)
        dispatch_pb2_grpc.add_DispatchServiceServicer_to_server(_RefusingSoon(), server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            ends = {asyncio.run(_end_of_a_busy_writer(f"127.0.0.1:{port}")) for _ in range(5)}
        finally:
            server.stop(0).wait(10)
    assert (grpc.StatusCode.INTERNAL, ENDED_WHILE_WRITING) in ends


class _RefusingSoon(dispatch_pb2_grpc.DispatchServiceServicer):
    def Attach(  # noqa: N802 - the name of the RPC
        self, _requests: Iterator[pb.AttachRequest], context: grpc.ServicerContext
    ) -> Iterator[pb.AttachResponse]:
        context.abort(grpc.StatusCode.UNAVAILABLE, "refused by the test")
        yield pb.AttachResponse()


async def _end_of_a_busy_writer(address: str) -> tuple[grpc.StatusCode, str]:
    """The end of one whose event loop stands still while the refusal comes."""
    async with connect(address) as channel:
        call = dispatch_pb2_grpc.DispatchServiceStub(channel).Attach(timeout=10)
        with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
            while True:
                await call.write(pb.AttachRequest())
                time.sleep(0.02)  # noqa: ASYNC251 - a busy loop is the case
        return await call.code(), await call.details()


async def test_a_stream_that_the_other_end_has_ended_leaves_no_task_behind(address: str) -> None:
    before = asyncio.all_tasks()
    async with connect(address) as channel:
        call = dispatch_pb2_grpc.DispatchServiceStub(channel).Attach()
        with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
            await call.write(pb.AttachRequest(hello=pb.Hello(host_id="h1")))
            assert await call.read() is grpc.aio.EOF
        call.cancel()
    await asyncio.sleep(0.05)
    gc.collect()
    left = {task for task in asyncio.all_tasks() - before if "request_iterator" in repr(task)}
    assert not left


async def test_an_end_that_is_slow_to_greet_is_waited_for(address: str) -> None:
    """As on a busy machine, where both wait for the processor."""
    async with proxied(address) as proxy, connect(proxy.address) as channel:
        proxy.blackhole()
        asyncio.get_running_loop().call_later(0.5, proxy.restore)
        call = dispatch_pb2_grpc.DispatchServiceStub(channel).Attach(timeout=10)
        assert await call.details() == "refused by the test"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_loopback_address_is_reached_although_a_proxy_is_set(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("grpc_proxy", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens there
    server = grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with connect(f"{host}:{port}") as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=10)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    finally:
        await server.stop(None)
