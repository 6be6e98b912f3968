"""What waits to be written to dispatch, and in which order it goes.

A flush writes what people wrote to devices, then claims, session events, outcomes, credits, releases. What
people wrote goes first: it needs no lease, and it may be a stop word. Claims go ahead of the rest, because
nothing else of a shard counts before its lease; events ahead of credits, because a disconnection takes the
credit away; releases last, because after them nothing of the shard may follow.

What the network told of messages that were sent comes behind all of that, a frame a flush: it needs no
lease, and however much is told after a silence, no outcome waits for it.

Whether a device has a credit to give is decided when the frame is built, not when something asked for
it, so that a session lost meanwhile gives none.

A flush takes time, and more may be asked meanwhile; so the releases of a flush are those that waited when
it began. One asked later may belong to a claim asked later, and would overtake it: dispatch would then
grant a lease to a host that believes it has given it back, for as long as that host lives.

On a new stream only what people wrote and claims are written, until dispatch has answered the claims
(`open_gate`).
"""

import asyncio
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Protocol, TypeVar

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.runtime.containment import contained_all
from shardhost.inbox import InboundText, Inbox
from shardhost.outcomes import Outcomes, Report
from shardhost.receipts import DeviceReceipt, Receipts

FLUSH_S = 0.01
FRAME_ENTRIES = 500

T = TypeVar("T")


class Creditor(Protocol):
    """A device that may be able to take a message."""

    @property
    def device_id(self) -> int:
        """Its id."""

    def take_credit(self) -> bool:
        """Whether it can take a message and has no credit out; it has one out afterwards."""


class Outbox:
    """Filled by claims and workers, emptied by one stream at a time. Owns outcomes, inbox and receipts."""

    def __init__(self, outcomes: Outcomes) -> None:
        self.outcomes = outcomes
        self.inbox = Inbox()
        self.receipts = Receipts()
        self._flush = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._is_open = False
        self._is_gated = True
        self._claims: dict[int, int] = {}
        self._releases: dict[int, int] = {}
        self._events: list[pb.DeviceEvent] = []
        self._ready: dict[int, Creditor] = {}

    def open(self) -> None:
        """A new stream stands: what was for the old one is void, but for the outcomes."""
        self._is_open = True
        self._is_gated = True
        self._claims.clear()
        self._releases.clear()
        self._events.clear()
        self._ready.clear()
        self.outcomes.replay()
        self.inbox.replay()
        self.receipts.replay()
        if self.inbox:
            self._flush_soon()

    def close(self) -> None:
        """The stream is gone."""
        self._is_open = False

    def open_gate(self) -> None:
        """Every claim made at the attach is answered."""
        self._is_gated = False
        self._flush_soon()

    def claim(self, shard: int, epoch: int) -> None:
        """Ask for a lease."""
        self._claims[shard] = epoch
        self._flush_soon()

    def release(self, shard: int, epoch: int) -> None:
        """Give a lease back."""
        self._releases[shard] = epoch
        self._flush_soon()

    def event(self, event: pb.DeviceEvent) -> None:
        """Report what happened to a session; without a stream nothing is kept."""
        if self._is_open:
            self._events.append(event)
            self._flush_soon()

    def ready(self, device: Creditor) -> None:
        """Offer the device's credit."""
        self._ready[device.device_id] = device
        self._flush_soon()

    def report(self, report: Report) -> None:
        """Report what came of a message."""
        self.outcomes.add(report)
        self._flush_soon()

    def inbound(self, text: InboundText) -> None:
        """Pass on what somebody wrote to a device."""
        self.inbox.add(text)
        self._flush_soon()

    def receipt(self, receipt: DeviceReceipt) -> None:
        """Pass on what became of a message."""
        self.receipts.add(receipt)
        self._flush_soon()

    def on_receipt_ack(self, ack: pb.ReceiptAck) -> None:
        """A frame of receipts is committed: there is room for the next."""
        self.receipts.acknowledge(ack)
        if self.receipts.sendable:
            self._flush_soon()

    async def wait(self) -> None:
        """Returns when there is enough to write, or something has waited for `FLUSH_S`."""
        await self._flush.wait()
        self._flush.clear()
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def frames(self) -> Iterator[pb.AttachRequest]:
        """Everything that may be written now, taken out as it is iterated."""
        while texts := self.inbox.frame(FRAME_ENTRIES):
            yield pb.AttachRequest(inbound=texts)
        releases, self._releases = ({}, self._releases) if self._is_gated else (self._releases, {})
        yield from (
            pb.AttachRequest(claims=pb.ClaimFrame(claims=_claims(part))) for part in _parts(self._claims)
        )
        if self._is_gated:
            return
        while self._events:
            part, self._events = self._events[:FRAME_ENTRIES], self._events[FRAME_ENTRIES:]
            yield pb.AttachRequest(device_events=pb.DeviceEventFrame(events=part))
        while frame := self.outcomes.frame(FRAME_ENTRIES):
            yield pb.AttachRequest(outcomes=frame)
        for devices in _parts(self._ready):
            credited = [device.device_id for _, device in devices if _takes_credit(device)]
            if credited:
                yield pb.AttachRequest(ready=pb.ReadyFrame(device_ids=credited))
        yield from (
            pb.AttachRequest(releases=pb.ReleaseFrame(claims=_claims(part))) for part in _parts(releases)
        )
        if receipts := self.receipts.frame(FRAME_ENTRIES):
            yield pb.AttachRequest(receipts=receipts)
        if self.receipts.sendable:
            self._flush_soon()

    def _flush_soon(self) -> None:
        if len(self.outcomes) >= FRAME_ENTRIES:
            self._flush.set()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_S, self._flush.set)


def _takes_credit(device: Creditor) -> bool:
    with contained_all("shardhost.credit", device_id=device.device_id):
        return device.take_credit()
    return False


def _parts(waiting: dict[int, T]) -> Iterator[list[tuple[int, T]]]:
    """Take everything out, a frame at a time."""
    while waiting:
        keys = list(islice(waiting, FRAME_ENTRIES))
        yield [(key, waiting.pop(key)) for key in keys]


def _claims(pairs: Iterable[tuple[int, int]]) -> list[pb.ShardClaim]:
    return [pb.ShardClaim(shard=shard, epoch=epoch) for shard, epoch in pairs]
