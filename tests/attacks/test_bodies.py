"""Attacks memory with the bytes of requests: without a key, too many, two that become 200, none."""

import asyncio
import gc
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest

from gateway.auth.scopes import REQUIRED
from gateway.limits.sizes import SIZES
from kompang.v1 import leads_pb2, sequences_pb2
from services.content.template import Template
from services.runtime.channel import connect
from tests.integration.gateway.mesh import TIMEOUT_S, Client, Gateway, refusal, running
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.proxy import Proxy

INVALID, EXHAUSTED = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED
UPSERT = "/kompang.v1.LeadsService/BatchUpsertLeads"
CALLERS = 5
# What HTTP/2 lets a stream send before anybody reads, and some frames around it.
WINDOW_BYTES = 80 * 1024


class Counting(Proxy):
    """Counts what passes."""

    passed = 0

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(65536):
            self.passed += len(piece)
            writer.write(piece)
            await writer.drain()


@asynccontextmanager
async def counted(target: str) -> AsyncIterator[Counting]:
    proxy = Counting(target)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1")
    proxy.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        proxy.cut()


def sent(channel: grpc.aio.Channel, path: str, body: bytes, metadata: Any = ()) -> Any:
    """The bytes as they are, to a method of whatever kind."""
    return channel.stream_stream(path)(iter([body]), metadata=metadata, timeout=TIMEOUT_S)


async def read(call: Any) -> None:
    async for _ in call:
        pass


async def test_a_body_without_a_key_stays_with_its_caller(gateway: Gateway) -> None:
    async with counted(gateway.address) as proxy, connect(proxy.address, traced=False) as channel:
        calls = [sent(channel, UPSERT, b"\0" * (3 << 20)) for _ in range(CALLERS)]
        refused = await asyncio.gather(*(refusal(read(call)) for call in calls))
    assert {each.reason for each in refused} == {"API_KEY_MISSING"}
    assert proxy.passed < CALLERS * WINDOW_BYTES


async def test_a_key_without_the_scope_sends_no_body(gateway: Gateway) -> None:
    client = await gateway.client("reader", ("devices.read",))
    async with counted(gateway.address) as proxy, connect(proxy.address, traced=False) as channel:
        refused = await refusal(read(sent(channel, UPSERT, b"\0" * (3 << 20), client.metadata)))
    assert refused.reason == "SCOPE_MISSING"
    assert proxy.passed < WINDOW_BYTES


async def test_no_method_reads_more_than_it_needs(gateway: Gateway, acme: Client) -> None:
    others = ("grpc.health.v1.Health/Watch", "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
    for method in (*REQUIRED, *others):
        body = b"\x0a" * (SIZES.of(method) + 1)
        refused = await refusal(read(sent(gateway.channel, f"/{method}", body, acme.metadata)))
        assert refused.code is EXHAUSTED, method
        # Of the largest of all, gRPC itself takes no more.
        assert refused.reason == "REQUEST_TOO_LARGE" or len(body) > SIZES.largest, (method, refused)


async def test_a_body_of_a_million_entries_is_counted_and_not_parsed(acme: Client, gateway: Gateway) -> None:
    refused = await refusal(read(sent(gateway.channel, UPSERT, b"\x0a\x00" * 1_000_000, acme.metadata)))
    assert (refused.code, list(refused.violations)) == (INVALID, ["leads"])
    # Whoever had parsed it would know how many.
    assert refused.violations["leads"] == "has more than 1000 entries; send at most 1000 at a time"


@pytest.mark.parametrize("entry", [b"\x7a\x00", b"\x78\x00", b"\x0a\x00", b"\x32\x00"])
async def test_a_body_of_crumbs_is_refused(acme: Client, gateway: Gateway, entry: bytes) -> None:
    crumbs = entry * 150_000
    lead = b"\x0a" + _varint(len(crumbs)) + crumbs
    refused = await refusal(read(sent(gateway.channel, UPSERT, lead, acme.metadata)))
    assert refused.code is INVALID
    assert " entries" in str(refused.violations)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


async def _refused_by_counts(acme: Client, gateway: Gateway) -> None:
    refused = await refusal(read(sent(gateway.channel, UPSERT, b"\x0a\x00" * 1_000_000, acme.metadata)))
    assert "leads" in refused.violations


async def _refused_by_rules(acme: Client, _: Gateway) -> None:
    request = leads_pb2.BatchUpsertLeadsRequest(leads=[leads_pb2.Lead(phone="1" * 2_000_000)])
    assert (await acme.refused(acme.leads.BatchUpsertLeads, request)).code is INVALID


async def _refused_for_its_length(acme: Client, gateway: Gateway) -> None:
    path = "/kompang.v1.SequencesService/CreateSequence"
    refused = await refusal(read(sent(gateway.channel, path, b"\0" * (3 << 20), acme.metadata)))
    assert refused.reason == "REQUEST_TOO_LARGE"


@asynccontextmanager
async def kept(most: int) -> AsyncIterator[None]:
    """No more of Python's memory is held afterwards, though no garbage was collected."""

    async def is_free() -> bool:
        return tracemalloc.get_traced_memory()[0] < most

    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        yield
        # The gateway's side of a call ends a moment after the caller is told.
        await eventually(is_free)
    finally:
        tracemalloc.stop()
        gc.enable()


@pytest.mark.parametrize("refused", [_refused_by_counts, _refused_by_rules, _refused_for_its_length])
async def test_a_refusal_keeps_nothing_of_its_body(acme: Client, gateway: Gateway, refused: Any) -> None:
    """Else one key holds hundreds of megabytes until garbage is collected, which may take minutes."""
    await refused(acme, gateway)
    async with kept(1 << 20):
        for _ in range(3):
            await refused(acme, gateway)


async def test_what_is_too_large_is_shown_to_no_code(acme: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def parsed(text: str) -> None:
        raise AssertionError(len(text))

    monkeypatch.setattr(Template, "parse", parsed)
    greetings = {"greetings": [{"text": "x"}] * 51}
    for draft in (
        sequences_pb2.StepDraft(text="{a|b}" * 20_000),
        sequences_pb2.StepDraft(text="x" * 4096, greetings=greetings),
    ):
        request = sequences_pb2.PreviewStepRequest(draft=draft)
        refused = await acme.refused(acme.sequences.PreviewStep, request)
        assert (refused.code, len(refused.violations)) == (INVALID, 1)
    steps = [sequences_pb2.Step(text="{a|b}" * 20)] * 2000
    made = sequences_pb2.CreateSequenceRequest(sequence=sequences_pb2.Sequence(steps=steps))
    refused = await acme.refused(acme.sequences.CreateSequence, made)
    assert "at most 100" in refused.violations["sequence.steps"]


async def test_a_compressed_bomb_is_not_unpacked(acme: Client, gateway: Gateway) -> None:
    call = gateway.channel.unary_unary(UPSERT)(
        b"\0" * (64 << 20), metadata=acme.metadata, timeout=TIMEOUT_S, compression=grpc.Compression.Gzip
    )
    assert (await refusal(call)).code is EXHAUSTED


async def test_a_request_that_never_comes_ends_its_call(database: Database, consul_address: str) -> None:
    async with running(database, consul_address, body_timeout_s=0.1) as gateway:
        client = await gateway.client("acme")
        call = gateway.channel.stream_unary("/kompang.v1.LeadsService/GetLead")(
            metadata=client.metadata, timeout=TIMEOUT_S
        )
        refused = await refusal(call)
        assert (refused.code, refused.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "REQUEST_INCOMPLETE")
        empty = gateway.channel.stream_unary("/kompang.v1.LeadsService/GetLead")(
            iter(()), metadata=client.metadata, timeout=TIMEOUT_S
        )
        assert (await refusal(empty)).violations == {
            "request": "is missing; send one message, then close your side"
        }


async def test_a_large_request_leaves_the_event_loop_to_others(acme: Client) -> None:
    """It is counted, parsed and checked in a thread."""
    leads = [leads_pb2.Lead(phone=f"+6012{n:07d}", attributes={"a": "x" * 100}) for n in range(1000)]
    leads[-1].phone = ""
    refused = await acme.refused(acme.leads.BatchUpsertLeads, leads_pb2.BatchUpsertLeadsRequest(leads=leads))
    assert set(refused.violations) == {"leads[999].phone"}
