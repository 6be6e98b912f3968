"""MoveEnrollments through the gateway and the real enrollment service."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest

from kompang.v1 import messages_pb2
from kompang.v1 import sequences_pb2 as pb
from services.enrollment.process import run
from services.enrollment.settings import EnrollmentSettings
from services.runtime.lifecycle import Life
from tests.integration.gateway.mesh import Client, Gateway, consent, lead, step
from tests.support.eventually import eventually
from tests.support.shell import Shell
from tests.support.slowness import patient

COLD = "sequences/cold"
MOVE = pb.MoveEnrollmentsRequest(name=COLD)


@asynccontextmanager
async def enrollment(gateway: Gateway, consul_address: str) -> AsyncIterator[None]:
    life = Life()
    settings = EnrollmentSettings(
        postgres_dsn=gateway.database.dsn("enrollment"),
        consul_address=consul_address,
        consul_prefix=f"kompang-{gateway.database.name}",
        enrollment_interval_s=3600,
    )
    task = asyncio.create_task(run(settings, life))
    try:
        yield
    finally:
        life.drain()
        await asyncio.wait_for(task, patient(20))


async def ran(client: Client) -> bool:
    """Whether there was somebody to scan."""
    try:
        await client.call(client.sequences.RunEnrollment, pb.RunEnrollmentRequest(sequence=COLD))
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.UNAVAILABLE:
            raise
        return False
    return True


@pytest.fixture
async def shop(acme: Client, gateway: Gateway, consul_address: str) -> AsyncIterator[Client]:
    """Three leads in COLD, and a newer version of it."""
    await acme.linked(2)
    await acme.planned("cold", steps=3)
    await acme.call(acme.sequences.ActivateSequence, pb.ActivateSequenceRequest(name=COLD))
    await acme.upserted(*(lead(n, trigger="COLD", consent=consent()) for n in range(3)))
    async with enrollment(gateway, consul_address):
        await eventually(lambda: ran(acme), within_s=20, every_s=0.2)
        newer = pb.Sequence(name=COLD, steps=[step("Hi {name} 0", 0), step("Now {name}", 7200)])
        await acme.call(acme.sequences.UpdateSequence, pb.UpdateSequenceRequest(sequence=newer))
        yield acme


async def test_a_move_is_counted_first_then_done_once(shop: Client) -> None:
    dry = pb.MoveEnrollmentsRequest(name=COLD, validate_only=True)
    counted = await shop.call(shop.sequences.MoveEnrollments, dry)
    assert counted == pb.MoveEnrollmentsResponse(moved_count=3, rewritten_count=6, dropped_count=3)
    asked = pb.MoveEnrollmentsRequest(name=COLD, request_id=str(uuid.uuid4()))
    assert await shop.call(shop.sequences.MoveEnrollments, asked) == counted
    # The same request again has the same answer, another one finds nothing to do.
    assert await shop.call(shop.sequences.MoveEnrollments, asked) == counted
    again = await shop.call(shop.sequences.MoveEnrollments, MOVE)
    assert again == pb.MoveEnrollmentsResponse(unchanged_count=3)


async def test_what_a_move_made_reads_as_the_newest_version(shop: Client) -> None:
    await shop.call(shop.sequences.MoveEnrollments, MOVE)
    request = messages_pb2.ListMessagesRequest(lead="leads/1")
    found = (await shop.call(shop.messages.ListMessages, request)).messages
    gone = [one for one in found if one.state == messages_pb2.Message.STATE_CANCELLED]
    assert [one.reason for one in gone] == ["moved"]
    pending = [one for one in found if one.state == messages_pb2.Message.STATE_PENDING]
    assert [one.position for one in pending] == [1, 2]
    rendered = await shop.call(
        shop.messages.RenderMessage, messages_pb2.RenderMessageRequest(name=pending[1].name)
    )
    assert "Now" in rendered.text
    told = await shop.call(
        shop.messages.ExplainMessage, messages_pb2.ExplainMessageRequest(name=gone[0].name)
    )
    assert "moved to a newer version" in str(told)


async def test_a_move_that_cannot_be_is_refused(shop: Client, other: Client) -> None:
    unknown = await shop.refused(
        shop.sequences.MoveEnrollments, pb.MoveEnrollmentsRequest(name="sequences/warm")
    )
    assert unknown.code is grpc.StatusCode.NOT_FOUND
    foreign = await other.refused(other.sequences.MoveEnrollments, MOVE)
    assert foreign.code is grpc.StatusCode.NOT_FOUND
    token = await shop.refused(
        shop.sequences.MoveEnrollments, pb.MoveEnrollmentsRequest(name=COLD, page_token="x")
    )
    assert list(token.violations) == ["page_token"]
    used = pb.MoveEnrollmentsRequest(name=COLD, request_id=str(uuid.uuid4()))
    await shop.call(shop.sequences.MoveEnrollments, used)
    used.page_token = "x"
    assert list((await shop.refused(shop.sequences.MoveEnrollments, used)).violations) == ["request_id"]


async def test_from_the_command_line(shop: Client, gateway: Gateway) -> None:
    shell = Shell.of(gateway.address, shop.metadata[0][1].removeprefix("Bearer "))
    counted = await shell.run("sequences", "move", "cold", "--dry-run")
    assert (counted.code, counted.err) == (0, "")
    would = "3 leads would be moved: 6 messages rewritten, 0 added, 3 dropped"
    assert counted.out.splitlines()[0] == would
    moved = await shell.run("sequences", "move", "cold", "--output", "json")
    [told] = moved.objects
    assert (moved.code, told["movedCount"], told["droppedCount"], told["validateOnly"]) == (0, 3, 3, False)
    assert (await shell.run("sequences", "move", "no such")).code == 2
