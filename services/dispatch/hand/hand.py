"""The hand: once a tick, every ready device whose time has come is asked about in one statement.

Authority: the statement `hand` in `queries.sql`. What this loop knows (slots, window, credits) only
chooses the candidates; a wrong guess costs a verdict, not a message.

On failure. While the database is away the loop waits. A candidate that the statement cannot take, and a
decision that this version cannot read, are put aside for a while: their device goes on to its next message. A
message that was handed and cannot be written to the stream never left: it is recorded as refused.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.attachment import Attachment
from services.dispatch.devices.roster import Roster
from services.dispatch.devices.slot import Slot
from services.dispatch.due.clock import DatabaseClock
from services.dispatch.hand.outgoing import outgoing, parts
from services.dispatch.hand.refusal import refuse
from services.dispatch.hand.store import Candidate, Decision, HandStore
from services.dispatch.settings import DispatchSettings
from services.dispatch.texts.templates import Templates
from services.dispatch.window.window import Entry, Place, Window
from services.message.verdict import Verdict
from services.runtime.containment import contained, contained_each

log = logging.getLogger(__name__)

# A handed message waits at most this long for the other statements of its tick.
_DECIDED_S = 0.3
# Far beyond the horizon of a scan.
_LATEST_S = 60.0
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
        on_unsendable: Callable[[Attachment, pb.Outcome], None],
    ) -> None:
        """`on_lost` is called with shards whose lease turned out not to be held through us.

        `on_unsendable` takes the outcome of a message that was handed and did not get as far as its host.
        """
        self._store = store
        self._roster = roster
        self._window = window
        self._templates = templates
        self._clock = clock
        self._settings = settings
        self._on_lost = on_lost
        self._on_unsendable = on_unsendable
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
        decisions = await self._ask(asked)
        self._window.doubts.add(unused=sum(each.verdict == Verdict.GONE for each in decisions))
        self._most = self._batch(decisions)
        handed = self._carry_out(asked, decisions)
        await self._send(handed, started)
        await self._defer_first_contacts(asked, decisions)
        return len(handed)

    async def _defer_first_contacts(self, asked: Mapping[int, Slot], decisions: Sequence[Decision]) -> None:
        """Steps over a queue of first contacts that may not go: the chats that exist do not wait for it."""
        refused = [each for each in decisions if each.verdict == Verdict.NEW_CHAT]

        async def defer(some: Sequence[Decision]) -> None:
            for device_id, messages in (await self._store.defer_first_contacts(some)).items():
                if messages > 1:
                    # Its window is full of them; the scan finds what goes on.
                    self._roster.forget_window(asked[device_id])

        await contained_each("dispatch.first_contacts", refused, defer, _ids)

    async def _ask(self, asked: Mapping[int, Slot]) -> list[Decision]:
        """The decisions; a candidate that the statement cannot take is put aside."""
        loop = asyncio.get_running_loop()
        answers: list[tuple[float, list[Decision]]] = []

        async def ask(candidates: Sequence[Candidate]) -> None:
            decided = await self._store.hand(candidates, self._settings.ahead_s)
            answers.append((loop.time(), decided))

        candidates = []
        for device_id in sorted(asked):
            with contained("dispatch.candidate", device_id=device_id) as ended:
                candidates.append(_candidate(asked[device_id]))
            if ended.error is not None:
                self._put_aside(asked[device_id])
        for candidate in await contained_each("dispatch.hand", candidates, ask, _ids):
            self._put_aside(asked[candidate.device_id])
        # What was handed too long ago, while other candidates were asked about one by one, is not sent: a
        # person may have said stop since. The message stays next of its slot, and is handed as left over.
        oldest = loop.time() - _DECIDED_S
        return [
            decision
            for at, decided in answers
            for decision in decided
            if at >= oldest or decision.verdict != Verdict.HAND
        ]

    def _carry_out(
        self, asked: Mapping[int, Slot], decisions: Iterable[Decision]
    ) -> list[tuple[Slot, Decision]]:
        """Does to each slot what its verdict says; those to be sent."""
        now = asyncio.get_running_loop().time()
        handed = []
        lost = set()
        for decision in decisions:
            slot = asked[decision.device_id]
            with contained("dispatch.verdict", **_ids(decision)) as ended:
                verdict = Verdict(decision.verdict)
                if verdict is Verdict.HAND:
                    handed.append((slot, decision))
                elif verdict is Verdict.LEASE:
                    # Said of the stream that was asked about: a newer one may have the lease by now.
                    if self._roster.slot(decision.device_id) is slot:
                        lost.add(decision.shard)
                else:
                    refuse(slot, verdict, decision, now)
                if verdict is Verdict.GONE:
                    # What follows in its window may have ended, too: the rest of a lead who said stop. To ask
                    # about one of them a tick would leave the device silent for seconds.
                    self._roster.forget_window(slot)
            if ended.error is not None:
                self._put_aside(slot)
        if lost:
            self._on_lost(lost)
        return handed

    def _put_aside(self, slot: Slot) -> None:
        slot.put_aside(asyncio.get_running_loop().time())

    def _batch(self, decisions: Sequence[Decision]) -> int:
        """How many to ask about next: fewer where the database did not get through them in time."""
        late = sum(decision.verdict == Verdict.LATE for decision in decisions)
        if 2 * late > len(decisions):
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
        now = asyncio.get_running_loop().time()
        taken = await self._window.take([slot.place for slot in empty])
        lost = 0
        for slot, entry in zip(empty, taken, strict=True):
            if entry is not None:
                slot.depth -= 1
                due = self._clock.when(entry)
                if due >= now + _LATEST_S:
                    # No scan puts so late an entry there, and its device would wait for it.
                    self._window.doubts.add(junk=1)
                elif not slot.is_aside(entry, now):
                    slot.next = entry
                    slot.try_at = max(slot.try_at, due)
            elif slot.depth > 0:
                lost += 1
        if lost:
            self._window.doubts.add(unused=lost)
            self._roster.forget_windows()

    # Fails here at worst: what was handed stays each slot's `next`, and is handed again as left over.
    async def _send(self, handed: Sequence[tuple[Slot, Decision]], started: int) -> None:
        decisions = [decision for _, decision in handed]
        templates = await self._templates.templates({d.step_id for d in decisions if d.step_id})
        wordings = await self._templates.wordings({d.wording_id for d in decisions if d.wording_id})
        frames: dict[Attachment, list[pb.OutgoingMessage]] = defaultdict(list)
        for slot, decision in handed:
            slot.is_ready = False
            slot.last, slot.next = slot.next, None
            slot.attempts, slot.is_repeat = decision.attempts or 1, decision.is_repeat
            slot.is_first_contact = decision.is_first_contact
            with contained("dispatch.outgoing", **_ids(decision)) as ended:
                wait_s = max(0.0, decision.wait_s - self._settings.slack_s)
                message = outgoing(decision, wait_s, started)
                if message.template_id not in templates and not message.trace_only:
                    raise KeyError("its step cannot be loaded")
                # 0 is the product's own, which hosts know.
                if message.wording_id and message.wording_id not in wordings:
                    raise KeyError("its wording cannot be loaded")
                frames[slot.attachment].append(message)
            if ended.error is not None:
                self._on_unsendable(slot.attachment, _unsendable(decision))
        for attachment, messages in frames.items():
            for part in parts(messages):
                with contained("dispatch.frame", host=attachment.host_id):
                    attachment.send_messages(part, templates, wordings)


def _candidate(slot: Slot) -> Candidate:
    """What to ask the hand about; the slot has a `next`. Raises `OverflowError` for no time."""
    assert slot.next is not None  # noqa: S101
    return Candidate(
        device_id=slot.device_id,
        message_id=slot.next.message_id,
        scheduled_at=slot.next.scheduled_at,
        stream=slot.attachment.stream,
        draw=slot.draw,
        repeatable=slot.repeatable,
        traceable=slot.traceable,
    )


def _ids(of: Candidate | Decision) -> dict[str, Any]:
    return {"message_id": of.message_id, "device_id": of.device_id}


def _unsendable(decision: Decision) -> pb.Outcome:
    """As a host reports a message that it cannot render; the credit was not used."""
    return pb.Outcome(
        message_id=decision.message_id,
        scheduled_at_us=Entry.of(decision.message_id, decision.scheduled_at).scheduled_us,
        device_id=decision.device_id,
        epoch=decision.epoch,
        result=pb.Outcome.RESULT_REFUSED,
        failure=pb.FAILURE_RENDER,
        ready=True,
    )
