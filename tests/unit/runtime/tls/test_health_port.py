"""Health checks beside TLS: for probers without a certificate, and for nothing else."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from infra.local.servers.authority import Authority
from kompang.enrollment.v1 import enrollment_pb2 as pb
from kompang.enrollment.v1 import enrollment_pb2_grpc
from services.callers import CALLERS
from services.runtime.channel import connect
from services.runtime.health_port import HealthPort
from services.runtime.server import Server
from services.runtime.server_settings import ServerSettings
from tests.support.slowness import patient

CALL_S = patient(10.0)


@pytest.fixture
async def prober(tmp_path: Path) -> AsyncIterator[grpc.aio.Channel]:
    files = Authority(tmp_path).for_process("enrollment", "e1")
    settings = ServerSettings(
        tls_certificate_file=files.certificate,
        tls_key_file=files.key,
        tls_ca_file=files.authority,
        drain_s=0.1,
    )
    register = enrollment_pb2_grpc.add_EnrollmentServiceServicer_to_server
    servicer = enrollment_pb2_grpc.EnrollmentServiceServicer()
    async with (
        Server(settings, [(register, servicer)], ["kompang.enrollment.v1.X"], callers=CALLERS) as server,
        connect(server.health_address, traced=False) as channel,
    ):
        assert server.health_address != server.address
        yield channel


async def test_a_prober_without_a_certificate_learns_whether_the_process_serves(prober: grpc.aio.Channel):
    answer = await health_pb2_grpc.HealthStub(prober).Check(health_pb2.HealthCheckRequest(), timeout=CALL_S)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_it_serves_nothing_else(prober: grpc.aio.Channel):
    watch = health_pb2_grpc.HealthStub(prober).Watch(health_pb2.HealthCheckRequest(), timeout=CALL_S)
    info = reflection_pb2_grpc.ServerReflectionStub(prober).ServerReflectionInfo(
        iter([reflection_pb2.ServerReflectionRequest(list_services="")]), timeout=CALL_S
    )
    scan = enrollment_pb2_grpc.EnrollmentServiceStub(prober).RunNow(
        pb.RunNowRequest(account_id=1), timeout=CALL_S
    )
    for call in (watch.read(), info.read(), scan):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call
        assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
        # Nothing of the inside, whatever is asked for.
        assert "class" not in (refused.value.details() or "")


async def test_requests_that_never_come_and_large_ones_keep_no_check_back(prober: grpc.aio.Channel):
    """Sixteen of the first kind were all that the port takes, and a prober then ends the process."""
    silent = prober.stream_unary("/grpc.health.v1.Health/Check")
    held = [silent(timeout=CALL_S) for _ in range(40)]
    await asyncio.gather(*(call.wait_for_connection() for call in held))
    check = health_pb2_grpc.HealthStub(prober).Check
    for service in ("", "x" * 100_000):
        answer = await check(health_pb2.HealthCheckRequest(service=service), timeout=CALL_S)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize(
    ("listen", "advertised", "host"),
    [
        ("127.0.0.1:0", "10.0.0.4:7000", "127.0.0.1"),
        ("0.0.0.0:0", "10.0.0.4:7000", "10.0.0.4"),
        ("[::]:0", "[2001:db8::1]:7000", "[2001:db8::1]"),
        ("0.0.0.0:0", "dispatch-1.mesh:7000", "dispatch-1.mesh"),
    ],
)
async def test_consul_is_told_an_address_that_it_can_reach(listen: str, advertised: str, host: str):
    port = HealthPort(listen, None)
    assert port.address(advertised).rpartition(":")[0] == host
    await port.stop()


async def test_without_tls_health_checks_stay_where_they_were():
    server = Server(ServerSettings(), (), ())
    assert server.health_address == server.address
