"""Attacked: the event loop of the gateway, with files and texts that take the processor for long.

Another account asks for its settings all the while. What counts is the processor time between two turns of
the loop: how long an answer takes in seconds is also the doing of whatever else the machine does.
"""

import contextlib
import uuid
from collections.abc import AsyncIterator

import grpc
import pytest

from kompang.v1 import imports_pb2, leads_pb2, wording_pb2
from kompang.v1 import sequences_pb2 as pb
from tests.attacks.traffic_of_callers import ask_until
from tests.integration.gateway.mesh import Client, Gateway, running, step
from tests.support.database import Database
from tests.support.loop_blocks import measured_blocks

_CHUNK = 200 * 1024
_LITTLE = 40 * 1024
# Of a chunk, a check or a preview.
_LONGEST_S = 0.12
# Of a batch of leads, with what its own caller needs of the same loop.
_LONGEST_OF_BATCH_S = 0.045

FILES = {
    "apostrophes": b"phone\n" + b"1" + b"'" * 60_000 + b"1\n",
    "blank lines": b"phone\n" + b"\n" * (_CHUNK - 10),
    "empty rows": b"phone,name\n" + b",\n" * (_CHUNK // 4),
    "titles": ",".join(f"t{n}" for n in range(12_000)).encode()[:60_000] + b"\n1,2\n",
    "equal titles": b"phone," + b"x," * 1900 + b"\n+60123456789,1\n",
    "open quotes": b"phone\n" + b'"\n' * (_LITTLE // 2),
    "many numbers": b"phone\n" + b"\n".join([b"60123456789/" * 80] * 40),
}


@pytest.fixture
async def gateway(database: Database, consul_address: str) -> AsyncIterator[Gateway]:
    async with running(database, consul_address) as started:
        yield started


async def test_hostile_files_leave_the_loop_to_others(gateway: Gateway) -> None:
    acme, other = await gateway.client("acme"), await gateway.client("other")
    await acme.linked(1)
    for name, content in FILES.items():
        async with measured_blocks() as blocks, ask_until(other) as asked:
            await _imported(acme, content)
        assert blocks.longest_s < _LONGEST_S, f"{name}: {blocks.longest_s * 1000:.0f} ms, {asked}"


async def test_large_texts_leave_the_loop_to_others(gateway: Gateway) -> None:
    acme, other = await gateway.client("acme"), await gateway.client("other")
    greeting = "{" + "|".join(f"g{n}" for n in range(60)) + "}" + "{a|b}" * 40
    greetings = pb.StepDraft(text="{a|b}" * 819)
    greetings.greetings.greetings.extend([wording_pb2.Greeting(text=f"{greeting}{n}") for n in range(50)])
    steps = [step("{\u0430b|b\u0430}" * 500, n) for n in range(100)]
    sequence = pb.CreateSequenceRequest(sequence=pb.Sequence(steps=steps), sequence_id="long")
    async with measured_blocks() as blocks, ask_until(other):
        preview = pb.PreviewStepRequest(draft=greetings, sample_count=100)
        assert len((await acme.call(acme.sequences.PreviewStep, preview)).samples) == 100
        await acme.call(acme.sequences.CreateSequence, sequence)
        await acme.call(acme.sequences.GetSequence, pb.GetSequenceRequest(name="sequences/long"))
    assert blocks.longest_s < _LONGEST_S


async def test_the_largest_batch_leaves_the_loop_to_others(gateway: Gateway) -> None:
    """Nothing is wrong with it: one key may send such all day."""
    acme, other = await gateway.client("acme"), await gateway.client("other")
    await acme.linked(1)
    attributes = {f"a{n}": "x" * 50 for n in range(45)}
    leads = [leads_pb2.Lead(phone=f"+60129{n:06d}", attributes=attributes) for n in range(1000)]
    request = leads_pb2.BatchUpsertLeadsRequest(leads=leads)
    async with measured_blocks() as blocks, ask_until(other):
        for _ in range(2):
            await acme.call(acme.leads.BatchUpsertLeads, request)
    assert blocks.longest_s < _LONGEST_OF_BATCH_S


async def _imported(client: Client, content: bytes) -> None:
    """All of a file, whatever becomes of it."""
    start = imports_pb2.ImportStart(request_id=str(uuid.uuid4()))
    requests = [imports_pb2.ImportLeadsRequest(start=start)]
    for at in range(0, len(content), _CHUNK):
        chunk = imports_pb2.ImportChunk(content=content[at : at + _CHUNK], offset=at)
        requests.append(imports_pb2.ImportLeadsRequest(chunk=chunk))
    call = client.leads.ImportLeads(iter(requests), metadata=client.metadata, timeout=60)
    with contextlib.suppress(grpc.aio.AioRpcError):
        async for _ in call:
            pass
    assert await call.code() in (grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT)
