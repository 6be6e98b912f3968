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
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Protocol, TypeVar

import grpc

from kompang.simulation.v1 import network_pb2 as pb
from kompang.simulation.v1 import network_pb2_grpc
from services.runtime.containment import contained_all
from services.runtime.group import Group
from shardhost.transports.receipt import Receipt
from shardhost.transports.simulated_frames import Frames
from shardhost.transports.simulated_session import SimulatedSession, known_failure, seconds
from shardhost.transports.transport import (
    BanReason,
    Failure,
    Inbound,
    OpenRefused,
    Outgoing,
    SendRefused,
    SessionEvent,
    SessionKey,
    TransportKind,
)

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
    """Sessions by id, on one stream; usable before the stream is connected."""

    def __init__(
        self,
        host_id: str,
        open_timeout: float,
        send_timeout: float,
        trace_timeout: float = 10.0,
        kind: TransportKind = TransportKind.REPEATABLE,
    ) -> None:
        self.send_timeout = send_timeout
        self.trace_timeout = trace_timeout
        self.kind = kind
        self.answered = False
        self._open_timeout = open_timeout
        self._ids = count(1)
        self._sessions: dict[int, SimulatedSession] = {}
        self._openings: dict[int, _Opening] = {}
        self._frames = Frames(host_id, forgets_ids=kind is not TransportKind.REPEATABLE)
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
        on_receipt: Callable[[Receipt], None],
    ) -> SimulatedSession:
        """Open a session within the deadline. Raises OpenRefused."""
        session_id = next(self._ids)
        request = pb.Open(session_id=session_id, phone=device.phone, epoch=device.epoch)
        opening = _Opening(
            SimulatedSession(self, session_id, on_event, on_inbound, on_receipt),
            asyncio.get_running_loop().create_future(),
        )
        self._openings[session_id] = opening
        self._frames.add_open(request)
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
        """Queue a send; returns its id. Raises as `Frames.add_send`."""
        send_id = next(self._ids)
        self._frames.add_send(send_id, session_id, outgoing)
        return send_id

    def write_question(self, session_id: int, *, wire_id: str = "", recipient: str = "") -> int:
        """Queue a question about an id or a number; returns its id. Raises as `Frames.add_question`."""
        question_id = next(self._ids)
        question = pb.Question(question_id=question_id, session_id=session_id)
        try:
            if wire_id:
                question.wire_id = wire_id
            else:
                question.recipient = recipient
        except ValueError:  # half of a surrogate pair
            raise SendRefused(Failure.INVALID_MESSAGE) from None
        self._frames.add_question(question)
        return question_id

    def write_receipt(self, session_id: int, inbound_id: str) -> None:
        """Queue the confirmation of what was written to the device."""
        self._frames.add_receipt(session_id, inbound_id)

    def write_confirmed(self, session_id: int, receipt: Receipt) -> None:
        """Queue the confirmation of what became of a message."""
        self._frames.add_confirmed(session_id, receipt)

    def write_close(self, session_id: int) -> None:
        """Queue the end of a session."""
        self._sessions.pop(session_id, None)
        self._frames.add_close(session_id)

    def finish(self) -> None:
        """End all sessions without an event, write what is waiting, then end the stream."""
        for session in list(self._sessions.values()):
            session.drop()
        self._sessions.clear()
        self._refuse_openings()
        self._finishing = True
        self._frames.arrived.set()

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
            await self._frames.arrived.wait()
            self._frames.arrived.clear()
            while frame := self._frames.take():
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
            _each(response.receipts.receipts, self._told)
            _each(response.answers.answers, self._answered)
            _each(response.ends.ends, self._ended)

    def _settled(self, ack: pb.Ack) -> None:
        if session := self._sessions.get(ack.session_id):
            session.settle(ack)

    def _replied(self, reply: pb.Inbound) -> None:
        if session := self._sessions.get(reply.session_id):
            session.deliver(reply)

    def _told(self, told: pb.MessageReceipt) -> None:
        if session := self._sessions.get(told.session_id):
            session.tell(told)

    def _answered(self, answer: pb.Answer) -> None:
        if session := self._sessions.get(answer.session_id):
            session.answered(answer)

    def _opened(self, opened: pb.Opened) -> None:
        opening = self._openings.pop(opened.session_id, None)
        if opening is None or opening.opened.done():
            return
        if opened.failure:
            reason = BanReason(opened.ban_reason)
            refusal = OpenRefused(known_failure(opened.failure), seconds(opened.hold_ms), reason)
            opening.opened.set_exception(refusal)
            return
        # Registered here and not by `open`: the end may stand in the very next frame.
        self._sessions[opened.session_id] = opening.session
        opening.session.jid = opened.jid
        opening.opened.set_result(None)

    def _ended(self, end: pb.End) -> None:
        if session := self._sessions.pop(end.session_id, None):
            self._frames.add_close(end.session_id)
            session.end(known_failure(end.failure), seconds(end.hold_ms), BanReason(end.ban_reason))

    def _abandon(self, session_id: int) -> None:
        self._openings.pop(session_id, None)
        if self._frames.take_back_open(session_id):
            return
        if session := self._sessions.pop(session_id, None):
            session.drop()
        self._frames.add_close(session_id)

    def _refuse_openings(self) -> None:
        openings, self._openings = self._openings, {}
        for opening in openings.values():
            if not opening.opened.done():
                opening.opened.set_exception(OpenRefused(Failure.TRANSIENT))


def _each(entries: Iterable[_Entry], take: Callable[[_Entry], None]) -> None:
    for entry in entries:
        with contained_all("network.entry", session_id=entry.session_id):
            take(entry)
