"""What came of messages, kept until dispatch has committed it (`services.runtime.buffer`).

A device gets its next message only after dispatch has committed its last outcome, so two of one device wait
here at most; the limit is beyond what the devices of a host can fill.
"""

import logging
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.runtime.buffer import SendBuffer
from services.runtime.containment import contained_all
from services.runtime.errors import ResourceExhausted
from shardhost.clock import boottime
from shardhost.transports.transport import bounded_hold

log = logging.getLogger(__name__)

NO_SHARD = -1
_MOST_WAITING = 100_000
_LONGEST_AGE_MS = 2**32 - 1


def whole_seconds(hold: float | None) -> int:
    """A hold as it is written: rounded up and bounded, 0 where the network said nothing that makes sense."""
    return math.ceil(bounded_hold(hold))


class Reporter(Protocol):
    """The device an outcome belongs to."""

    def credit_with(self, report: "Report") -> bool:
        """Asked when the outcome is written: whether the device can take another message."""

    def acknowledged(self) -> None:
        """One of its outcomes is committed."""


@dataclass(slots=True, eq=False)
class Report:
    """One outcome. `at` is when it was accepted, or may have been at the latest, by `boottime`."""

    message: pb.OutgoingMessage
    shard: int
    result: pb.Outcome.Result
    at: float
    failure: pb.Failure = pb.FAILURE_UNSPECIFIED
    hold_s: int = 0
    text_hash: bytes = b""
    traceparent: str = ""
    # What the network told of the recipient that the message did not have.
    lid: str = ""
    known_as: str = ""
    # What it says that a ban is for.
    ban_reason: pb.BanReason = pb.BAN_REASON_UNSPECIFIED
    device: Reporter | None = None

    def outcome(self, now: float) -> pb.Outcome:
        """As it is written at `now`; spends the credit, if there is one to give.

        Where something in the outcome cannot be written, the rest is: without an outcome the message stays
        in flight.
        """
        message = self.message
        outcome = pb.Outcome(
            message_id=message.message_id,
            scheduled_at_us=message.scheduled_at_us,
            device_id=message.device_id,
            epoch=message.epoch,
            result=self.result,
            attempt=message.attempt,
        )
        with contained_all("shardhost.credit", device_id=message.device_id):
            outcome.ready = self.device is not None and self.device.credit_with(self)
        with contained_all("shardhost.outcome", message_id=message.message_id):
            outcome.failure = self.failure
            outcome.age_ms = min(max(0, int((now - self.at) * 1000)), _LONGEST_AGE_MS)
            outcome.hold_s = self.hold_s
            outcome.text_hash = self.text_hash
            outcome.traceparent = self.traceparent
            outcome.lid, outcome.known_as = self.lid, self.known_as
            outcome.ban_reason = self.ban_reason
        return outcome


class Outcomes:
    """Reports in their order, and which of them dispatch has."""

    def __init__(self, clock: Callable[[], float] = boottime) -> None:
        self._clock = clock
        self._buffer = SendBuffer[Report, Report](_MOST_WAITING)
        self._waiting: Counter[int] = Counter()

    def __len__(self) -> int:
        return len(self._buffer)

    def add(self, report: Report) -> None:
        """Keep it until it is acknowledged. Raises ResourceExhausted where there is no room."""
        if not self._buffer.add(report, report):
            raise ResourceExhausted("too many outcomes wait for dispatch")
        self._waiting[report.shard] += 1

    def waiting(self, shard: int) -> int:
        """How many of this shard are not acknowledged yet."""
        return self._waiting[shard]

    def frame(self, limit: int) -> pb.OutcomeFrame | None:
        """The next frame of at most `limit` to write, or None."""
        taken = self._buffer.take(limit)
        if taken is None:
            return None
        now = self._clock()
        frame_id, reports = taken
        return pb.OutcomeFrame(frame_id=frame_id, outcomes=[report.outcome(now) for report in reports])

    def acknowledge(self, frame_id: int) -> set[int]:
        """Dispatch has committed the frame; returns the shards it touched. Unknown frames are none."""
        reports = self._buffer.acknowledge(frame_id)
        if not reports:
            log.warning("outcomes: ack of an unknown frame", extra={"frame_id": frame_id})
        self._waiting.subtract(Counter(report.shard for report in reports))
        for report in reports:
            with contained_all("shardhost.outcome_ack", message_id=report.message.message_id):
                if report.device is not None:
                    report.device.acknowledged()
        return {report.shard for report in reports}

    def replay(self) -> None:
        """The stream is gone: what it did not acknowledge is written again, ahead of the rest."""
        self._buffer.replay()


def not_sent(message: pb.OutgoingMessage, shard: int, **fields: Any) -> Report:
    """The report of a message that did not leave this host."""
    return Report(message, shard, pb.Outcome.RESULT_NOT_SENT, boottime(), **fields)
