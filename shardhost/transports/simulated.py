"""The transport of the simulated network: one stream a process, every device's session on it.

The stream is made when a session is first asked for. When it breaks, its sessions end as
disconnected; the next `open` makes a new one, after a pause that grows with each failure in a row.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

import grpc

from kompang.simulation.v1 import network_pb2_grpc
from services.runtime.lifecycle import set_within
from shardhost.transports.simulated_session import SimulatedSession
from shardhost.transports.simulated_stream import SimulatedStream
from shardhost.transports.transport import Failure, Inbound, OpenRefused, SessionEvent, SessionKey

_OPTIONS = (
    ("grpc.max_receive_message_length", 16 << 20),
    ("grpc.max_send_message_length", 16 << 20),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    # Our own pause is the backoff; gRPC's would come on top.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
)


@dataclass(frozen=True)
class Patience:
    """Seconds: deadlines of an open and a send, and the first and the longest pause between streams."""

    open: float = 10.0
    send: float = 75.0
    first_pause: float = 0.1
    longest_pause: float = 5.0


class SimulatedTransport:
    """A `Transport` over the network at `target` (host:port), as `host_id`."""

    def __init__(self, target: str, host_id: str, patience: Patience | None = None) -> None:
        self._target = target
        self._host_id = host_id
        self._patience = patience or Patience()
        self._wanted = asyncio.Event()
        self._closing = asyncio.Event()
        self._failures = 0
        self._stream = self._new_stream()

    @property
    def repeatable(self) -> bool:
        """The network knows an id again."""
        return True

    async def run(self) -> None:
        """Serve streams, one after the other, until `close`."""
        async with grpc.aio.insecure_channel(self._target, options=_OPTIONS) as channel:
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
            # What is opened from here on, also by those who are told of the loss, waits for the next.
            self._stream = self._new_stream()
            stream.lose()
        self._failures = 0 if stream.answered else self._failures + 1
        await set_within(self._closing, self._pause())

    async def open(
        self,
        device: SessionKey,
        on_event: Callable[[SessionEvent], None],
        on_inbound: Callable[[Inbound], None],
    ) -> SimulatedSession:
        """Open the device's session; an absent network is OpenRefused(TRANSIENT)."""
        if self._closing.is_set():
            raise OpenRefused(Failure.TRANSIENT)
        self._wanted.set()
        return await self._stream.open(device, on_event, on_inbound)

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
        return SimulatedStream(self._host_id, self._patience.open, self._patience.send)

    def _pause(self) -> float:
        pause = self._patience.first_pause * float(2 ** min(self._failures, 10))
        return min(pause, self._patience.longest_pause) * random.uniform(0.5, 1.0)
