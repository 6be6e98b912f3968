"""What people wrote to devices, kept until dispatch has recorded it (`services.runtime.buffer`).

A text may be lost here with the process, since the network delivers it again on the next session of the
device until it was confirmed; where a transport's network cannot, this host's word is all there is.
Bounded: what does not fit is left to the network. Nothing of a text or a number is logged.

What people write is anything at all: a text is cleaned and cut before it is kept, so that no text can keep
a frame, and the stop words in it, from being written.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.consent.normal import FIRST, LAST, excerpt
from services.consent.words import visible
from services.runtime.buffer import SendBuffer
from services.runtime.containment import contained_all
from shardhost.people import is_identity, number, writable
from shardhost.transports.transport import Inbound

log = logging.getLogger(__name__)

MOST_WAITING = 20_000
# Of a long reply the beginning and the end are read and written, with a break between.
TEXT_CHARACTERS = FIRST + LAST + 1
# So many of the longest texts are less than a frame may hold (`services.runtime.receiving`).
_FRAME_TEXTS = 200
_ID_CHARACTERS = 128


@dataclass(frozen=True, slots=True)
class InboundText:
    """One text to a device; `confirm` tells the network, by the network's own id, that it is recorded."""

    proto: pb.Inbound
    network_id: str
    confirm: Callable[[str], None]

    @classmethod
    def of(cls, device_id: int, inbound: Inbound, confirm: Callable[[str], None]) -> "InboundText":
        """As it is written to dispatch; without a sender, dispatch keeps the text for an operator."""
        proto = pb.Inbound(
            device_id=device_id,
            inbound_id=_written_id(inbound.inbound_id),
            sender="" if is_identity(inbound.sender) else number(inbound.sender),
            lid=number(inbound.sender if is_identity(inbound.sender) else inbound.lid),
            text=excerpt(_cleaned(inbound.text)),
        )
        return cls(proto, inbound.inbound_id, confirm)

    @property
    def key(self) -> tuple[int, str]:
        """By which a second delivery is known."""
        return self.proto.device_id, self.proto.inbound_id


class Inbox:
    """In the order they came, and which of them dispatch has."""

    def __init__(self) -> None:
        self._buffer = SendBuffer[tuple[int, str], InboundText](MOST_WAITING)

    def __len__(self) -> int:
        return len(self._buffer)

    def add(self, text: InboundText) -> None:
        """Keep it until it is acknowledged, unless it is here already."""
        if not self._buffer.add(text.key, text):
            log.warning("a reply is left to the network", extra={"device_id": text.proto.device_id})

    def frame(self, limit: int) -> pb.InboundFrame | None:
        """The next frame of at most `limit` to write, or None."""
        taken = self._buffer.take(min(limit, _FRAME_TEXTS))
        if taken is None:
            return None
        frame_id, texts = taken
        return pb.InboundFrame(frame_id=frame_id, inbound=[text.proto for text in texts])

    def acknowledge(self, ack: pb.InboundAck) -> None:
        """Dispatch has recorded the frame. Unknown frames are none."""
        texts = self._buffer.acknowledge(ack.frame_id)
        if not texts:
            log.warning("inbox: ack of an unknown frame", extra={"frame_id": ack.frame_id})
        for text in texts:
            # Not confirmed, the text is delivered again, and recording it again changes nothing.
            with contained_all("shardhost.confirm", device_id=text.proto.device_id):
                text.confirm(text.network_id)

    def replay(self) -> None:
        """The stream is gone: what it did not acknowledge is written again, ahead of the rest."""
        self._buffer.replay()


def _cleaned(text: str) -> str:
    """Without what neither a frame nor Postgres takes, halves of surrogate pairs, and what nobody sees."""
    return visible(writable(text))


def _written_id(network_id: str) -> str:
    """The network's id, or where that cannot be written a hash of it: the same at each delivery."""
    if network_id and len(network_id) <= _ID_CHARACTERS and network_id.isprintable():
        return network_id
    return "sha256-" + hashlib.sha256(network_id.encode("utf-8", "surrogatepass")).hexdigest()
