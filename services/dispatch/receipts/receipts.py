"""Records what the network told of messages after it took them, in batches, and acknowledges it to the host.

A receipt is acknowledged once it is committed; until then its host keeps it, and the network behind the
host. They come late, twice, in any order, before the outcome of their message and after a takeover.
Recording one twice changes nothing, and none moves a message back: sent → delivered → read.

Authority: that a message arrived is a fact, so no lease is needed, but the host must hold or have held the
device's shard (`services.dispatch.leases.grants`), and the message must be the device's own.

Most receipts are of messages that are sent: one statement moves them on and touches nothing else. A message
that arrived although nobody knew that it was sent (`handed`, `unknown`, or given up meanwhile) is settled
by a second statement, which locks the device's pace, as the hand does. The slot of its device learns
nothing of it: its outcome, or the next hand, finds the message settled.

On failure. A receipt that cannot be read, or that the database refuses, is reported and dropped: the
message stays sent, or goes by the ordinary rules of a doubt. One that leads to no message is counted: as
hashed when its id has the shape of ours (from before ids led to messages, or of a client that draws the
same), else as foreign. A host that fills its share of the buffer loses its own stream, and nobody else does.
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opentelemetry import metrics

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.attachment import Attachment
from services.dispatch.leases.grants import Grants, Report
from services.dispatch.receipts.reading import is_ours, merged, read
from services.dispatch.receipts.store import Named, Receipt, ReceiptStore
from services.message.state import MessageState
from services.runtime.buffer import Limits, ReceiveBuffer
from services.runtime.containment import contained, report

log = logging.getLogger(__name__)

_receipts = metrics.get_meter(__name__).create_counter(
    "kompang.receipts",
    unit="{receipt}",
    description="Receipts of messages, by what came of each: recorded, settled, known, hashed, foreign.",
)

# Hosts keep 4,000 on the way each, and one that began anew as many again; beyond that a host is faulty.
_MOST_OF_HOST = 10_000
_MOST = 500_000
_BATCH = 2000
# Longer than outcomes gather, or each receipt would come before the outcome of its message.
_GATHER_S = 0.25
_MANY = 1000

Key = tuple[str, int, str, int]


@dataclass(frozen=True, slots=True, eq=False)
class ReceivedReceipt:
    """A receipt, and through which stream it came."""

    receipt: Receipt
    attachment: Attachment

    @property
    def report(self) -> Report:
        """What must have been granted for it to count."""
        return Report(self.receipt.device_id, None, self.attachment.incarnation)


class Receipts:
    """The receipts that wait to be recorded, and the loop that records them."""

    def __init__(self, store: ReceiptStore, grants: Grants, outcome_s: float) -> None:
        """`outcome_s`: how long outcomes gather."""
        self._store = store
        self._grants = grants
        self._buffer: ReceiveBuffer[Key, ReceivedReceipt] = ReceiveBuffer(
            "dispatch.receipts",
            self._write,
            _ids,
            Limits(_MOST, _BATCH, max(_GATHER_S, 2 * outcome_s), _MANY, most_of_owner=_MOST_OF_HOST),
            owner=lambda received: received.attachment.host_id,
        )

    def add(self, attachment: Attachment, frame: pb.ReceiptFrame) -> None:
        """Takes in a frame from a host. Raises `ResourceExhausted` when too much of it waits."""
        entries = []
        for told in frame.receipts:
            with contained("dispatch.receipt", device_id=told.device_id):
                received = ReceivedReceipt(read(told), attachment)
                # No host's receipt takes the place of another's.
                entries.append(((attachment.incarnation, told.device_id, told.wire_id, told.kind), received))
        self._buffer.add(entries, lambda: attachment.send(receipt_ack=pb.ReceiptAck(frame_id=frame.frame_id)))

    def close(self) -> None:
        """Takes no more: `run` ends when all are recorded."""
        self._buffer.close()

    async def run(self) -> None:
        """Records batches until the buffer is closed, and then the rest."""
        await self._buffer.run()

    async def run_once(self) -> int:
        """Records one batch; returns the number of receipts. Raises `PASSING` errors."""
        return await self._buffer.run_once()

    async def _write(self, batch: Sequence[ReceivedReceipt]) -> None:
        told = merged(received.receipt for received in await self._granted(batch))
        if not told:
            return
        # Rows in one order everywhere, so that two batches cannot wait for each other.
        named = await self._store.record(sorted(told, key=lambda each: (each.device_id, each.wire_id)))
        open_ones = [each for each in named if _is_open(each)]
        settled = await self._store.settle(open_ones) if open_ones else 0
        _count(named, settled)

    async def _granted(self, batch: Sequence[ReceivedReceipt]) -> list[ReceivedReceipt]:
        """Those of hosts that may have heard them."""
        granted = await self._grants.of(received.report for received in batch)
        for received in batch:
            if received.report not in granted:
                error = PermissionError("a receipt of a device that its host never held")
                report("dispatch.receipt.stranger", error, host=received.attachment.host_id, **_ids(received))
        return [received for received in batch if received.report in granted]


def _is_open(named: Named) -> bool:
    """Whether the message had another state than the first statement moves on from, or lost it meanwhile."""
    if named.is_moved or named.state is None or named.state is MessageState.READ:
        return False
    return not (named.state is MessageState.DELIVERED and named.receipt.kind is MessageState.DELIVERED)


def _count(named: Sequence[Named], settled: int) -> None:
    counts = Counter(_outcome(each) for each in named)
    counts["known"] -= settled
    counts["settled"] = settled
    for outcome, number in counts.items():
        if number:
            _receipts.add(number, {"kompang.receipt": outcome})


def _outcome(named: Named) -> str:
    if named.state is not None:
        return "recorded" if named.is_moved else "known"
    return "hashed" if named.message_id is None and is_ours(named.receipt.wire_id) else "foreign"


def _ids(received: ReceivedReceipt) -> Mapping[str, Any]:
    wire_id = received.receipt.wire_id
    return {"device_id": received.receipt.device_id} | ({"wire_id": wire_id} if is_ours(wire_id) else {})
