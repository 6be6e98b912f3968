"""One stream to the simulated network and the sessions on it; neither outlives the other.

Opens, sends and closes are merged into frames in their order, and written as fast as the stream
takes them: what gathers during one write is the next frame. A send that was still waiting when the
stream broke is `NotSent`; one that was written is `SendAmbiguous`.

An entry that cannot be read, or whose session fails on it, is contained: the stream carries every device of
the host.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Protocol, TypeVar

import grpc

from kompang.simulation.v1 import network_pb2 as pb
from kompang.simulation.v1 import network_pb2_grpc
from services.runtime.containment import contained_all
from services.runtime.group import Group
from shardhost.transports.simulated_session import SimulatedSession, known_failure, seconds
from shardhost.transports.transport import (
    Failure,
    Inbound,
    NotSent,
    OpenRefused,
    Outgoing,
    SendRefused,
    SessionEvent,
    SessionKey,
)

_FRAME_ENTRIES = 250
# So that a full frame stays below the largest message of the channel.
_SEND_BYTES = 65_536
_WAITING_FRAMES = 256
_FINISH_S = 2.0
_log = logging.getLogger(__name__)


class _OfSession(Protocol):
    """An entry of a frame."""

    session_id: int


_Entry = TypeVar("_Entry", bound=_OfSession)


@dataclass(slots=True)
class _Opening:
    session: SimulatedSession
    opened: asyncio.Future[None]


class SimulatedStream:
    """Sessions by id, and the frames waiting to be written; usable before it is connected."""

    def __init__(self, host_id: str, open_timeout: float, send_timeout: float) -> None:
        self.send_timeout = send_timeout
        self.answered = False
        self._open_timeout = open_timeout
        self._ids = count(1)
        self._sessions: dict[int, SimulatedSession] = {}
        self._openings: dict[int, _Opening] = {}
        self._frames = deque([pb.ConnectRequest(hello=pb.Hello(host_id=host_id))])
        self._last = "hello"
        self._entries = 0
        self._wake = asyncio.Event()
        self._wake.set()
        self._finishing = False

    async def serve(self, stub: network_pb2_grpc.NetworkServiceStub) -> None:
        """Connect, then write and read until the stream ends; a broken stream is no error."""
        call = stub.Connect()
        try:
            async with Group() as group:
                reader = group.create_task(self._read(call))
                writer = group.create_task(self._write(call))
                reader.add_done_callback(lambda _: writer.cancel())
        except* (grpc.aio.AioRpcError, asyncio.InvalidStateError) as broken:
            # The second: a write after the other end has ended the stream.
            _log.info("stream to the network broke: %r", broken.exceptions[0])
        finally:
            call.cancel()

    async def open(
        self,
        device: SessionKey,
        on_event: Callable[[SessionEvent], None],
        on_inbound: Callable[[Inbound], None],
    ) -> SimulatedSession:
        """Open a session within the deadline. Raises OpenRefused."""
        session_id = next(self._ids)
        request = pb.Open(session_id=session_id, phone=device.phone, epoch=device.epoch)
        opening = _Opening(
            SimulatedSession(self, session_id, on_event, on_inbound),
            asyncio.get_running_loop().create_future(),
        )
        self._openings[session_id] = opening
        self._frame("opens").opens.opens.append(request)
        try:
            async with asyncio.timeout(self._open_timeout):
                await opening.opened
        except BaseException as error:
            # Also when cancelled: nobody would close a session that opens after all. One that is still
            # waiting to be written is taken back, for it would end the session of another host.
            self._abandon(session_id)
            if isinstance(error, TimeoutError):
                raise OpenRefused(Failure.TRANSIENT) from None
            raise
        return opening.session

    def write_send(self, session_id: int, outgoing: Outgoing) -> int:
        """Queue a send; returns its id.

        Raises NotSent when too much is waiting already, SendRefused for what fits no frame.
        """
        if len(self._frames) >= _WAITING_FRAMES:
            raise NotSent("the stream is congested")
        send = _send(next(self._ids), session_id, outgoing)
        self._frame("sends").sends.sends.append(send)
        return send.send_id

    def write_receipt(self, session_id: int, inbound_id: str) -> None:
        """Queue the confirmation of what was written to the device."""
        self._frame("receipts").receipts.receipts.add(session_id=session_id, reply_id=inbound_id)

    def write_close(self, session_id: int) -> None:
        """Queue the end of a session."""
        self._sessions.pop(session_id, None)
        self._frame("closes").closes.session_ids.append(session_id)

    def finish(self) -> None:
        """End all sessions without an event, write what is waiting, then end the stream."""
        for session in list(self._sessions.values()):
            session.drop()
        self._sessions.clear()
        self._refuse_openings()
        self._finishing = True
        self._wake.set()

    def lose(self) -> None:
        """The stream is gone: end everything on it. Waiting sends never left, the others may have."""
        for frame in self._frames:
            for send in frame.sends.sends:
                if session := self._sessions.get(send.session_id):
                    session.not_sent(send.send_id)
        self._frames.clear()
        self._refuse_openings()
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            with contained_all("network.entry", session_id=session.session_id):
                session.end(Failure.TRANSIENT)

    async def _write(self, call: grpc.aio.StreamStreamCall) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._frames:
                frame = self._frames.popleft()
                if not self._frames:
                    self._last = ""
                await call.write(frame)
            if self._finishing:
                await call.done_writing()
                # The network answers by ending its half; a frozen one does not.
                asyncio.get_running_loop().call_later(_FINISH_S, call.cancel)
                return

    async def _read(self, call: grpc.aio.StreamStreamCall) -> None:
        while (response := await call.read()) is not grpc.aio.EOF:
            self.answered = True
            _each(response.acks.acks, self._settled)
            _each(response.opened.opened, self._opened)
            _each(response.replies.replies, self._replied)
            _each(response.ends.ends, self._ended)

    def _settled(self, ack: pb.Ack) -> None:
        if session := self._sessions.get(ack.session_id):
            session.settle(ack)

    def _replied(self, reply: pb.Inbound) -> None:
        if session := self._sessions.get(reply.session_id):
            session.deliver(reply)

    def _opened(self, opened: pb.Opened) -> None:
        opening = self._openings.pop(opened.session_id, None)
        if opening is None or opening.opened.done():
            return
        if opened.failure:
            refusal = OpenRefused(known_failure(opened.failure), seconds(opened.hold_ms))
            opening.opened.set_exception(refusal)
            return
        # Registered here and not by `open`: the end may stand in the very next frame.
        self._sessions[opened.session_id] = opening.session
        opening.opened.set_result(None)

    def _ended(self, end: pb.End) -> None:
        if session := self._sessions.pop(end.session_id, None):
            self._frame("closes").closes.session_ids.append(end.session_id)
            session.end(known_failure(end.failure), seconds(end.hold_ms))

    def _abandon(self, session_id: int) -> None:
        self._openings.pop(session_id, None)
        if self._take_back(session_id):
            return
        if session := self._sessions.pop(session_id, None):
            session.drop()
        self._frame("closes").closes.session_ids.append(session_id)

    def _take_back(self, session_id: int) -> bool:
        """Whether the open was still waiting."""
        for frame in self._frames:
            opens = frame.opens.opens
            for place, waiting in enumerate(opens):
                if waiting.session_id == session_id:
                    del opens[place]
                    return True
        return False

    def _refuse_openings(self) -> None:
        openings, self._openings = self._openings, {}
        for opening in openings.values():
            if not opening.opened.done():
                opening.opened.set_exception(OpenRefused(Failure.TRANSIENT))

    def _frame(self, kind: str) -> pb.ConnectRequest:
        if self._last != kind or self._entries >= _FRAME_ENTRIES:
            self._frames.append(pb.ConnectRequest())
            self._last, self._entries = kind, 0
        self._entries += 1
        self._wake.set()
        return self._frames[-1]


def _each(entries: Iterable[_Entry], take: Callable[[_Entry], None]) -> None:
    for entry in entries:
        with contained_all("network.entry", session_id=entry.session_id):
            take(entry)


def _send(send_id: int, session_id: int, outgoing: Outgoing) -> pb.Send:
    try:
        send = pb.Send(
            send_id=send_id,
            session_id=session_id,
            recipient=outgoing.recipient,
            wire_id=outgoing.wire_id,
            text=outgoing.text,
            traceparent=outgoing.traceparent,
        )
    except ValueError:  # half of a surrogate pair
        raise SendRefused(Failure.INVALID_MESSAGE) from None
    if send.ByteSize() > _SEND_BYTES:
        raise SendRefused(Failure.INVALID_MESSAGE)
    return send
