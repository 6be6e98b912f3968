"""The transport of the simulated network: one stream a process, every device's session on it.

It comes in each kind: REPEATABLE as the network is by nature; as TRACEABLE, or PLAIN, the network is told to
forget ids, so that a second send is a second delivery, as on networks that choose ids themselves.

The stream is made when a session is first asked for. When it breaks, its sessions end as
disconnected; the next `open` makes a new one, after a pause that grows with each failure in a row. One stream
is for all devices, so the proxy of a device changes nothing here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from kompang.simulation.v1 import network_pb2_grpc
from services.runtime.channel import connect
from services.runtime.lifecycle import set_within
from services.runtime.retry import Retry
from shardhost.transports.receipt import Receipt
from shardhost.transports.simulated_session import SimulatedSession
from shardhost.transports.simulated_stream import SimulatedStream
from shardhost.transports.transport import (
    Failure,
    Inbound,
    OpenRefused,
    SessionEvent,
    SessionKey,
    TransportKind,
)


@dataclass(frozen=True)
class TransportTimeouts:
    """Seconds: deadlines of an open, a send, a trace; the first and the longest pause between streams."""

    open: float = 10.0
    send: float = 75.0
    trace: float = 10.0
    first_pause: float = 0.1
    longest_pause: float = 5.0


class SimulatedTransport:
    """A `Transport` over the network at `target` (host:port), as `host_id`."""

    def __init__(
        self,
        target: str,
        host_id: str,
        timeouts: TransportTimeouts | None = None,
        kind: TransportKind = TransportKind.REPEATABLE,
        version: str = "1",
    ) -> None:
        self.version = version
        self.kind = kind
        self._target = target
        self._host_id = host_id
        self._timeouts = timeouts or TransportTimeouts()
        self._wanted = asyncio.Event()
        self._closing = asyncio.Event()
        first, longest = self._timeouts.first_pause, self._timeouts.longest_pause
        self._retry = Retry("stream to the network", first_s=first, longest_s=longest)
        self._stream = self._new_stream()

    async def run(self) -> None:
        """Serve streams, one after the other, until `close`."""
        # The settings refuse the address of another machine, unless plaintext is allowed.
        async with connect(self._target, plaintext=True, traced=False) as channel:
            stub = network_pb2_grpc.NetworkServiceStub(channel)
            while await self._wanted_again():
                await self.run_once(stub)

    async def run_once(self, stub: network_pb2_grpc.NetworkServiceStub) -> None:
        """Serve one stream to its end, and pause if it did not end by `close`."""
        self._wanted.clear()
        stream = self._stream
        try:
            await stream.serve(stub)
        finally:
            # What is opened from here on, also from a callback of the loss, waits for the next.
            self._stream = self._new_stream()
            stream.lose()
        if stream.answered:
            self._retry.succeeded()
        if not self._closing.is_set():
            await set_within(self._closing, self._retry.failed())

    async def open(
        self,
        device: SessionKey,
        on_event: Callable[[SessionEvent], None],
        on_inbound: Callable[[Inbound], None],
        on_receipt: Callable[[Receipt], None],
    ) -> SimulatedSession:
        """Open the device's session; an absent network is OpenRefused(TRANSIENT)."""
        if self._closing.is_set():
            raise OpenRefused(Failure.TRANSIENT)
        self._wanted.set()
        return await self._stream.open(device, on_event, on_inbound, on_receipt)

    async def close(self) -> None:
        """Close every session without an event and end `run`."""
        self._closing.set()
        self._stream.finish()
        self._wanted.set()

    async def _wanted_again(self) -> bool:
        if not self._closing.is_set():
            await self._wanted.wait()
        return not self._closing.is_set()

    def _new_stream(self) -> SimulatedStream:
        timeouts = self._timeouts
        return SimulatedStream(self._host_id, timeouts.open, timeouts.send, timeouts.trace, self.kind)
