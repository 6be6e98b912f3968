"""RunEnrollment is answered by whichever replica is there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import grpc

from kompang.enrollment.v1 import enrollment_pb2, enrollment_pb2_grpc
from kompang.v1 import sequences_pb2 as pb
from services.runtime.discovery import Discovery
from services.runtime.errors import FailedPrecondition, Unavailable
from services.runtime.server import Server
from services.runtime.server_settings import ServerSettings
from tests.integration.gateway.mesh import Client, Gateway, refusal
from tests.support.eventually import eventually

NAME = "kompang.enrollment.v1.EnrollmentService"


class Replica(enrollment_pb2_grpc.EnrollmentServiceServicer):
    def __init__(self, error: Exception | None = None, *, stuck: bool = False) -> None:
        self.error = error
        self.stuck = stuck
        self.asked: list[tuple[int, int]] = []

    async def RunNow(self, request: Any, context: Any) -> enrollment_pb2.RunNowResponse:  # noqa: N802
        self.asked.append((request.account_id, request.sequence_id))
        if self.stuck:
            await asyncio.Event().wait()
        if self.error:
            raise self.error
        return enrollment_pb2.RunNowResponse(enrolled_count=2, message_count=22)


@asynccontextmanager
async def replicas(gateway: Gateway, consul_address: str, *servicers: Replica) -> AsyncIterator[None]:
    """Served, announced, and found by all."""
    register = enrollment_pb2_grpc.add_EnrollmentServiceServicer_to_server
    async with AsyncExitStack() as stack:
        prefix = f"kompang-{gateway.database.name}"
        discovery = await stack.enter_async_context(Discovery(consul_address, prefix=prefix, check_every=0.2))
        for number, servicer in enumerate(servicers):
            settings = ServerSettings(drain_s=0.2)
            server = await stack.enter_async_context(Server(settings, [(register, servicer)], [NAME]))
            await stack.enter_async_context(discovery.announce("enrollment", f"r{number}", server.address))

        async def found() -> bool:
            return len(await discovery.resolve("enrollment")) == len(servicers)

        await eventually(found, within_s=15)
        yield


async def activated(client: Client) -> None:
    await client.planned("cold")
    await client.call(client.sequences.ActivateSequence, pb.ActivateSequenceRequest(name="sequences/cold"))


async def test_the_counts_of_enrollment_come_back(
    acme: Client, gateway: Gateway, consul_address: str
) -> None:
    await activated(acme)
    away, there = Replica(Unavailable("draining")), Replica()
    async with replicas(gateway, consul_address, away, there):
        for sequence, expected in (("sequences/cold", 1), ("", 0)):
            for _ in range(6):
                ran = await acme.call(
                    acme.sequences.RunEnrollment, pb.RunEnrollmentRequest(sequence=sequence)
                )
                assert (ran.enrolled_count, ran.message_count) == (2, 22)
                assert there.asked[-1] == (1, expected)
    assert away.asked


async def test_a_refusal_of_enrollment_comes_back(
    acme: Client, gateway: Gateway, consul_address: str
) -> None:
    await activated(acme)
    async with replicas(gateway, consul_address, Replica(FailedPrecondition("inactive"))):
        refused = await acme.refused(acme.sequences.RunEnrollment, pb.RunEnrollmentRequest())
    assert (refused.code, refused.message) == (grpc.StatusCode.FAILED_PRECONDITION, "inactive")


async def test_the_caller_s_deadline_holds(acme: Client, gateway: Gateway, consul_address: str) -> None:
    async with replicas(gateway, consul_address, Replica(stuck=True)):
        refused = await refusal(
            acme.sequences.RunEnrollment(pb.RunEnrollmentRequest(), metadata=acme.metadata, timeout=0.5)
        )
    assert refused.code is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_call_without_any_enrollment_is_unavailable(acme: Client) -> None:
    refused = await acme.refused(acme.sequences.RunEnrollment, pb.RunEnrollmentRequest())
    assert refused.code is grpc.StatusCode.UNAVAILABLE
    assert refused.retry_s
