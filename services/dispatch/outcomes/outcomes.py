"""Writes what came of messages, in batches, and gives the credits back.

An outcome is acknowledged once it is committed. Until then the shard host keeps it and, should the stream
end, sends it again to whoever it attaches to; recording one twice changes nothing. Outcomes waiting here are
bounded by the devices served: each has one message in flight.

An outcome counts for a shard that its host holds, or held under the epoch of the outcome
(`services.dispatch.leases.grants`); any other is counted, acknowledged and dropped.

On failure. An outcome that cannot be read, or that the database refuses, is in doubt: nobody knows what came
of its message. The message that its device has in flight becomes `unknown` and stays in flight, as it does
when a host dies, and the next hand of the device repeats it or ends it by its policy.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.attachment import Attachment
from services.dispatch.devices.marks import record
from services.dispatch.devices.roster import Roster
from services.dispatch.devices.slot import Slot
from services.dispatch.devices.store import ChatsHeld, DeviceMark, DeviceStore
from services.dispatch.leases.grants import Grants, Report
from services.dispatch.outcomes.reading import device_of, ids, message_of, result, span, told
from services.dispatch.outcomes.store import Doubt, OutcomeStore, Result, Told
from services.dispatch.policy import Action, Attempt, decide
from services.dispatch.settings import DispatchSettings
from services.dispatch.window.window import Entry
from services.message.state import MessageState
from services.runtime import telemetry
from services.runtime.buffer import Limits, ReceiveBuffer
from services.runtime.containment import contained, contained_each, report

log = logging.getLogger(__name__)

# More than two a device of the largest cluster: only a faulty host fills its share, and loses its own stream.
_MOST_OF_HOST = 10_000
_MOST = 50_000
_BATCH = 1000
# With so many outcomes the buffer writes at once.
_MANY = 400
# Between two attempts at a message that may have been sent.
_REPEAT_S = 0.5
# What a receipt had settled before the outcome.
_ARRIVED = (MessageState.DELIVERED, MessageState.READ)


@dataclass(slots=True, eq=False)
class Reported:
    """An outcome as it was received, through which stream, and when."""

    outcome: pb.Outcome
    attachment: Attachment
    at: float
    # It was found unreadable: this is logged once.
    is_doubtful: bool = False

    @property
    def key(self) -> "Key":
        """No host's outcome takes the place of another's."""
        return self.attachment.incarnation, self.outcome.message_id, self.outcome.epoch

    @property
    def report(self) -> Report:
        """What must have been granted for it to count."""
        return Report(self.outcome.device_id, self.outcome.epoch, self.attachment.incarnation)


Key = tuple[str, int, int]


class Outcomes:
    """The outcomes that wait to be written, and the loop that writes them."""

    def __init__(
        self,
        store: OutcomeStore,
        devices: DeviceStore,
        roster: Roster,
        grants: Grants,
        settings: DispatchSettings,
        identified: Callable[[Collection[tuple[int, str]]], Awaitable[object]],
    ) -> None:
        """`identified` is told the identities that are known now, each by a device of the account."""
        self._store = store
        self._devices = devices
        self._roster = roster
        self._grants = grants
        self._settings = settings
        self._identified = identified
        self._buffer: ReceiveBuffer[Key, Reported] = ReceiveBuffer(
            "dispatch.outcomes",
            self._write,
            _ids,
            Limits(_MOST, _BATCH, settings.outcome_s, _MANY, most_of_owner=_MOST_OF_HOST),
            owner=lambda reported: reported.attachment.host_id,
            lane=lambda reported: reported.outcome.device_id,
            reject=self._reject,
        )

    def add(self, attachment: Attachment, frame: pb.OutcomeFrame) -> None:
        """Takes in a frame from a host. Raises `ResourceExhausted` when too much waits."""
        now = asyncio.get_running_loop().time()
        entries = []
        for outcome in frame.outcomes:
            reported = Reported(outcome, attachment, now)
            before = self._buffer.get(reported.key)
            if before is not None and before.attachment.number > attachment.number:
                continue  # late, on a stream that is over; the newer one waits for its credit
            entries.append((reported.key, reported))
        self._buffer.add(entries, lambda: attachment.send(outcome_ack=pb.OutcomeAck(frame_id=frame.frame_id)))

    def add_unsendable(self, attachment: Attachment, outcome: pb.Outcome) -> None:
        """Takes in the outcome of a message that was handed and did not get as far as its host."""
        reported = Reported(outcome, attachment, asyncio.get_running_loop().time())
        self._buffer.add([(reported.key, reported)], lambda: None)

    def close(self) -> None:
        """No more is added: `run` ends when all is written."""
        self._buffer.close()

    async def run(self) -> None:
        """Writes batches until closed, and then whatever is left."""
        await self._buffer.run()

    async def run_once(self) -> int:
        """Writes one batch, at most one outcome a device; returns their number. Raises `PASSING` errors."""
        return await self._buffer.run_once()

    async def _write(self, batch: Sequence[Reported]) -> None:
        # Rows in one order everywhere, so that two batches cannot wait for each other.
        batch = sorted(batch, key=lambda reported: reported.outcome.device_id)
        now = asyncio.get_running_loop().time()
        readable: list[tuple[Reported, Action, Result]] = []
        doubtful = [reported for reported in batch if reported.is_doubtful]
        for reported in batch:
            if reported.is_doubtful:
                continue
            with contained("dispatch.outcome", **_ids(reported)) as ended:
                action = self._decide(reported.outcome)
                readable.append((reported, action, result(reported.outcome, action, now - reported.at)))
            if ended.error is not None:
                reported.is_doubtful = True
                doubtful.append(reported)
        readable = await self._granted(readable)
        # Before the outcome, which its host sends again until it is recorded.
        if told_of := [each for reported, _, _ in readable if (each := told(reported.outcome)) is not None]:
            with contained("dispatch.outcome.identities", count=len(told_of)):
                await self._learn(told_of)
        changed = await self._store.record_outcomes([row for _, _, row in readable]) if readable else {}
        if doubtful:
            await self._doubt(doubtful)
        await self._change_devices(readable)
        for reported, action, row in readable:
            with contained("dispatch.credit", **_ids(reported)):
                self._written(reported, action, changed.get(row.message_id))

    async def _granted(
        self, readable: Sequence[tuple[Reported, Action, Result]]
    ) -> list[tuple[Reported, Action, Result]]:
        """Those that are of the host that was handed the message, as far as its shard and epoch tell."""
        granted = await self._grants.of(reported.report for reported, _, _ in readable)
        for reported, _, _ in readable:
            if reported.report not in granted:
                error = PermissionError("an outcome of a shard that its host never held")
                report("dispatch.outcome.stranger", error, host=reported.attachment.host_id, **_ids(reported))
        return [each for each in readable if each[0].report in granted]

    async def _learn(self, told_of: Sequence[Told]) -> None:
        await self._store.learn(told_of)
        # What they wrote before anybody knew them counts from now on.
        await self._identified({(each.device_id, each.lid) for each in told_of if each.lid})

    async def _reject(self, reported: Reported) -> None:
        """The database refuses this one."""
        await self._doubt([reported])

    async def _doubt(self, reported: Sequence[Reported]) -> None:
        found = [(each, self._device(each)) for each in reported]
        doubts = [
            Doubt(device, message_of(each.outcome), each.attachment.incarnation)
            for each, device in found
            if device is not None
        ]
        await self._store.doubt(doubts)
        for each, device in found:
            slot = self._roster.slot(device) if device is not None else None
            if slot is not None and slot.attachment is each.attachment:
                slot.last = None  # the scan finds it left over
                slot.try_at = max(slot.try_at, each.at + _REPEAT_S)
                slot.is_ready = slot.is_ready or each.outcome.ready

    def _device(self, reported: Reported) -> int | None:
        """Whose outcome it is: as it says, else by the message that was handed through its stream."""
        device_id = device_of(reported.outcome)
        if device_id is not None:
            return device_id
        for slot in self._roster.slots():
            is_its = slot.last is not None and slot.last.message_id == reported.outcome.message_id
            if is_its and slot.attachment is reported.attachment:
                return slot.device_id
        return None

    def _decide(self, outcome: pb.Outcome) -> Action:
        slot = self._roster.slot(outcome.device_id)
        if slot is None:
            # Its stream or its lease has gone. Whether the device can repeat is not known here: what may have
            # gone stays in flight, and the next hand, which knows, repeats it or lets it go.
            return decide(outcome, Attempt(1, is_repeat=False, may_ask=True), self._settings)
        attempt = Attempt(
            slot.attempts,
            slot.is_repeat,
            slot.repeatable or slot.traceable,
            slot.is_first_contact,
            is_question=slot.is_repeat and slot.traceable,
        )
        return decide(outcome, attempt, self._settings)

    async def _change_devices(self, written: Sequence[tuple[Reported, Action, Result]]) -> None:
        marks = [
            DeviceMark.of(row.device_id, row.epoch, action.device)
            for _, action, row in written
            if action.device is not None
        ]
        await record(self._devices, marks)
        refused = [
            ChatsHeld(row.device_id, row.epoch, action.holds_chats_s, row.message_id, row.scheduled_at)
            for _, action, row in written
            if action.holds_chats_s is not None
        ]
        if refused:
            await contained_each("dispatch.chats_held", refused, self._hold_chats, ChatsHeld.ids)

    async def _hold_chats(self, refused: Sequence[ChatsHeld]) -> None:
        await self._devices.hold_first_contacts(refused, self._settings.first_contacts_hold_s)

    def _written(self, reported: Reported, action: Action, state: str | None) -> None:
        outcome = reported.outcome
        slot = self._roster.slot(outcome.device_id)
        if slot is not None and slot.attachment is reported.attachment:
            self._credit(slot, reported, action, state)
        if state is not None and telemetry.sampled(outcome.traceparent):
            span(outcome, action, state)

    def _credit(self, slot: Slot, reported: Reported, action: Action, state: str | None) -> None:
        """The slot's next turn, after its outcome; `state` is what the message has become by it."""
        outcome, at = reported.outcome, reported.at
        if action.was_sent:
            slot.sent(at - outcome.age_ms / 1000, self._settings.ahead_s)
        if action.device is not None:
            slot.try_at = at + max(action.device.hold_s, self._settings.refresh_s)
        # The database knows of doubts that this slot, of a newer stream, does not know.
        if state not in _ARRIVED and (
            action.stays or (state == MessageState.UNKNOWN and action.state is not MessageState.UNKNOWN)
        ):
            slot.next = Entry(outcome.scheduled_at_us, outcome.message_id)
            # A question waits for no gap.
            slot.try_at = at + _REPEAT_S if slot.traceable else max(slot.try_at, at + _REPEAT_S)
        else:
            slot.attempts, slot.is_repeat = 0, False
            if action.state is not MessageState.SENT:
                slot.last = None  # it may be sent again, now or on an operator's word: to be found again
        slot.is_ready = slot.is_ready or outcome.ready


def _ids(reported: Reported) -> Mapping[str, Any]:
    return ids(reported.outcome)
