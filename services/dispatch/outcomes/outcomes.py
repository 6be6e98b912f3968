"""Writes what came of messages, in batches, and gives the credits back.

An outcome is acknowledged once it is committed. Until then the shard host keeps it and, should the
stream end, tells it again to whoever it attaches to; recording one twice changes nothing. Outcomes
waiting here are bounded by the devices served: each has one message in flight.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from opentelemetry import trace

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.attachment import Attachment
from services.dispatch.devices.roster import Roster
from services.dispatch.devices.slot import Slot
from services.dispatch.devices.store import DeviceMark, DeviceStore
from services.dispatch.outcomes.store import OutcomeStore, Result
from services.dispatch.policy import Action, Attempt, decide
from services.dispatch.settings import DispatchSettings
from services.dispatch.state import MessageState
from services.dispatch.window.window import Entry
from services.runtime import telemetry
from services.runtime.errors import Aborted, ResourceExhausted, Unavailable
from services.runtime.lifecycle import backoff, set_within

log = logging.getLogger(__name__)
tracer = trace.get_tracer(__name__)

_MOST_IN_A_BATCH = 1000
# So many need not gather any longer.
_MANY = 400
# Between two attempts at a message that may have gone.
_REPEAT_S = 0.5


@dataclass(slots=True)
class _Told:
    """An outcome and when it arrived."""

    outcome: pb.Outcome
    frame: "_Frame"
    at: float


@dataclass(slots=True)
class _Frame:
    """A frame of outcomes: acknowledged when the last of them is written."""

    attachment: Attachment
    frame_id: int
    open: int = field(default=0)


class Outcomes:
    """The queue of outcomes and the loop that writes it."""

    def __init__(
        self, store: OutcomeStore, devices: DeviceStore, roster: Roster, settings: DispatchSettings
    ) -> None:
        self._store = store
        self._devices = devices
        self._roster = roster
        self._settings = settings
        self._told: dict[tuple[int, int], _Told] = {}
        self._arrived = asyncio.Event()
        self._many = asyncio.Event()
        self._is_closed = False

    def tell(self, attachment: Attachment, frame: pb.OutcomeFrame) -> None:
        """Takes in a frame from a host."""
        now = asyncio.get_running_loop().time()
        group = _Frame(attachment, frame.frame_id)
        for outcome in frame.outcomes:
            key = (outcome.message_id, outcome.epoch)
            before = self._told.get(key)
            if before is not None and before.frame.attachment.number > attachment.number:
                continue  # late, on a stream that is over; the newer one waits for its credit
            if before is not None:
                self._settle_frame(before.frame)  # told again before it was written: one row is enough
            group.open += 1
            self._told[key] = _Told(outcome, group, now)
        if not group.open:
            attachment.send(outcome_ack=pb.OutcomeAck(frame_id=frame.frame_id))
        self._arrived.set()
        if len(self._told) >= _MANY:
            self._many.set()

    def close(self) -> None:
        """No more will be told: `run` ends when all is written."""
        self._is_closed = True
        self._arrived.set()

    async def run(self) -> None:
        """Writes batches until closed, and then whatever is left."""
        failures = 0
        while self._told or not self._is_closed:
            await self._arrived.wait()
            # Gather: many devices' outcomes make one statement.
            await set_within(self._many, self._settings.outcome_s)
            try:
                await self.run_once()
                failures = 0
            except (Unavailable, Aborted, ResourceExhausted) as error:
                failures += 1
                log.warning("outcomes wait", extra={"reason": error.reason, "waiting": len(self._told)})
                self._arrived.set()
                await asyncio.sleep(backoff(failures))

    async def run_once(self) -> int:
        """Writes one batch, at most one outcome a device; how many. Raises as the store does."""
        self._arrived.clear()
        self._many.clear()
        batch = self._batch()
        if not batch:
            return 0
        actions = [self._decide(told.outcome) for told in batch]
        now = asyncio.get_running_loop().time()
        results = [_result(told, action, now) for told, action in zip(batch, actions, strict=True)]
        changed = await self._store.record_outcomes(results)
        await self._change_devices(batch, actions)
        for told, action in zip(batch, actions, strict=True):
            self._written(told, action, changed.get(told.outcome.message_id))
        if self._told:
            self._arrived.set()
        return len(batch)

    def _batch(self) -> list[_Told]:
        devices: dict[int, _Told] = {}
        for told in self._told.values():
            devices.setdefault(told.outcome.device_id, told)
            if len(devices) == _MOST_IN_A_BATCH:
                break
        # Rows in one order everywhere, so that two batches cannot wait for each other.
        return [devices[device] for device in sorted(devices)]

    def _decide(self, outcome: pb.Outcome) -> Action:
        slot = self._roster.slot(outcome.device_id)
        if slot is None:
            # Told after its stream or its lease had gone. Whether the device can repeat is not known here:
            # what may have gone stays in flight, and the next hand, which knows, repeats it or lets it go.
            return decide(outcome, Attempt(1, is_repeat=False, repeatable=True), self._settings)
        attempt = Attempt(slot.attempts, is_repeat=slot.is_repeat, repeatable=slot.repeatable)
        return decide(outcome, attempt, self._settings)

    async def _change_devices(self, batch: Sequence[_Told], actions: Sequence[Action]) -> None:
        marks = [
            DeviceMark.of(told.outcome.device_id, told.outcome.epoch, action.device)
            for told, action in zip(batch, actions, strict=True)
            if action.device is not None
        ]
        if marks:
            await self._devices.change_devices(marks)

    def _written(self, told: _Told, action: Action, state: str | None) -> None:
        outcome = told.outcome
        key = (outcome.message_id, outcome.epoch)
        if self._told.get(key) is told:
            del self._told[key]
        slot = self._roster.slot(outcome.device_id)
        if slot is not None and slot.attachment is told.frame.attachment:
            self._credit(slot, told, action, state)
        if state is not None and telemetry.sampled(outcome.traceparent):
            _span(outcome, action, state)
        self._settle_frame(told.frame)

    def _credit(self, slot: Slot, told: _Told, action: Action, state: str | None) -> None:
        """The slot's next turn, after its outcome; `state` is what the message has become by it."""
        if action.was_sent:
            slot.sent(told.at - told.outcome.age_ms / 1000, self._settings.lead_s)
        if action.device is not None:
            slot.try_at = told.at + max(action.device.hold_s, self._settings.refresh_s)
        # The database knows of doubts that this slot, of a newer stream, has not heard of.
        if action.stays or (state == MessageState.UNKNOWN and action.state is not MessageState.UNKNOWN):
            slot.next = Entry(told.outcome.scheduled_at_us, told.outcome.message_id)
            slot.try_at = max(slot.try_at, told.at + _REPEAT_S)
        else:
            slot.attempts, slot.is_repeat = 0, False
            if action.state is not MessageState.SENT:
                slot.last = None  # it may be sent again, now or on an operator's word: to be found again
        slot.is_ready = slot.is_ready or told.outcome.ready

    def _settle_frame(self, frame: _Frame) -> None:
        frame.open -= 1
        if not frame.open:
            frame.attachment.send(outcome_ack=pb.OutcomeAck(frame_id=frame.frame_id))


def _result(told: _Told, action: Action, now: float) -> Result:
    outcome = told.outcome
    return Result(
        message_id=outcome.message_id,
        scheduled_at=Entry(outcome.scheduled_at_us, outcome.message_id).scheduled_at,
        device_id=outcome.device_id,
        epoch=outcome.epoch,
        state=action.state.value,
        reason=action.reason,
        retry_s=action.retry_s,
        text_hash=outcome.text_hash or None,
        age_s=outcome.age_ms / 1000 + max(0.0, now - told.at),
        was_sent=action.was_sent,
        stays=action.stays,
        stops=action.stops_enrollment,
    )


def _span(outcome: pb.Outcome, action: Action, state: str) -> None:
    span = tracer.start_span(
        "outcome",
        context=telemetry.parent(outcome.traceparent),
        attributes={
            "messaging.system": "kompang",
            "messaging.operation.name": "settle",
            "messaging.operation.type": "settle",
            "messaging.message.id": str(outcome.message_id),
            "kompang.message.state": state,
        },
    )
    if action.state in (MessageState.FAILED, MessageState.UNKNOWN):
        span.set_attribute("error.type", action.reason)
    span.end()
