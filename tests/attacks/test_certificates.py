"""Attacked: the ports between our processes, by whoever reaches them with no certificate, or a wrong one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from infra.local.servers.authority import DOMAIN, Authority, IssuedFiles
from kompang.dispatch.v1 import dispatch_pb2 as pb
from kompang.dispatch.v1 import dispatch_pb2_grpc
from kompang.enrollment.v1 import enrollment_pb2, enrollment_pb2_grpc
from services.callers import CALLERS, Role
from services.enrollment.settings import EnrollmentSettings
from services.runtime import peer
from services.runtime.channel import connect
from services.runtime.server import Server
from services.runtime.server_settings import ServerSettings
from services.runtime.tls.names import server_name
from tests.integration.dispatch.conftest import replica
from tests.integration.enrollment.test_process import served
from tests.support.database import Databases
from tests.support.slowness import patient

CALL_S = patient(10.0)
HOST = f"host-1.{server_name(Role.SHARDHOST, DOMAIN)}"
ANY_HOST = server_name(Role.SHARDHOST, DOMAIN)
GATEWAY = server_name(Role.GATEWAY, DOMAIN)
DISPATCH = server_name(Role.DISPATCH, DOMAIN)
ENROLLMENT = server_name(Role.ENROLLMENT, DOMAIN)

pytestmark = pytest.mark.timeout(120)


def settings_of(files: IssuedFiles) -> dict[str, Any]:
    return {
        "tls_certificate_file": files.certificate,
        "tls_key_file": files.key,
        "tls_ca_file": files.authority,
    }


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
async def dispatch(databases: Databases, authority: Authority) -> AsyncIterator[str]:
    files = authority.for_process(Role.DISPATCH, "d1")
    async with databases.fresh() as database, replica(database, **settings_of(files)) as address:
        yield address


@pytest.fixture(scope="module")
async def enrollment(databases: Databases, authority: Authority) -> AsyncIterator[str]:
    async with databases.fresh() as database:
        settings = EnrollmentSettings(
            postgres_dsn=database.dsn("enrollment"),
            consul_address=database.stack.consul[0].address,
            consul_prefix=database.name,
            **settings_of(authority.for_process(Role.ENROLLMENT, "e1")),
        )
        async with served(settings) as address:
            yield address


def shown(files: IssuedFiles) -> grpc.ChannelCredentials:
    """Of a caller that shows this certificate, and believes its authority."""
    return grpc.ssl_channel_credentials(
        files.authority.read_bytes(), files.key.read_bytes(), files.certificate.read_bytes()
    )


@asynccontextmanager
async def attached(
    address: str, credentials: grpc.ChannelCredentials | None, host: str = "host-1", server: str = DISPATCH
) -> AsyncIterator[Any]:
    """What dispatch answers to a Hello. Raises AioRpcError."""
    async with connect(address, credentials, server_name=server, traced=False) as channel:
        call = dispatch_pb2_grpc.DispatchServiceStub(channel).Attach(timeout=CALL_S, wait_for_ready=True)
        hello = pb.Hello(host_id=host, incarnation=str(uuid4()), consul_session="s1")
        await call.write(pb.AttachRequest(hello=hello))
        yield await call.read()
        call.cancel()


async def refusal_of(
    address: str, credentials: grpc.ChannelCredentials | None, *, connects: bool = False
) -> grpc.StatusCode:
    """The status of one who is refused before a word: what refuses reads nothing.

    Nothing is written: gRPC loses the status of a call that ends while it is written to. One who `connects`
    tries it again: on a busy machine a handshake may take longer than gRPC gives it.
    """
    async with connect(address, credentials, server_name=DISPATCH, traced=False) as channel:
        stub = dispatch_pb2_grpc.DispatchServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.Attach(timeout=CALL_S, wait_for_ready=connects).read()
    return refused.value.code()


async def status_of(address: str, credentials: grpc.ChannelCredentials | None, **how: str) -> grpc.StatusCode:
    try:
        async with attached(address, credentials, **how) as answer:
            assert answer.WhichOneof("frame") == "welcome"
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


async def test_a_host_is_welcome_as_the_one_that_its_certificate_names(dispatch: str, authority: Authority):
    """The counterpart of all below: the same calls with the right certificate pass."""
    assert await status_of(dispatch, shown(authority.issue("host-1", HOST))) is grpc.StatusCode.OK


async def test_a_certificate_of_the_role_alone_is_for_any_host(dispatch: str, authority: Authority):
    files = authority.issue("any-host", ANY_HOST)
    assert await status_of(dispatch, shown(files), host="host-7") is grpc.StatusCode.OK


async def test_without_a_certificate_there_is_no_connection(dispatch: str, authority: Authority):
    nobody = grpc.ssl_channel_credentials(authority.pem)
    assert await refusal_of(dispatch, nobody) is grpc.StatusCode.UNAVAILABLE


async def test_plaintext_gets_no_connection(dispatch: str):
    assert await refusal_of(dispatch, None) is grpc.StatusCode.UNAVAILABLE


async def test_a_certificate_of_another_authority_gets_no_connection(
    dispatch: str, authority: Authority, tmp_path: Path
):
    other = Authority(tmp_path, "other").issue("host-1", HOST)
    forged = grpc.ssl_channel_credentials(
        authority.pem, other.key.read_bytes(), other.certificate.read_bytes()
    )
    assert await refusal_of(dispatch, forged) is grpc.StatusCode.UNAVAILABLE


async def test_a_certificate_signs_no_other(dispatch: str, authority: Authority, tmp_path: Path):
    """A host that signs itself another name with its own key."""
    own = authority.issue("host-1", HOST)
    rogue = Authority(tmp_path, "rogue")
    rogue._certificate = x509.load_pem_x509_certificate(own.certificate.read_bytes())
    rogue._key = cast("Any", serialization.load_pem_private_key(own.key.read_bytes(), None))
    forged = rogue.issue("host-2", f"host-2.{ANY_HOST}")
    chain = forged.certificate.read_bytes() + own.certificate.read_bytes()
    shows = grpc.ssl_channel_credentials(authority.pem, forged.key.read_bytes(), chain)
    assert await refusal_of(dispatch, shows) is grpc.StatusCode.UNAVAILABLE


async def test_an_expired_certificate_gets_no_connection(dispatch: str, authority: Authority):
    expired = authority.issue("expired", HOST, valid=timedelta(seconds=-1))
    assert await refusal_of(dispatch, shown(expired)) is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize(
    "name",
    [
        GATEWAY,
        ENROLLMENT,
        DISPATCH,
        f"host-1.{GATEWAY}",
        "host-1",
        "shardhost",
        f"{ANY_HOST}.example.com",
        "host-1.shardhost.other.internal",
        f"x{ANY_HOST}",
        f"shardhost.x.{DOMAIN}",
        f".{ANY_HOST}",
        f"{HOST}\0.example.com",
        f"{HOST}\0",
    ],
)
async def test_only_a_shard_host_may_attach(dispatch: str, authority: Authority, name: str):
    before = peer.denied["kompang.dispatch.v1.DispatchService/Attach"]
    files = authority.issue("wrong-role", name)
    assert await refusal_of(dispatch, shown(files), connects=True) is grpc.StatusCode.PERMISSION_DENIED
    assert peer.denied["kompang.dispatch.v1.DispatchService/Attach"] == before + 1


@pytest.mark.parametrize("host", ["host-2", "host-1.", "HOST-1", "host-1.shardhost", "*", ""])
async def test_a_host_cannot_say_that_it_is_another(dispatch: str, authority: Authority, host: str):
    files = authority.issue("host-1", HOST, ANY_HOST)
    assert await status_of(dispatch, shown(files), host=host) is grpc.StatusCode.PERMISSION_DENIED


@pytest.mark.parametrize("name", [HOST, ANY_HOST, DISPATCH, ENROLLMENT])
async def test_only_the_gateway_calls_enrollment(enrollment: str, authority: Authority, name: str):
    files = authority.issue("caller", name)
    async with connect(enrollment, shown(files), server_name=ENROLLMENT, traced=False) as channel:
        stub = enrollment_pb2_grpc.EnrollmentServiceStub(channel)
        calls = (
            (stub.RunNow, enrollment_pb2.RunNowRequest(account_id=1)),
            (stub.Move, enrollment_pb2.MoveRequest(account_id=1, sequence_id=1, budget_ms=1000)),
        )
        for method, request in calls:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await method(request, timeout=CALL_S, wait_for_ready=True)
            assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
            assert "only gateway may call it" in (refused.value.details() or "")


async def test_the_gateway_calls_enrollment(enrollment: str, authority: Authority):
    files = authority.issue("caller", GATEWAY)
    async with connect(enrollment, shown(files), server_name=ENROLLMENT, traced=False) as channel:
        stub = enrollment_pb2_grpc.EnrollmentServiceStub(channel)
        answer = await stub.RunNow(
            enrollment_pb2.RunNowRequest(account_id=1), timeout=CALL_S, wait_for_ready=True
        )
    assert answer.enrolled_count == 0


async def test_a_method_without_a_row_is_called_by_nobody(authority: Authority):
    """Also by one whose certificate has every role."""
    files = authority.issue("all", *(server_name(role, DOMAIN) for role in Role))
    settings = ServerSettings(**settings_of(files), drain_s=0.1)
    register = enrollment_pb2_grpc.add_EnrollmentServiceServicer_to_server
    servicer = enrollment_pb2_grpc.EnrollmentServiceServicer()
    callers = {method: roles for method, roles in CALLERS.items() if not method.endswith("/Move")}
    async with (
        Server(settings, [(register, servicer)], [], callers=callers) as server,
        connect(server.address, shown(files), server_name=ENROLLMENT, traced=False) as channel,
    ):
        stub = enrollment_pb2_grpc.EnrollmentServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.Move(enrollment_pb2.MoveRequest(), timeout=CALL_S, wait_for_ready=True)
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_caller_with_tls_does_not_fall_back_to_plaintext(authority: Authority):
    files = authority.issue("host-1", HOST)
    async with Server(ServerSettings(drain_s=0.1), (), ()) as server:
        assert await refusal_of(server.address, shown(files)) is grpc.StatusCode.UNAVAILABLE
