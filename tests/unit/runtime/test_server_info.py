"""What a server tells a caller without a key: health as a whole, and its methods where that is wanted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from kompang.enrollment.v1 import enrollment_pb2_grpc
from services.runtime.channel import connect
from services.runtime.server import Server
from services.runtime.server_settings import ServerSettings
from tests.support.slowness import patient

CALL_S = patient(10.0)
UNIMPLEMENTED = grpc.StatusCode.UNIMPLEMENTED
REGISTER = enrollment_pb2_grpc.add_EnrollmentServiceServicer_to_server


@asynccontextmanager
async def served(**settings: Any) -> AsyncIterator[tuple[Server, grpc.aio.Channel]]:
    given = ServerSettings(drain_s=0.1, **settings)
    registrations = [(REGISTER, enrollment_pb2_grpc.EnrollmentServiceServicer())]
    async with Server(given, registrations, ["kompang.enrollment.v1.EnrollmentService"]) as server:
        port = server.address.rpartition(":")[2]
        async with connect(f"127.0.0.1:{port}", traced=False) as channel:
            yield server, channel


async def health(channel: grpc.aio.Channel) -> grpc.StatusCode:
    try:
        await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=CALL_S)
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


async def reflection(channel: grpc.aio.Channel) -> grpc.StatusCode:
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    call = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(
        iter([request]), timeout=CALL_S
    )
    try:
        await call.read()
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


@pytest.mark.parametrize(
    ("listen", "setting", "code"),
    [
        ("127.0.0.1:0", "loopback", grpc.StatusCode.OK),
        ("0.0.0.0:0", "loopback", UNIMPLEMENTED),
        ("0.0.0.0:0", "allow", grpc.StatusCode.OK),
        ("127.0.0.1:0", "off", UNIMPLEMENTED),
    ],
)
async def test_the_methods_are_told_where_that_is_wanted(
    listen: str, setting: str, code: grpc.StatusCode
) -> None:
    async with served(listen=listen, reflection=setting, plaintext="allow") as (_, channel):
        assert await reflection(channel) is code
        assert await health(channel) is grpc.StatusCode.OK


async def test_health_can_be_kept_to_a_port_of_its_own() -> None:
    async with served(health=False) as (server, channel):
        assert await health(channel) is UNIMPLEMENTED
        async with connect(server.health_address, traced=False) as prober:
            assert await health(prober) is grpc.StatusCode.OK
