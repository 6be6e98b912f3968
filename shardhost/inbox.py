"""What people wrote to devices, kept until dispatch has recorded it.

    unwritten ──frame──▶ unacknowledged ──ack──▶ confirmed to the network, forgotten
        ▲                      │
        └──────replay──────────┘   (the stream broke: in the order they came)

It may be lost here with the process, since the network delivers it again on the next session of the device
until it was confirmed; where a transport's network cannot, this host's word is all there is.
Bounded: what does not fit is left to the network. Nothing of a text or a number is logged.
"""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from kompang.dispatch.v1 import dispatch_pb2 as pb
from shardhost.transports.transport import Inbound

log = logging.getLogger(__name__)

MOST_WAITING = 20_000
# Whole messages are compared with stop words, so that a longer one is none.
TEXT_CHARACTERS = 256


@dataclass(frozen=True, slots=True)
class Heard:
    """One text to a device; `confirm` tells the network that it is recorded."""

    device_id: int
    inbound: Inbound
    confirm: Callable[[str], None]

    @property
    def key(self) -> tuple[int, str]:
        """By which a second delivery is known."""
        return self.device_id, self.inbound.inbound_id

    def told(self) -> pb.Inbound:
        """As it is written."""
        return pb.Inbound(
            device_id=self.device_id,
            inbound_id=self.inbound.inbound_id,
            sender=self.inbound.sender,
            text=self.inbound.text[:TEXT_CHARACTERS],
        )


class Inbox:
    """In the order they came, and which of them dispatch has."""

    def __init__(self) -> None:
        self._frame_id = 0
        self._known: set[tuple[int, str]] = set()
        self._unwritten: deque[Heard] = deque()
        self._unacknowledged: dict[int, list[Heard]] = {}

    def __len__(self) -> int:
        return len(self._unwritten)

    def add(self, heard: Heard) -> None:
        """Keep it until it is acknowledged, unless it is here already."""
        if heard.key in self._known:
            return
        if len(self._known) >= MOST_WAITING:
            log.warning("a reply is left to the network", extra={"device_id": heard.device_id})
            return
        self._known.add(heard.key)
        self._unwritten.append(heard)

    def frame(self, limit: int) -> pb.InboundFrame | None:
        """The next frame of at most `limit` to write, or None."""
        if not self._unwritten:
            return None
        part = [self._unwritten.popleft() for _ in range(min(limit, len(self._unwritten)))]
        self._frame_id += 1
        self._unacknowledged[self._frame_id] = part
        return pb.InboundFrame(frame_id=self._frame_id, inbound=[heard.told() for heard in part])

    def acknowledge(self, ack: pb.InboundAck) -> None:
        """Dispatch has recorded the frame. Unknown frames are none."""
        for heard in self._unacknowledged.pop(ack.frame_id, ()):
            self._known.discard(heard.key)
            heard.confirm(heard.inbound.inbound_id)

    def replay(self) -> None:
        """The stream is gone: what it did not acknowledge is written again, ahead of the rest."""
        for _, part in sorted(self._unacknowledged.items(), reverse=True):
            self._unwritten.extendleft(reversed(part))
        self._unacknowledged.clear()
