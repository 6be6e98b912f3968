"""What the network told of messages that it took, kept until dispatch has recorded it.

A receipt may be lost here with the process, since the network tells it again on the next session of the
device until it was confirmed. Bounded (`services.runtime.buffer`): what does not fit is left to the network,
counted, and asked for again, by a new session of its device, when half of the room is free.
A few frames are on their way at a time, so that what was told during a silence does not reach dispatch all
at once.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from opentelemetry import metrics

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.runtime.buffer import SendBuffer
from services.runtime.containment import contained_all
from shardhost.transports.receipt import Receipt, ReceiptKind

log = logging.getLogger(__name__)

_left = metrics.get_meter(__name__).create_counter(
    "kompang.receipts_left",
    unit="{receipt}",
    description="Receipts for which a shard host had no room; the network tells them again.",
)

MOST_WAITING = 50_000
FRAMES_OUT = 8
_LONGEST_ID = 64
_KINDS = {
    ReceiptKind.DELIVERED: pb.Receipt.KIND_DELIVERED,
    ReceiptKind.READ: pb.Receipt.KIND_READ,
}
# The year 2200; a network that says more says nothing.
_LATEST_S = 7_258_118_400.0


@dataclass(frozen=True, slots=True)
class DeviceReceipt:
    """One receipt of one device; `confirm` tells the network that it is recorded.

    `tell_again` has the network tell what it was not confirmed, this one too.
    """

    device_id: int
    receipt: Receipt
    confirm: Callable[[Receipt], None]
    tell_again: Callable[[], None]

    @property
    def key(self) -> tuple[int, str, ReceiptKind]:
        """By which the same one is known again."""
        return self.device_id, self.receipt.wire_id, self.receipt.kind

    @property
    def is_of_ours(self) -> bool:
        """Whether it can be of a message that this product sent; else there is nobody to tell."""
        wire_id = self.receipt.wire_id
        return 0 < len(wire_id) <= _LONGEST_ID and wire_id.isascii() and wire_id.isalnum()

    def proto(self) -> pb.Receipt:
        """As it is written to dispatch."""
        at = self.receipt.at
        return pb.Receipt(
            device_id=self.device_id,
            wire_id=self.receipt.wire_id,
            kind=_KINDS[self.receipt.kind],
            at_us=int(at * 1_000_000) if 0 < at < _LATEST_S else 0,
        )


@dataclass(frozen=True, slots=True)
class _Kept:
    """A receipt, and what is written of it."""

    receipt: DeviceReceipt
    proto: pb.Receipt


class Receipts:
    """In the order they came, and which of them dispatch has."""

    def __init__(self) -> None:
        self._buffer = SendBuffer[tuple[int, str, ReceiptKind], _Kept](MOST_WAITING)
        # The devices of which something was left to the network.
        self._left: dict[int, Callable[[], None]] = {}

    @property
    def sendable(self) -> int:
        """How many wait to be written, and may be now."""
        return len(self._buffer) if self._buffer.frames_out < FRAMES_OUT else 0

    def add(self, receipt: DeviceReceipt) -> None:
        """Keep it until it is acknowledged, unless it is here already.

        Raises for one that cannot be written.
        """
        if not receipt.is_of_ours:
            receipt.confirm(receipt.receipt)
            return
        # Made here, where an error is that of this receipt alone, and not of a frame.
        if self._buffer.add(receipt.key, _Kept(receipt, receipt.proto())):
            return
        _left.add(1)
        if not self._left:
            log.warning("receipts are left to the network", extra={"device_id": receipt.device_id})
        self._left[receipt.device_id] = receipt.tell_again

    def frame(self, limit: int) -> pb.ReceiptFrame | None:
        """The next frame of at most `limit` to write; None when nothing waits, or enough is on its way."""
        taken = self._buffer.take(limit) if self.sendable else None
        if taken is None:
            return None
        frame_id, receipts = taken
        return pb.ReceiptFrame(frame_id=frame_id, receipts=[kept.proto for kept in receipts])

    def acknowledge(self, ack: pb.ReceiptAck) -> None:
        """Dispatch has recorded the frame. Unknown frames are none."""
        receipts = self._buffer.acknowledge(ack.frame_id)
        if not receipts:
            log.warning("receipts: ack of an unknown frame", extra={"frame_id": ack.frame_id})
        for receipt in (kept.receipt for kept in receipts):
            # Not confirmed, it is told again, and recording it again changes nothing.
            with contained_all("shardhost.confirm_receipt", device_id=receipt.device_id):
                receipt.confirm(receipt.receipt)
        if self._left and self._buffer.kept <= MOST_WAITING // 2:
            self._ask_again()

    def _ask_again(self) -> None:
        """What does not fit this time either is asked for once more; each time some of it is confirmed."""
        left, self._left = self._left, {}
        for device_id, tell_again in left.items():
            with contained_all("shardhost.tell_again", device_id=device_id):
                tell_again()

    def replay(self) -> None:
        """The stream is gone: what it did not acknowledge is written again, ahead of the rest."""
        self._buffer.replay()
