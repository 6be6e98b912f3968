"""One device's session on the simulated network, and how its sends end.

A send ends by the network's answer, by its deadline, by the end of the session or by that of the
stream, whichever is first; whoever ends it takes it out of `_pending`, so it ends once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from kompang.simulation.v1 import network_pb2 as pb
from shardhost.transports.receipt import Receipt, ReceiptKind
from shardhost.transports.simulated_questions import Asks, Questions
from shardhost.transports.transport import (
    UNCLEAR,
    Accepted,
    BanReason,
    Failure,
    Inbound,
    NotSent,
    Outgoing,
    SendAmbiguous,
    SendRefused,
    SessionEnd,
    SessionEvent,
    Traced,
    TransportKind,
)

_ENDS = {
    Failure.TRANSIENT: SessionEnd.DISCONNECTED,
    Failure.REPLACED: SessionEnd.REPLACED,
    Failure.LOGGED_OUT: SessionEnd.LOGGED_OUT,
    Failure.BANNED: SessionEnd.BANNED,
    Failure.TEMPORARY_BAN: SessionEnd.TEMPORARY_BAN,
    Failure.CLIENT_OUTDATED: SessionEnd.CLIENT_OUTDATED,
    Failure.NOT_PAIRED: SessionEnd.NOT_PAIRED,
    Failure.LOCKED: SessionEnd.LOCKED,
    Failure.PUMP_LOST: SessionEnd.PUMP_LOST,
}
# The device may have another session at once.
_PASSING = (SessionEnd.DISCONNECTED, SessionEnd.PUMP_LOST)


_FAILURES = frozenset(int(failure) for failure in Failure)


def known_failure(number: int) -> Failure:
    """Why the network refused; TRANSIENT for a reason that a later version of the network gives."""
    return Failure(number) if number in _FAILURES else Failure.TRANSIENT


class Stream(Asks, Protocol):
    """What a session needs of the stream it is on."""

    @property
    def kind(self) -> TransportKind:
        """Whether the network knows the ids of this stream again, or can be asked about them."""

    @property
    def send_timeout(self) -> float:
        """Seconds that a send may take."""

    def write_send(self, session_id: int, outgoing: Outgoing) -> int:
        """Queue a send; returns its id. Raises NotSent, or SendRefused for what fits no frame."""

    def write_receipt(self, session_id: int, inbound_id: str) -> None:
        """Queue the confirmation of what was written to the device."""

    def write_confirmed(self, session_id: int, receipt: Receipt) -> None:
        """Queue the confirmation of what became of a message."""

    def write_close(self, session_id: int) -> None:
        """Queue the end of a session."""


def seconds(hold_ms: int) -> float | None:
    """A hold on the wire, where 0 stands for no word on it."""
    return hold_ms / 1000 if hold_ms else None


class SimulatedSession:
    """A `Session`; its calls after the end raise what the end means."""

    def __init__(
        self,
        stream: Stream,
        session_id: int,
        on_event: Callable[[SessionEvent], None],
        on_inbound: Callable[[Inbound], None],
        on_receipt: Callable[[Receipt], None],
    ) -> None:
        self.session_id = session_id
        self.jid = ""
        self._stream = stream
        self._on_event = on_event
        self._on_inbound = on_inbound
        self._on_receipt = on_receipt
        self._pending: dict[int, asyncio.Future[Accepted]] = {}
        self._after: Callable[[], Exception] | None = None
        self._questions = Questions(stream, session_id)

    async def prepare(self, recipient: str) -> None:
        """Look the number up, where the network does not do that itself. Raises SendRefused, NotSent."""
        if self._stream.kind is TransportKind.REPEATABLE:
            return
        if self._after:
            raise self._after()
        is_present = await self._questions.is_present(recipient)
        if is_present is None:
            raise NotSent("the session ended before the look-up did")
        if not is_present:
            raise SendRefused(Failure.NOT_ON_WHATSAPP)

    async def trace(self, wire_id: str) -> Traced:
        """Ask the network what became of an id."""
        if self._after or self._stream.kind is not TransportKind.TRACEABLE:
            return UNCLEAR
        try:
            return await self._questions.trace(wire_id)
        except (NotSent, SendRefused):
            return UNCLEAR

    async def send(self, outgoing: Outgoing) -> Accepted:
        """Send one message. Raises SendRefused, NotSent or SendAmbiguous."""
        if self._after:
            raise self._after()
        send_id = self._stream.write_send(self.session_id, outgoing)
        future: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
        self._pending[send_id] = future
        try:
            async with asyncio.timeout(self._stream.send_timeout):
                return await future
        except TimeoutError:
            raise SendAmbiguous("no answer in time") from None
        finally:
            self._pending.pop(send_id, None)

    def confirm(self, inbound_id: str) -> None:
        """Tell the network that the text is recorded and need not be delivered again."""
        if self._after is None:
            self._stream.write_receipt(self.session_id, inbound_id)

    def confirm_receipt(self, receipt: Receipt) -> None:
        """Tell the network that the receipt is recorded and need not be told again."""
        if self._after is None:
            self._stream.write_confirmed(self.session_id, receipt)

    async def close(self) -> None:
        """End the session; pending sends end as ambiguous."""
        if self._after is None:
            self._finish(NotSent, SendAmbiguous)
            self._stream.write_close(self.session_id)

    def settle(self, ack: pb.Ack) -> None:
        """The network has answered a send; late answers to sends given up are dropped."""
        future = self._pending.pop(ack.send_id, None)
        if future is None or future.done():
            return
        if ack.failure and ack.failure not in _FAILURES:
            future.set_exception(SendAmbiguous("an answer of an unknown kind"))
        elif ack.failure:
            reason = BanReason(ack.ban_reason)
            future.set_exception(SendRefused(Failure(ack.failure), seconds(ack.hold_ms), reason))
        else:
            age = ack.accepted_age_ms / 1000
            future.set_result(Accepted(age, ack.repeated, ack.lid, ack.number))

    def deliver(self, reply: pb.Inbound) -> None:
        """Somebody wrote to the device."""
        if self._after is None:
            self._on_inbound(Inbound(reply.reply_id, reply.sender, reply.text, reply.lid))

    def tell(self, told: pb.MessageReceipt) -> None:
        """Something became of a message that the device sent."""
        if self._after is None:
            kind = ReceiptKind.READ if told.read else ReceiptKind.DELIVERED
            self._on_receipt(Receipt(told.wire_id, kind, told.time_ms / 1000))

    def answered(self, answer: pb.Answer) -> None:
        """The network has answered a question."""
        self._questions.settle(answer)

    def not_sent(self, send_id: int) -> None:
        """The send never left."""
        future = self._pending.pop(send_id, None)
        if future and not future.done():
            future.set_exception(NotSent("the stream broke first"))

    def end(
        self, failure: Failure, hold: float | None = None, reason: BanReason = BanReason.UNSPECIFIED
    ) -> None:
        """The session is over, and not by `close`."""
        if self._after:
            return
        end = _ENDS.get(failure, SessionEnd.DISCONNECTED)
        is_gone = end in _PASSING
        self._finish(NotSent if is_gone else lambda: SendRefused(failure, hold, reason), SendAmbiguous)
        self._on_event(SessionEvent(end, hold, reason))

    def drop(self) -> None:
        """End without an event."""
        if self._after is None:
            self._finish(NotSent, SendAmbiguous)

    def _finish(self, later: Callable[[], Exception], pending: Callable[[], Exception]) -> None:
        self._after = later
        for future in self._pending.values():
            if not future.done():
                future.set_exception(pending())
        self._pending.clear()
        self._questions.end()
