"""Calls every method of the public API with hostile requests, and says what is wrong with the answers."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import message_factory
from google.protobuf.message import DecodeError

from kompang.v1 import (
    accounts_pb2,
    campaigns_pb2,
    devices_pb2,
    events_pb2,
    imports_pb2,
    leads_pb2,
    messages_pb2,
    overview_pb2,
    sequences_pb2,
)
from tests.integration.gateway.mesh import Client, Refusal, consent, lead, unpacked
from tests.support.hostile import Hostile
from tests.support.loop_blocks import Blocks
from tests.support.processor import allowed_s

_FILES = (
    accounts_pb2,
    campaigns_pb2,
    devices_pb2,
    events_pb2,
    leads_pb2,
    messages_pb2,
    overview_pb2,
    sequences_pb2,
)
METHODS: tuple[Any, ...] = tuple(
    method
    for file in _FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
)
_IMPORTS = {
    "ImportLeads": imports_pb2.ImportLeadsRequest,
    "ImportSuppressions": imports_pb2.ImportSuppressionsRequest,
}
_CALL_S = 20.0
# Endless streams are left after so long, or so many answers.
_WATCH_S = 0.05
_MOST_ANSWERS = 3
_MOST_VIOLATIONS = 100
_LONGEST_LINE = 600
# What the library of the client says when it still sends while the gateway has refused already.
_STILL_SENDING = "Internal error from Core"
_FAULTS = (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DATA_LOSS)


@dataclass
class Fuzz:
    """Calls from one seed. `wrong` has what should not be; `codes` counts the answers."""

    client: Client
    hostile: Hostile
    blocks: Blocks
    longest_block_s: float
    wrong: list[str] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)

    async def call(self, method: Any) -> None:
        """One call of a method."""
        requests = list(self._requests(method))
        with _logged() as lines:
            self.blocks.longest_s = 0.0
            refusal = await self._answered(method, requests)
            await asyncio.sleep(0)
        self.codes[refusal.code.name if refusal else "OK"] += 1
        complaints = [*lines, *(_complaints(refusal) if refusal else ())]
        held_s = self.blocks.longest_s
        if held_s > self.longest_block_s and held_s > allowed_s(self.longest_block_s):
            complaints.append(f"held the loop for {held_s * 1000:.0f} ms")
        self.wrong += [f"{method.full_name} {each}: {_shown(method, requests)}" for each in complaints]

    def _requests(self, method: Any) -> Iterator[bytes]:
        if method.name in _IMPORTS:
            yield from self._import(_IMPORTS[method.name])
            return
        content = self.hostile.message(method.input_type).SerializeToString()
        yield self.hostile.garbled(content) if self.hostile.random.random() < 0.1 else content

    def _import(self, request: Any) -> Iterator[bytes]:
        """A start whose options are hostile or fine, and a hostile file."""
        random = self.hostile.random
        start = request()
        start.start.CopyFrom(self.hostile.message(start.start.DESCRIPTOR))
        start.start.ClearField("size")
        if random.random() < 0.7 and "options" in start.start.DESCRIPTOR.fields_by_name:
            start.start.ClearField("options")
        if random.random() < 0.9:
            start.start.ClearField("head_sha256")
        yield start.SerializeToString()
        offset = 0
        for _ in range(random.randint(0, 3)):
            content = self._piece()
            chunk = imports_pb2.ImportChunk(content=content, offset=offset)
            yield request(chunk=chunk).SerializeToString()
            offset += len(content)

    def _piece(self) -> bytes:
        random = self.hostile.random
        rows = ["Phone,Name,consent_time,Opt in,City"] * random.randint(0, 1)
        for _ in range(random.randint(0, 20)):
            cells = [self.hostile.text() for _ in range(random.randint(0, 5))]
            rows.append(random.choice((",", ",", ";", "\t")).join(cells))
        content = random.choice(("\n", "\r\n", "\r")).join(rows).encode(random.choice(("utf-8", "utf-16")))
        return self.hostile.garbled(content) if random.random() < 0.5 else content

    async def _answered(self, method: Any, requests: list[bytes]) -> Refusal | None:
        """None for an answer, or for a stream that was left."""
        try:
            for content in await self._answers(method, requests):
                self._learn(method, content)
        except grpc.aio.AioRpcError as error:
            is_left = method.server_streaming and error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
            return None if is_left or error.details() == _STILL_SENDING else unpacked(error)
        return None

    async def _answers(self, method: Any, requests: list[bytes]) -> list[bytes]:
        path = f"/{method.containing_service.full_name}/{method.name}"
        channel, metadata = self.client.channel, self.client.metadata
        if not method.server_streaming:
            return [await channel.unary_unary(path)(requests[0], metadata=metadata, timeout=_CALL_S)]
        call: Any
        if method.client_streaming:
            call = channel.stream_stream(path)(iter(requests), metadata=metadata, timeout=_CALL_S)
        else:
            timeout_s = _WATCH_S if method.name.startswith("Watch") else _CALL_S
            call = channel.unary_stream(path)(requests[0], metadata=metadata, timeout=timeout_s)
        answers = []
        async for answer in call:
            answers.append(answer)
            if len(answers) == _MOST_ANSWERS and not method.client_streaming:
                call.cancel()
                break
        return answers

    def _learn(self, method: Any, content: bytes) -> None:
        """Keeps the tokens of an answer for later requests."""
        answer: Any = message_factory.GetMessageClass(method.output_type).FromString(content)
        for name in ("next_page_token", "resume_token"):
            if token := getattr(answer, name, ""):
                self.hostile.tokens = [*self.hostile.tokens[-20:], token]


def _complaints(refusal: Refusal) -> Iterator[str]:
    if refusal.code in _FAULTS:
        yield f"{refusal.code.name} {refusal.message}"
    if refusal.code is grpc.StatusCode.DEADLINE_EXCEEDED:
        yield "DEADLINE_EXCEEDED"
    if refusal.code is not grpc.StatusCode.INVALID_ARGUMENT:
        return
    if not 1 <= len(refusal.violations) <= _MOST_VIOLATIONS:
        yield f"{len(refusal.violations)} violations"
    for path, text in refusal.violations.items():
        if not path or not text or "\n" in path + text or len(path + text) > _LONGEST_LINE:
            yield f"a violation that is no line: {path!r} {text!r}"


@contextmanager
def _logged() -> Iterator[list[str]]:
    """The lines of errors meanwhile."""
    lines: list[str] = []

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            at = getattr(record, "at", None)
            kind = getattr(record, "error.type", None) or (record.exc_info and record.exc_info[0])
            lines.append(f"logged {record.name} {record.getMessage()[:200]} {kind} {at}")

    lines_kept = Lines(logging.WARNING)
    logging.getLogger().addHandler(lines_kept)
    try:
        yield lines
    finally:
        logging.getLogger().removeHandler(lines_kept)


def _shown(method: Any, requests: list[bytes]) -> str:
    kind = message_factory.GetMessageClass(method.input_type)
    try:
        shown = " ".join(" ".join(str(kind.FromString(each)).split()) for each in requests)
    except DecodeError:
        shown = repr(requests)
    return shown[:400]


async def run(fuzz: Fuzz, count: int) -> AsyncIterator[int]:
    """So many calls, method by method; yields the number of each."""
    for number in range(count):
        await fuzz.call(METHODS[number % len(METHODS)])
        yield number


async def prepare(client: Client) -> None:
    """What most requests name: devices, leads, sequences and a campaign."""
    await client.linked(2)
    await client.planned("hot", steps=2)
    await client.planned("cold", steps=3, after="hot")
    await client.upserted(*(lead(number, trigger="COLD", consent=consent()) for number in range(3)))
    campaign = campaigns_pb2.Campaign(display_name="x", text="{Hi|Hello} {name}")
    request = campaigns_pb2.CreateCampaignRequest(campaign=campaign)
    await client.call(client.campaigns.CreateCampaign, request)
