"""A simulated network, and hosts that reach it as the product's own do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infra.local.network.ledger import Entry, read_ledger
from infra.local.network.server import running
from kompang.simulation.v1 import behavior_pb2, network_pb2, network_pb2_grpc
from services.runtime.channel import connect
from shardhost.transports.receipt import Receipt
from shardhost.transports.simulated import SimulatedTransport, TransportTimeouts
from shardhost.transports.transport import (
    Inbound,
    Outgoing,
    Session,
    SessionEvent,
    SessionKey,
    TransportKind,
)
from tests.support.slowness import patient

TIMEOUTS = TransportTimeouts(open=5, send=5, first_pause=0.01, longest_pause=0.1)


@dataclass
class Events:
    """What the sessions of a host told, to be awaited."""

    queue: asyncio.Queue[SessionEvent] = field(default_factory=lambda: asyncio.Queue(maxsize=1000))

    def __call__(self, event: SessionEvent) -> None:
        self.queue.put_nowait(event)

    inbound: asyncio.Queue[Inbound] = field(default_factory=lambda: asyncio.Queue(maxsize=1000))

    receipts: asyncio.Queue[Receipt] = field(default_factory=lambda: asyncio.Queue(maxsize=1000))

    async def next_receipt(self) -> Receipt:
        async with asyncio.timeout(patient(5)):
            return await self.receipts.get()

    async def next_inbound(self) -> Inbound:
        async with asyncio.timeout(patient(5)):
            return await self.inbound.get()

    async def next(self) -> SessionEvent:
        async with asyncio.timeout(patient(5)):
            return await self.queue.get()


def text(wire_id: str, recipient: str = "60999", traceparent: str = "") -> Outgoing:
    return Outgoing(recipient=recipient, text=f"Hello {wire_id}", wire_id=wire_id, traceparent=traceparent)


def unheard(_: Inbound | Receipt) -> None:
    """For sessions nobody writes to, and of whose messages nothing becomes."""


class Hosts:
    """Transports to one network, closed at the end of the test."""

    def __init__(
        self, stack: AsyncExitStack, address: str, kind: TransportKind = TransportKind.REPEATABLE
    ) -> None:
        self._stack = stack
        self._address = address
        self._kind = kind

    async def start(self, host_id: str, timeouts: TransportTimeouts = TIMEOUTS) -> SimulatedTransport:
        transport = SimulatedTransport(self._address, host_id, timeouts, self._kind)
        running_transport = asyncio.create_task(transport.run())

        async def stop() -> None:
            await transport.close()
            async with asyncio.timeout(patient(5)):
                await running_transport

        self._stack.push_async_callback(stop)
        return transport

    async def session(
        self, host_id: str = "host-a", phone: str = "60111", timeouts: TransportTimeouts = TIMEOUTS
    ) -> tuple[Session, Events]:
        events = Events()
        transport = await self.start(host_id, timeouts)
        session = await transport.open(
            SessionKey(1, phone, 7), events, events.inbound.put_nowait, events.receipts.put_nowait
        )
        return session, events


@dataclass(frozen=True)
class Face:
    """The network as a test sees it."""

    address: str
    stub: network_pb2_grpc.NetworkServiceStub
    ledger: Path
    hosts: Hosts

    def entries(self) -> list[Entry]:
        return read_ledger(self.ledger)

    async def behave(self, script: behavior_pb2.Behavior) -> None:
        await self.stub.SetBehavior(network_pb2.SetBehaviorRequest(behavior=script), timeout=patient(5.0))

    async def disrupt(self, disruption: network_pb2.Disruption, phone: str = "60111", **rest: Any) -> int:
        request = network_pb2.DisruptRequest(disruption=disruption, phone=phone, **rest)
        response: network_pb2.DisruptResponse = await self.stub.Disrupt(request, timeout=patient(5.0))
        return response.ended_count

    async def stats(self) -> network_pb2.Stats:
        stats: network_pb2.Stats = await self.stub.GetStats(
            network_pb2.GetStatsRequest(), timeout=patient(5.0)
        )
        return stats


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[Face]:
    ledger = tmp_path / "ledger.jsonl"
    async with AsyncExitStack() as stack:
        started = await stack.enter_async_context(running(ledger, behavior_pb2.Behavior()))
        channel = await stack.enter_async_context(connect(started.address, traced=False))
        stub = network_pb2_grpc.NetworkServiceStub(channel)
        yield Face(started.address, stub, ledger, Hosts(stack, started.address))
