"""What waits to be written to the simulated network, merged into frames in its order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator

from kompang.simulation.v1 import network_pb2 as pb
from shardhost.transports.receipt import Receipt, ReceiptKind
from shardhost.transports.transport import (
    Failure,
    NotSent,
    Outgoing,
    SendRefused,
)

_FRAME_ENTRIES = 250
# So that a full frame stays below the largest message of the channel.
_SEND_BYTES = 65_536
_WAITING_FRAMES = 256


class Frames:
    """`arrived` is set when there is something to take; the first frame is the Hello."""

    def __init__(self, host_id: str, *, forgets_ids: bool = False) -> None:
        hello = pb.Hello(host_id=host_id, forgets_ids=forgets_ids)
        self._waiting = deque([pb.ConnectRequest(hello=hello)])
        self._last = "hello"
        self._entries = 0
        self.arrived = asyncio.Event()
        self.arrived.set()

    def __iter__(self) -> Iterator[pb.ConnectRequest]:
        return iter(self._waiting)

    def take(self) -> pb.ConnectRequest | None:
        """The next frame to write, or None."""
        if not self._waiting:
            return None
        frame = self._waiting.popleft()
        if not self._waiting:
            self._last = ""
        return frame

    def clear(self) -> None:
        """Nothing of what waits will be written."""
        self._waiting.clear()
        self._last = ""

    def add_open(self, request: pb.Open) -> None:
        """Ask for a session."""
        self._frame("opens").opens.opens.append(request)

    def add_send(self, send_id: int, session_id: int, outgoing: Outgoing) -> None:
        """Send one message.

        Raises NotSent when too much is waiting already, SendRefused for what fits no frame.
        """
        self._need_room()
        send = _send(send_id, session_id, outgoing)
        self._frame("sends").sends.sends.append(send)

    def add_question(self, question: pb.Question) -> None:
        """Ask something. Raises as `add_send`."""
        self._need_room()
        if question.ByteSize() > _SEND_BYTES:
            raise SendRefused(Failure.INVALID_MESSAGE)
        self._frame("questions").questions.questions.append(question)

    def add_receipt(self, session_id: int, inbound_id: str) -> None:
        """Confirm what was written to the device."""
        self._frame("receipts").receipts.receipts.add(session_id=session_id, reply_id=inbound_id)

    def add_confirmed(self, session_id: int, receipt: Receipt) -> None:
        """Confirm what became of a message."""
        self._frame("confirmed").confirmed.receipts.add(
            session_id=session_id, wire_id=receipt.wire_id, read=receipt.kind is ReceiptKind.READ
        )

    def add_close(self, session_id: int) -> None:
        """End a session."""
        self._frame("closes").closes.session_ids.append(session_id)

    def take_back_open(self, session_id: int) -> bool:
        """Whether the open was still waiting; it is not written then."""
        for frame in self._waiting:
            opens = frame.opens.opens
            for place, waiting in enumerate(opens):
                if waiting.session_id == session_id:
                    del opens[place]
                    return True
        return False

    def _need_room(self) -> None:
        if len(self._waiting) >= _WAITING_FRAMES:
            raise NotSent("the stream is congested")

    def _frame(self, kind: str) -> pb.ConnectRequest:
        if self._last != kind or self._entries >= _FRAME_ENTRIES:
            self._waiting.append(pb.ConnectRequest())
            self._last, self._entries = kind, 0
        self._entries += 1
        self.arrived.set()
        return self._waiting[-1]


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
