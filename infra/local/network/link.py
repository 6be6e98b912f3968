"""The network's end of one host's stream: answers waiting to be written, merged into frames."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from infra.local.network.behavior import Refusal
from infra.local.network.receipts import Receipt
from infra.local.network.replies import Reply
from kompang.simulation.v1 import network_pb2 as pb

_FRAME_ENTRIES = 500
# Past this the network stops reading from the host until the host has read.
_READ_LIMIT = 64
# Past this (late answers of a host that reads nothing) the host is cut off.
_CUT_LIMIT = 4096


class Link:
    """One host; answers keep their order. Not bound to a connection, so that tests can read it."""

    def __init__(self, host: str, *, forgets_ids: bool = False) -> None:
        self.host = host
        # Of what comes from it no id is known again.
        self.forgets_ids = forgets_ids
        self.overrun = False
        self._frames: deque[pb.ConnectResponse] = deque()
        self._last: str | None = None
        self._entries = 0
        self._ended = False
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    @property
    def ended(self) -> bool:
        """Whether nothing more will be written."""
        return self._ended

    def opened(self, session_id: int, connection: int, jid: str = "") -> None:
        """A session has opened."""
        if frame := self._frame("opened"):
            frame.opened.opened.add(session_id=session_id, connection=connection, jid=jid)

    def not_opened(self, session_id: int, why: Refusal) -> None:
        """A session may not open."""
        if frame := self._frame("opened"):
            frame.opened.opened.add(session_id=session_id, **_told(why))

    def ack(self, ack: pb.Ack) -> None:
        """Answer a send."""
        if frame := self._frame("acks"):
            frame.acks.acks.append(ack)

    def answer(self, answer: pb.Answer) -> None:
        """Answer a question."""
        if frame := self._frame("answers"):
            frame.answers.answers.append(answer)

    def end_session(self, session_id: int, why: Refusal) -> None:
        """A session has ended."""
        if frame := self._frame("ends"):
            frame.ends.ends.add(session_id=session_id, **_told(why))

    def reply(self, session_id: int, reply: Reply) -> None:
        """Somebody wrote to the device."""
        if frame := self._frame("replies"):
            frame.replies.replies.add(
                session_id=session_id,
                reply_id=reply.reply_id,
                sender=reply.sender,
                text=reply.text,
                lid=reply.lid,
            )

    def receipt(self, session_id: int, receipt: Receipt) -> None:
        """Something became of a message of the device."""
        if frame := self._frame("receipts"):
            frame.receipts.receipts.add(
                session_id=session_id,
                wire_id=receipt.wire_id,
                read=receipt.read,
                time_ms=int(receipt.time * 1000),
            )

    def end(self) -> None:
        """Write what is waiting, then no more."""
        self._ended = True
        self._wake.set()
        self._room.set()

    async def room(self) -> None:
        """Return when the host has read enough for the network to read on."""
        await self._room.wait()

    async def take(self) -> list[pb.ConnectResponse]:
        """Wait for frames and take them all; none once the link has ended and all are taken."""
        await self._wake.wait()
        if not self._ended:
            self._wake.clear()
        frames = list(self._frames)
        self._frames.clear()
        self._last = None
        self._room.set()
        return frames

    def _frame(self, kind: str) -> pb.ConnectResponse | None:
        if self._ended:
            return None
        if self._last != kind or self._entries >= _FRAME_ENTRIES:
            self._frames.append(pb.ConnectResponse())
            self._last, self._entries = kind, 0
            self._enforce_limits()
        self._entries += 1
        self._wake.set()
        return self._frames[-1]

    def _enforce_limits(self) -> None:
        if len(self._frames) > _READ_LIMIT:
            self._room.clear()
        if len(self._frames) > _CUT_LIMIT:
            self.overrun = True
            self.end()


def _told(why: Refusal) -> dict[str, Any]:
    return {"failure": why.failure, "hold_ms": why.hold_ms, "ban_reason": why.ban_reason}
