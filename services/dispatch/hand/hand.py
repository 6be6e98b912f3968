"""The hand: once a tick, every ready device whose time has come is asked about in one statement.

Authority: the statement `hand` in `queries.sql`. What this loop knows (slots, window, credits) only
chooses the candidates; a wrong guess costs a verdict, not a message.
"""

import asyncio
import json
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from opentelemetry import trace
from opentelemetry.trace import SpanKind

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.attachment import Attachment
from services.dispatch.devices.roster import Roster
from services.dispatch.devices.slot import Slot
from services.dispatch.due.clock import DatabaseClock
from services.dispatch.hand.store import Candidate, HandStore, Verdict
from services.dispatch.settings import DispatchSettings
from services.dispatch.texts.templates import Templates
from services.dispatch.window.window import Entry, Place, Window
from services.runtime import telemetry

log = logging.getLogger(__name__)
tracer = trace.get_tracer(__name__)

# The message is not this device's next any more; the next one may be.
_DROP = frozenset(
    {
        "gone",
        "settled",
        "ambiguous",
        "suppressed",
        "cancelled",
        "expired",
        "overtaken",
        "paused",
        "behind",
        "waiting",
    }
)
# The lead may not be written to before a time, which the message keeps; the device goes on to its next.
_DEFER = frozenset({"quiet", "frequent", "deferred"})
# But not at full speed: a night's messages come up all at once, and each of these costs a write.
_DEFERRED_S = 0.5
# The device itself may not send before a time; its messages wait where they are.
_REST = frozenset({"parked", "held", "capped"})
# A host whose renewals are late may yet renew.
_LAPSED_S = 0.5
# A rest whose end is unknown, or far, is looked at again after this.
_LOOK_AGAIN_S = 5.0
# In one tick: between two ticks the drain is looked at.
_MOST_BATCHES = 10


class Hand:
    """`run_once` is one tick."""

    def __init__(
        self,
        store: HandStore,
        roster: Roster,
        window: Window,
        templates: Templates,
        clock: DatabaseClock,
        settings: DispatchSettings,
        on_lost: Callable[[Iterable[int]], None],
    ) -> None:
        """`on_lost` is told of shards whose lease turned out not to be held through us."""
        self._store = store
        self._roster = roster
        self._window = window
        self._templates = templates
        self._clock = clock
        self._settings = settings
        self._on_lost = on_lost
        self._most = settings.batch

    async def run_once(self) -> int:
        """Hands until a batch is not full; how many messages went out. Raises as the store does."""
        total = 0
        for _ in range(_MOST_BATCHES):
            handed = await self._hand_batch()
            total += handed
            if handed < self._most:
                break
        return total

    async def _hand_batch(self) -> int:
        loop = asyncio.get_running_loop()
        slots = self._roster.takers(loop.time(), self._most)
        await self._confirmations_first(slots)
        await self._fill(slots)
        now = loop.time()
        asked = {slot.device_id: slot for slot in slots if slot.next is not None and slot.try_at <= now}
        if not asked:
            return 0
        started = time.time_ns()
        verdicts = await self._store.hand(
            [_candidate(asked[device]) for device in sorted(asked)], self._settings.lead_s
        )
        self._most = self._batch(verdicts)
        now = loop.time()
        handed = []
        lost = set()
        for verdict in verdicts:
            slot = asked[verdict.device_id]
            if verdict.verdict == "hand":
                handed.append((slot, verdict))
            elif verdict.verdict == "lease":
                # Said of the stream that was asked about: a newer one may have the lease by now.
                if self._roster.slot(verdict.device_id) is slot:
                    lost.add(verdict.shard)
            else:
                _refuse(slot, verdict, now)
        await self._send(handed, started)
        if lost:
            self._on_lost(lost)
        return len(handed)

    def _batch(self, verdicts: Sequence[Verdict]) -> int:
        """How many to ask about next: fewer where the database did not get through them in time."""
        late = sum(verdict.verdict == "late" for verdict in verdicts)
        if 2 * late > len(verdicts):
            return max(1, self._most // 2)
        return min(self._settings.batch, 2 * self._most)

    async def _confirmations_first(self, slots: Iterable[Slot]) -> None:
        """Confirmations of stop words come before what was next; that goes back into its window."""
        back: dict[Place, list[Entry]] = {}
        for slot in slots:
            if slot.confirmation is None:
                continue
            if slot.next not in (None, slot.confirmation):
                back[slot.place] = [slot.next]
                slot.depth += 1
            slot.next, slot.confirmation = slot.confirmation, None
        if back:
            await self._window.add(back)

    async def _fill(self, slots: Sequence[Slot]) -> None:
        """Gives each slot without a candidate the first entry of its window."""
        empty = [slot for slot in slots if slot.next is None]
        if not empty:
            return
        taken = await self._window.take([slot.place for slot in empty])
        is_lost = False
        for slot, entry in zip(empty, taken, strict=True):
            slot.next = entry
            if entry is not None:
                slot.depth -= 1
                slot.try_at = max(slot.try_at, self._clock.when(entry))
            elif slot.depth > 0:
                is_lost = True
        if is_lost:
            self._roster.forget_windows()

    # Fails here at worst: what was handed stays each slot's `next`, and is handed again as left over.
    async def _send(self, handed: Sequence[tuple[Slot, Verdict]], started: int) -> None:
        verdicts = [verdict for _, verdict in handed]
        templates = await self._templates.templates({v.step_id for v in verdicts if v.step_id})
        wordings = await self._templates.wordings({v.wording_id for v in verdicts if v.wording_id})
        frames: dict[Attachment, list[pb.OutgoingMessage]] = defaultdict(list)
        for slot, verdict in handed:
            slot.is_ready = False
            slot.last, slot.next = slot.next, None
            slot.attempts, slot.is_repeat = verdict.attempts or 1, verdict.is_repeat
            wait_s = max(0.0, verdict.wait_s - self._settings.slack_s)
            frames[slot.attachment].append(_outgoing(verdict, wait_s, started))
        for attachment, messages in frames.items():
            attachment.send_messages(messages, templates, wordings)


def _candidate(slot: Slot) -> Candidate:
    """What to ask the hand about; the slot has a `next`."""
    assert slot.next is not None  # noqa: S101
    return Candidate(
        device_id=slot.device_id,
        message_id=slot.next.message_id,
        scheduled_at=slot.next.scheduled_at,
        stream=slot.attachment.stream,
        draw=slot.draw,
        repeatable=slot.repeatable,
    )


def _refuse(slot: Slot, verdict: Verdict, now: float) -> None:
    """What a slot does after a verdict other than `hand`."""
    kind = verdict.verdict
    if kind in _DROP:
        slot.next = None
        if kind == "ambiguous":
            slot.last = None  # its policy may be to send it again: to be found again
    elif kind in _DEFER:
        slot.next = slot.last = None  # to be found again, when its time has come
        slot.try_at = now + _DEFERRED_S
    elif kind == "busy":
        assert verdict.in_flight_id is not None  # noqa: S101
        assert verdict.in_flight_at is not None  # noqa: S101
        slot.next = Entry.of(verdict.in_flight_id, verdict.in_flight_at)
    elif kind in _REST:
        slot.try_at = now + min(_LOOK_AGAIN_S, verdict.wait_s or _LOOK_AGAIN_S)
    elif kind == "lapsed":
        slot.try_at = now + _LAPSED_S
    else:  # late: at once; paced, early: the same message, when its time has come
        slot.try_at = now + verdict.wait_s


def _outgoing(verdict: Verdict, wait_s: float, started: int) -> pb.OutgoingMessage:
    entry = Entry.of(verdict.message_id, verdict.scheduled_at)
    attributes = json.loads(verdict.attributes) if verdict.attributes not in (None, "{}") else {}
    return pb.OutgoingMessage(
        message_id=verdict.message_id,
        scheduled_at_us=entry.scheduled_us,
        device_id=verdict.device_id,
        epoch=verdict.epoch,
        template_id=verdict.step_id or 0,
        recipient=(verdict.phone or "").removeprefix("+"),
        name=verdict.display_name or "",
        attributes=attributes,
        wording_id=verdict.wording_id or 0,
        language=verdict.language or "",
        local_minute=verdict.local_minute or 0,
        wire_id=verdict.wire_id or "",
        wait_ms=int(wait_s * 1000),
        repeat=verdict.is_repeat,
        traceparent=_traced(verdict, started) if telemetry.sampled(verdict.traceparent or "") else "",
    )


def _traced(verdict: Verdict, started: int) -> str:
    span = tracer.start_span(
        "hand",
        context=telemetry.parent(verdict.traceparent or ""),
        kind=SpanKind.PRODUCER,
        links=telemetry.links(verdict.launch_traceparent or ""),
        start_time=started,
        attributes={
            "messaging.system": "kompang",
            "messaging.operation.name": "hand",
            "messaging.operation.type": "send",
            "messaging.destination.name": f"devices/{verdict.device_id}",
            "messaging.message.id": str(verdict.message_id),
            "kompang.shard": verdict.shard,
            "kompang.epoch": verdict.epoch,
            "kompang.attempt": verdict.attempts or 1,
        },
    )
    span.end()
    return telemetry.traceparent(span)
