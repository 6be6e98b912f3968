"""Certificates are replaced while calls go on; nothing is restarted."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import grpc
import pytest

from gateway.enrollment.client import Enrollment
from infra.local.servers.authority import Authority, IssuedFiles
from kompang.enrollment.v1 import enrollment_pb2 as pb
from kompang.enrollment.v1 import enrollment_pb2_grpc
from services.callers import CALLERS
from services.runtime.channel import connect
from services.runtime.discovery import Discovery, Instance
from services.runtime.identity import Identity
from services.runtime.server import Server
from services.runtime.server_settings import ServerSettings, TlsSettings
from services.runtime.tls.certificates import Certificates
from tests.support.slowness import patient

SERVER, CALLER = "enrollment.kompang.internal", "gateway.kompang.internal"
CALL_S = patient(10.0)


class Answering(enrollment_pb2_grpc.EnrollmentServiceServicer):
    """Answers at once, or when it is told to."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.go.set()
        self.asked = asyncio.Event()

    async def RunNow(  # noqa: N802 - the name of the RPC
        self, _request: pb.RunNowRequest, _context: grpc.aio.ServicerContext
    ) -> pb.RunNowResponse:
        self.asked.set()
        await self.go.wait()
        return pb.RunNowResponse(enrolled_count=1)


@dataclass
class Pair:
    """A server and a caller, each with files of its own in the folder of the old authority."""

    old: Authority
    new: Authority
    server_files: IssuedFiles
    caller_files: IssuedFiles
    servicer: Answering
    address: str
    identity: Identity

    async def call(self, channel: grpc.aio.Channel | None = None) -> int:
        """On a new connection, or on this one. Raises AioRpcError."""
        made = channel or self.identity.dialling("enrollment")(self.address, traced=False)
        try:
            stub = enrollment_pb2_grpc.EnrollmentServiceStub(made)
            return int((await stub.RunNow(pb.RunNowRequest(account_id=1), timeout=CALL_S)).enrolled_count)
        finally:
            if channel is None:
                await made.close()

    async def shows(self, files: IssuedFiles, *, believing: bytes) -> int:
        """Calls with this certificate on a new connection. Raises AioRpcError."""
        shown = grpc.ssl_channel_credentials(
            believing, files.key.read_bytes(), files.certificate.read_bytes()
        )
        async with connect(self.address, shown, server_name=SERVER, traced=False) as channel:
            return await self.call(channel)


def tls_of(files: IssuedFiles) -> dict[str, Any]:
    return {
        "tls_certificate_file": files.certificate,
        "tls_key_file": files.key,
        "tls_ca_file": files.authority,
    }


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    old, new = Authority(tmp_path / "old"), Authority(tmp_path / "new")
    server_files, caller_files = old.issue("server", SERVER), old.issue("caller", CALLER)
    servicer = Answering()
    registration = (enrollment_pb2_grpc.add_EnrollmentServiceServicer_to_server, servicer)
    settings = ServerSettings(**tls_of(server_files), drain_s=0.1)
    async with Server(settings, [registration], [], callers=CALLERS) as server:
        identity = Identity(TlsSettings(**tls_of(caller_files)))
        yield Pair(old, new, server_files, caller_files, servicer, server.address, identity)


def put(made: IssuedFiles, over: IssuedFiles) -> None:
    """As cert-manager does: other files in the place of these."""
    made.key.rename(over.key)
    made.certificate.rename(over.certificate)


async def test_a_new_authority_comes_and_the_old_one_goes_while_calls_go_on(pair: Pair):
    standing = pair.identity.dialling("enrollment")(pair.address, traced=False)
    assert await pair.call(standing) == 1
    pair.servicer.go.clear()
    under_way = asyncio.create_task(pair.call(standing))
    # Both authorities are believed first, by both ends; they share one file here.
    pair.old.file.write_bytes(pair.old.pem + pair.new.pem)
    assert pair.identity.certificates is not None
    put(pair.new.issue("server", SERVER), pair.server_files)
    pair.servicer.go.set()
    assert await under_way == 1
    assert await pair.call() == 1
    put(pair.new.issue("caller", CALLER), pair.caller_files)
    assert await pair.call() == 1
    old = pair.old.issue("leftover", CALLER)
    pair.old.file.write_bytes(pair.new.pem)
    assert await pair.call() == 1
    # A connection from before goes on; a new one with a certificate of the old authority is refused.
    assert await pair.call(standing) == 1
    await standing.close()
    newest = pair.new.issue("newest", CALLER)
    assert await pair.shows(newest, believing=pair.new.pem) == 1
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await pair.shows(old, believing=pair.old.pem + pair.new.pem)
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_caller_gets_other_certificates_only_when_they_have_changed(pair: Pair):
    before = pair.identity.certificates
    assert pair.identity.certificates is before
    put(pair.old.issue("newer", CALLER), pair.caller_files)
    assert pair.identity.certificates is not before


class Listing:
    """A discovery that lists one address."""

    def __init__(self, address: str) -> None:
        self.address = address

    async def resolve(self, _service: str) -> list[Instance]:
        return [Instance("e1", self.address)]


async def test_the_gateway_shows_its_new_certificate_and_its_calls_under_way_end_well(pair: Pair):
    discovery = cast("Discovery", Listing(pair.address))
    async with Enrollment(discovery, pair.identity) as enrollment:
        assert (await enrollment.run_now(1, 0, CALL_S)).enrolled_count == 1
        before = enrollment._channels[pair.address]
        pair.servicer.go.clear()
        pair.servicer.asked.clear()
        under_way = asyncio.create_task(enrollment.run_now(1, 0, CALL_S))
        await pair.servicer.asked.wait()
        pair.servicer.asked.clear()
        put(pair.old.issue("newer", CALLER), pair.caller_files)
        second = asyncio.create_task(enrollment.run_now(1, 0, CALL_S))
        await pair.servicer.asked.wait()
        pair.servicer.go.set()
        assert [(await each).enrolled_count for each in (under_way, second)] == [1, 1]
        assert enrollment._channels[pair.address] is not before


@pytest.mark.parametrize("broken", ["half", "expired", "role", "gone"])
async def test_bad_files_change_nothing_and_are_told_once(
    pair: Pair, broken: str, caplog: pytest.LogCaptureFixture
):
    before = pair.identity.certificates
    match broken:
        case "half":
            # The certificate is there, its key is not yet.
            pair.old.issue("newer", CALLER).certificate.rename(pair.caller_files.certificate)
        case "expired":
            put(pair.old.issue("newer", CALLER, valid=timedelta(seconds=-1)), pair.caller_files)
        case "role":
            pair.identity = Identity(_OfGateway(**tls_of(pair.caller_files)))
            before = pair.identity.certificates
            put(pair.old.issue("newer", SERVER), pair.caller_files)
        case _:
            pair.caller_files.key.unlink()
    for _ in range(3):
        assert pair.identity.certificates is before
    assert caplog.text.count("new certificates are not used") == 1
    assert await pair.call() == 1
    put(pair.old.issue("good", CALLER), pair.caller_files)
    assert pair.identity.certificates != before
    assert await pair.call() == 1


class _OfGateway(TlsSettings):
    role = "gateway"


def test_a_key_is_in_no_representation(pair: Pair):
    assert "PRIVATE" not in repr(Certificates.read(pair.identity._watched._files))  # type: ignore[union-attr]
