"""Attacked: callers, by whoever registers itself in Consul under the name of one of our processes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import grpc
import pytest

from gateway.enrollment.client import Enrollment
from infra.local.servers.authority import Authority, IssuedFiles
from kompang.enrollment.v1 import enrollment_pb2 as pb
from kompang.enrollment.v1 import enrollment_pb2_grpc
from services.callers import CALLERS, Role
from services.runtime.discovery import Discovery, Instance
from services.runtime.errors import Unavailable
from services.runtime.identity import Identity
from services.runtime.lifecycle import Life
from services.runtime.server import Server
from services.runtime.server_settings import ServerSettings, TlsSettings
from shardhost.process import run
from shardhost.settings import HostSettings
from tests.integration.shardhost.fake_dispatch import FakeDispatch
from tests.support.eventually import eventually
from tests.support.proxy import proxied
from tests.support.slowness import patient

# Of each kind.
MANY = 2
ATTACHED_S = patient(15.0)


def tls_of(files: IssuedFiles) -> dict[str, Any]:
    return {
        "tls_certificate_file": files.certificate,
        "tls_key_file": files.key,
        "tls_ca_file": files.authority,
    }


def strangers_settings(authority: Authority, folder: Path) -> dict[str, ServerSettings]:
    """Plaintext, another authority's, and one of ours with another role."""
    other = Authority(folder / "other").for_process(Role.DISPATCH, "d1")
    host = authority.issue("host-9", "host-9.shardhost.kompang.internal")
    return {
        "plaintext": ServerSettings(drain_s=0.1),
        "another authority": ServerSettings(**tls_of(other), drain_s=0.1),
        "a host": ServerSettings(**tls_of(host), drain_s=0.1),
    }


async def test_a_stranger_registered_as_dispatch_is_told_nothing_and_keeps_no_host_away(
    consul_address: str, tmp_path: Path
):
    authority = Authority(tmp_path)
    prefix = f"t{uuid4().hex[:8]}"
    true = FakeDispatch()
    strangers: list[FakeDispatch] = []
    async with AsyncExitStack() as stack:
        discovery = await stack.enter_async_context(Discovery(consul_address, prefix=prefix, check_every=0.2))
        own = ServerSettings(**tls_of(authority.for_process(Role.DISPATCH, "d1")), drain_s=0.5)
        served = await stack.enter_async_context(true.serving(discovery, "z-true", settings=own))
        for kind, settings in strangers_settings(authority, tmp_path).items():
            for number in range(MANY):
                strangers.append(FakeDispatch())
                serving = strangers[-1].serving(discovery, f"a-{kind}-{number}", settings=settings)
                await stack.enter_async_context(serving)
        silent = await stack.enter_async_context(proxied(served.address))
        silent.blackhole()
        await stack.enter_async_context(
            discovery.announce("dispatch", "a-silent", silent.address, checked_at=served.health_address)
        )

        async def all_are_listed() -> bool:
            return len(await discovery.resolve("dispatch")) == len(strangers) + 2

        await eventually(all_are_listed, within_s=20)
        host = HostSettings(
            instance="host-1",
            consul_address=consul_address,
            consul_prefix=prefix,
            network_address="127.0.0.1:1",
            attach_timeout_s=1,
            drain_s=2,
            **tls_of(authority.for_process(Role.SHARDHOST, "host-1")),
        )
        life = Life()
        running = asyncio.create_task(run(host, life))
        try:
            async with asyncio.timeout(ATTACHED_S):
                await life.when_ready()
        finally:
            life.drain()
            await running
    assert true.received.hellos
    assert not any(stranger.received.hellos for stranger in strangers)


class Scan(enrollment_pb2_grpc.EnrollmentServiceServicer):
    """Counts who asks it."""

    def __init__(self) -> None:
        self.asked = 0

    async def RunNow(  # noqa: N802 - the name of the RPC
        self, _request: pb.RunNowRequest, _context: grpc.aio.ServicerContext
    ) -> pb.RunNowResponse:
        self.asked += 1
        return pb.RunNowResponse(enrolled_count=7)


class Listing:
    """A discovery that lists these addresses."""

    def __init__(self, addresses: list[str]) -> None:
        self.addresses = addresses

    async def resolve(self, _service: str) -> list[Instance]:
        return [Instance(str(number), address) for number, address in enumerate(self.addresses)]


@asynccontextmanager
async def served(servicer: Scan, settings: ServerSettings) -> AsyncIterator[str]:
    registration = (enrollment_pb2_grpc.add_EnrollmentServiceServicer_to_server, servicer)
    async with Server(settings, [registration], [], callers=CALLERS) as server:
        yield server.address


@asynccontextmanager
async def calling(addresses: list[str], **tls: Any) -> AsyncIterator[Enrollment]:
    discovery = cast("Discovery", Listing(addresses))
    async with Enrollment(discovery, Identity(TlsSettings(**tls))) as enrollment:
        yield enrollment


async def test_a_stranger_registered_as_enrollment_is_asked_nothing(tmp_path: Path):
    authority = Authority(tmp_path)
    files = authority.for_process(Role.ENROLLMENT, "e1")
    true = Scan()
    strangers = [Scan() for _ in range(3)]
    async with AsyncExitStack() as stack:
        addresses = [
            await stack.enter_async_context(served(stranger, settings))
            for stranger, settings in zip(
                strangers, strangers_settings(authority, tmp_path).values(), strict=True
            )
        ]
        own = ServerSettings(**tls_of(files), drain_s=0.1)
        addresses.append(await stack.enter_async_context(served(true, own)))
        gateway = tls_of(authority.for_process(Role.GATEWAY, "g1"))
        enrollment = await stack.enter_async_context(calling(addresses, **gateway))
        # In any order: the strangers come first in some of them.
        for _ in range(8):
            assert (await enrollment.run_now(1, 0, patient(10.0))).enrolled_count == 7
    assert true.asked == 8
    assert [stranger.asked for stranger in strangers] == [0, 0, 0]


@pytest.mark.parametrize("address", ["192.0.2.1:7000", "enrollment.example:7000", "[2001:db8::1]:7000"])
async def test_nothing_is_said_in_plaintext_to_an_address_of_another_machine(address: str):
    """Whoever may write to Consul could have everything sent to a machine of theirs."""
    async with calling([address]) as enrollment:
        with pytest.raises(Unavailable, match="no enrollment service answers"):
            await enrollment.run_now(1, 0, patient(10.0))


async def test_a_stranger_of_another_machine_does_not_hide_the_true_one():
    true = Scan()
    async with (
        served(true, ServerSettings(drain_s=0.1)) as address,
        calling(["192.0.2.1:7000", address]) as enrollment,
    ):
        for _ in range(4):
            assert (await enrollment.run_now(1, 0, patient(10.0))).enrolled_count == 7
