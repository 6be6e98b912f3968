"""Postgres, as far as the protocol of claims and sends is concerned.

One method a statement of `services/dispatch/queries.sql`, by the same name, with the same answer: each
is one transaction and happens at one instant. `tests/integration/model` holds them against the real ones.
Times are seconds of the database's own clock; it is the true one.

The switches in `Guards` take one guard away each; they are for the negative controls.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from services.dispatch.state import MessageState
from services.dispatch.store import Candidate, Claimed, DeadHost, DeviceMark, DeviceRow, Due, Result, Verdict

_S = MessageState
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def moment(seconds: float) -> datetime:
    """A time of the model as a timestamp."""
    return _BEGINNING + timedelta(seconds=seconds)


@dataclass
class Guards:
    """What the statements make sure of."""

    claim_respects_terms: bool = True
    claim_checks_epoch: bool = True
    hand_checks_lease: bool = True
    hand_checks_in_flight: bool = True
    hand_checks_gap: bool = True
    hand_checks_order: bool = True
    hand_checks_suppression: bool = True
    outcome_checks_epoch: bool = True
    one_wire_id: bool = True


@dataclass(slots=True)
class HostRow:
    host_id: str
    session: str
    stream: int
    expires: float


@dataclass(slots=True)
class LeaseRow:
    epoch: int = 0
    incarnation: str | None = None


@dataclass(slots=True, eq=False)
class Device:
    id: int
    shard: int
    transport: str = "simulated"
    min_delay: float = 0.0
    max_delay: float = 0.0
    state: str = "active"
    reason: str = ""
    held_until: float = 0.0
    updated: float = 0.0
    in_flight: "Message | None" = None
    last_sent: float | None = None
    messages: "list[Message]" = field(default_factory=list)

    @property
    def phone(self) -> str:
        return f"+6011{self.id:08}"


@dataclass(slots=True, eq=False)
class Message:
    id: int
    device: Device
    lead: int
    position: int
    scheduled_at: datetime
    due: float
    state: MessageState = _S.PENDING
    epoch: int | None = None
    attempts: int = 0
    not_before: float = -math.inf

    def __repr__(self) -> str:
        return f"message {self.id}"


class Database:
    """`clock` tells its time; `on_state` hears of every step of a message, `on_hand` and
    `on_grant` of every hand and lease."""

    def __init__(self, clock: Callable[[], float], shards: int, guards: Guards) -> None:
        self.clock = clock
        self.guards = guards
        self.hosts: dict[str, HostRow] = {}
        self.leases = {shard: LeaseRow() for shard in range(shards)}
        self.devices_by_id: dict[int, Device] = {}
        self.messages: dict[int, Message] = {}
        self.leads: dict[int, list[Message]] = {}
        self.suppressed: set[int] = set()
        self.ended: set[int] = set()  # leads whose enrollment is not active any more
        self.on_state: Callable[[Message, MessageState], None] = lambda _message, _state: None
        self.on_hand: Callable[[Message, int], None] = lambda _message, _stream: None
        self.on_grant: Callable[[int, int, str], None] = lambda _shard, _epoch, _incarnation: None

    def add(self, device: Device) -> None:
        self.devices_by_id[device.id] = device

    def enroll(self, lead: int, device: Device, dues: Sequence[float], first_id: int) -> None:
        """A lead, its messages due at these times."""
        for number, due in enumerate(dues):
            message = Message(first_id + number, device, lead, number + 1, moment(due), due)
            self.messages[message.id] = message
            self.leads.setdefault(lead, []).append(message)
            device.messages.append(message)

    # Terms and leases

    def attach(self, incarnation: str, host_id: str, session: str, stream: int, term: float) -> None:
        self.hosts[incarnation] = HostRow(host_id, session, stream, self.clock() + term)

    def renew(self, streams: Iterable[tuple[str, int]], term: float) -> set[int]:
        current = set()
        for incarnation, stream in streams:
            host = self.hosts.get(incarnation)
            if host is not None and host.stream == stream:
                host.expires = self.clock() + term
                current.add(stream)
        return current

    def claim(self, claims: Iterable[tuple[int, int]], incarnation: str, stream: int) -> list[Claimed]:
        claimant = self.hosts.get(incarnation)
        is_attached = claimant is not None and claimant.stream == stream
        answers = []
        for shard, epoch in claims:
            lease = self.leases[shard]
            # The answer tells of the row as it was before, as the statement's outer query does.
            holder = self.hosts.get(lease.incarnation or "")
            left = None if holder is None else max(0.0, holder.expires - self.clock())
            is_stale = lease.epoch > epoch
            granted = is_attached and self._may_claim(lease, epoch, incarnation)
            if granted:
                lease.epoch, lease.incarnation = epoch, incarnation
                self.on_grant(shard, epoch, incarnation)
            answers.append(Claimed(shard, epoch, granted, is_stale, left or 0.0))
        return answers

    def _may_claim(self, lease: LeaseRow, epoch: int, incarnation: str) -> bool:
        if lease.epoch == epoch:
            return lease.incarnation in (incarnation, None)
        if lease.epoch > epoch and self.guards.claim_checks_epoch:
            return False
        holder = self.hosts.get(lease.incarnation or "")
        is_held = holder is not None and lease.incarnation != incarnation and holder.expires > self.clock()
        return not (is_held and self.guards.claim_respects_terms)

    def release(self, claims: Iterable[tuple[int, int]], incarnation: str) -> None:
        for shard, epoch in claims:
            lease = self.leases[shard]
            if lease.epoch == epoch and lease.incarnation == incarnation:
                lease.incarnation = None

    def dead_hosts(self, grace: float) -> list[DeadHost]:
        now = self.clock()
        return [
            DeadHost(incarnation, host.host_id, host.session)
            for incarnation, host in self.hosts.items()
            if host.expires < now - grace
        ]

    def bury(self, incarnations: Iterable[str]) -> tuple[int, int]:
        now = self.clock()
        dead = {i for i in incarnations if i in self.hosts and self.hosts[i].expires < now}
        for incarnation in dead:
            del self.hosts[incarnation]
        freed, lost = 0, 0
        for shard, lease in self.leases.items():
            if lease.incarnation not in dead:
                continue
            lease.incarnation = None
            freed += 1
            for device in self.devices_by_id.values():
                message = device.in_flight
                if (
                    device.shard == shard
                    and message
                    and message.state is _S.HANDED
                    and message.epoch == lease.epoch
                ):
                    self._step(message, _S.UNKNOWN)
                    lost += 1
        return freed, lost

    # Messages

    def hand(self, candidates: Iterable[Candidate], lead: float) -> list[Verdict]:
        return [self._hand(candidate, lead) for candidate in candidates]

    def _hand(self, asked: Candidate, lead: float) -> Verdict:
        device = self.devices_by_id[asked.device_id]
        message = self.messages.get(asked.message_id)
        if message is not None and message.device is not device:
            message = None
        lease = self.leases[device.shard]
        holder, epoch = self.hosts.get(lease.incarnation or ""), lease.epoch
        in_flight = device.in_flight if self.guards.hand_checks_in_flight else None
        gap = -math.inf
        if device.last_sent is not None:
            delay = device.min_delay + asked.draw * (device.max_delay - device.min_delay)
            gap = device.last_sent - self.clock() + delay
        may_have_gone = message is not None and (
            message.state is _S.UNKNOWN or (message.state is _S.HANDED and message.epoch != epoch)
        )
        verdict = self._judge(
            asked,
            device,
            message,
            in_flight,
            is_leased=holder is not None and holder.stream == asked.stream,
            is_in_term=holder is not None and holder.expires > self.clock(),
            may_have_gone=may_have_gone,
            gap=gap,
            lead=lead,
        )
        attempts = message.attempts + 1 if message else None
        before = device.in_flight
        if message is not None:
            if verdict == "hand":
                self.on_hand(message, asked.stream)
            self._carry_out(verdict, device, message, epoch)
        return Verdict(
            device_id=device.id,
            shard=device.shard,
            epoch=epoch,
            message_id=asked.message_id,
            scheduled_at=asked.scheduled_at,
            is_repeat=in_flight is not None and may_have_gone,
            verdict=verdict,
            in_flight_id=before.id if before else None,
            in_flight_at=before.scheduled_at if before else None,
            step_id=1,
            phone=f"+6012{message.lead:08}" if message else None,
            display_name="Siti",
            attributes="{}",
            traceparent="",
            attempts=attempts,
            wire_id=self._wire_id(message) if verdict == "hand" and message else None,
            wait_s=max(0.0, self._wait(verdict, device, message, gap, lead)),
        )

    def _judge(  # noqa: PLR0911, PLR0912 - one return a WHEN, in the order of the statement
        self,
        asked: Candidate,
        device: Device,
        message: Message | None,
        in_flight: Message | None,
        *,
        is_leased: bool,
        is_in_term: bool,
        may_have_gone: bool,
        gap: float,
        lead: float,
    ) -> str:
        now, guards = self.clock(), self.guards
        if guards.hand_checks_lease and not is_leased:
            return "lease"
        if guards.hand_checks_lease and not is_in_term:
            return "lapsed"
        if in_flight is not None and in_flight.id != asked.message_id:
            return "busy"
        if message is None:
            return "gone"
        if in_flight is not None and message.state not in (_S.HANDED, _S.UNKNOWN):
            return "settled"
        if in_flight is None and message.state is not _S.PENDING:
            return "gone"
        is_suppressed = guards.hand_checks_suppression and message.lead in self.suppressed
        is_ended = message.lead in self.ended
        if in_flight is not None and may_have_gone and (not asked.repeatable or is_suppressed or is_ended):
            return "ambiguous"
        is_again = message.state is _S.PENDING and message.attempts > 0
        if guards.hand_checks_order and is_again and self._is_overtaken(message):
            return "overtaken"
        if is_suppressed:
            return "suppressed"
        if is_ended:
            return "cancelled"
        if device.state == "parked":
            return "parked"
        if device.state == "held" and device.held_until > now:
            return "held"
        if message.due > now:
            return "early"
        if message.not_before > now:
            return "waiting"
        if guards.hand_checks_order and self._is_behind(message):
            return "behind"
        if guards.hand_checks_gap and gap > lead:
            return "paced"
        return "hand"

    def _is_behind(self, message: Message) -> bool:
        return any(
            earlier.position < message.position
            and earlier.due <= message.due
            and earlier.state in (_S.PENDING, _S.HANDED)
            for earlier in self.leads[message.lead]
        )

    def _is_overtaken(self, message: Message) -> bool:
        return any(
            later.position > message.position and later.due >= message.due and later.attempts > 0
            for later in self.leads[message.lead]
        )

    def _carry_out(self, verdict: str, device: Device, message: Message, epoch: int) -> None:
        if verdict == "hand":
            self._step(message, _S.HANDED)
            message.epoch = epoch
            message.attempts += 1
            device.in_flight = message
        elif verdict in ("ambiguous", "overtaken", "suppressed", "cancelled"):
            # `on_unknown: hold`, the default.
            after = _S.UNKNOWN if verdict in ("ambiguous", "overtaken") else _S(verdict)
            if message.state is not after:
                self._step(message, after)
        if verdict in ("ambiguous", "settled", "suppressed", "cancelled") and device.in_flight is message:
            device.in_flight = None
            if verdict == "ambiguous":
                device.last_sent = self.clock()

    def _wait(self, verdict: str, device: Device, message: Message | None, gap: float, lead: float) -> float:
        now = self.clock()
        if not self.guards.hand_checks_gap or message is None:
            return 0.0
        waits = {
            "paced": gap - lead,
            "hand": gap,
            "early": message.due - now,
            "waiting": message.not_before - now,
            "held": device.held_until - now,
        }
        return waits.get(verdict, 0.0)

    def _wire_id(self, message: Message) -> str:
        return f"W{message.id}" if self.guards.one_wire_id else f"W{message.id}.{message.attempts}"

    def scan(self, devices: Iterable[int], room: int, horizon: float) -> list[Due]:
        now = self.clock()
        found = []
        for number in devices:
            device = self.devices_by_id[number]
            due = [
                m
                for m in device.messages
                if m.state is _S.PENDING and m.due <= now + horizon and m.not_before <= now
            ]
            due.sort(key=lambda m: (m.due, m.id))
            found += [Due(number, m.id, m.scheduled_at, m.due - now) for m in due[:room]]
        return found

    def record_outcomes(self, results: Iterable[Result]) -> dict[int, str]:
        changed: dict[int, str] = {}
        for told in results:
            message = self.messages[told.message_id]
            is_recorded = self._is_believed(message, told)
            if is_recorded:
                if message.state is not _S(told.state):
                    self._step(message, _S(told.state))
                if told.retry_s > 0:
                    message.not_before = self.clock() + told.retry_s
                changed[message.id] = told.state
                if told.stops:
                    self._stop(message)
                elif told.state in ("sent", "failed") and message is self.leads[message.lead][-1]:
                    self.ended.add(message.lead)
            device = message.device
            if device.in_flight is message and is_recorded and not told.stays:
                device.in_flight = None
            if told.was_sent:
                at = self.clock() - told.age_s
                device.last_sent = at if device.last_sent is None else max(device.last_sent, at)
        return changed

    def _is_believed(self, message: Message, told: Result) -> bool:
        if not self.guards.outcome_checks_epoch:
            return True
        if message.state is _S.HANDED and message.epoch == told.epoch:
            return True
        ended = (_S.SENT, _S.DELIVERED, _S.READ)
        return told.state == "sent" and message.attempts > 0 and message.state not in ended

    def _stop(self, failed: Message) -> None:
        """`record_outcomes` ends the enrollment, `cancel_rest` its planned messages."""
        self.ended.add(failed.lead)
        for message in self.leads[failed.lead]:
            if message.state is _S.PENDING:
                self._step(message, _S.CANCELLED)

    def _step(self, message: Message, state: MessageState) -> None:
        self.on_state(message, state)
        message.state = state

    # Devices

    def change_devices(self, marks: Iterable[DeviceMark]) -> set[int]:
        changed = set()
        for mark in marks:
            device = self.devices_by_id[mark.device_id]
            if (
                self.leases[device.shard].epoch == mark.epoch
                and (device.state, device.reason) != (mark.state, mark.reason)
                and not (device.state == "parked" and mark.state == "held")
            ):
                device.state, device.reason, device.updated = mark.state, mark.reason, self.clock()
                device.held_until = self.clock() + mark.hold_s if mark.state == "held" else 0.0
                changed.add(device.id)
        return changed

    def devices(self, shards: Iterable[int]) -> list[DeviceRow]:
        wanted = set(shards)
        return [self._row(device) for device in self.devices_by_id.values() if device.shard in wanted]

    def changed_devices(self, shards: Iterable[int], within: float) -> list[DeviceRow]:
        now, wanted, rows = self.clock(), set(shards), []
        for device in self.devices_by_id.values():
            if device.shard not in wanted:
                continue
            if device.state == "held" and device.held_until <= now:
                device.state, device.reason, device.held_until, device.updated = "active", "", 0.0, now
            if device.updated > now - within:
                rows.append(self._row(device))
        return rows

    def _row(self, device: Device) -> DeviceRow:
        left = device.in_flight
        return DeviceRow(
            id=device.id,
            shard=device.shard,
            transport=device.transport,
            phone=device.phone,
            state=device.state,
            updated_at=moment(device.updated),
            min_delay_s=device.min_delay,
            max_delay_s=device.max_delay,
            idle_s=None if device.last_sent is None else self.clock() - device.last_sent,
            in_flight_id=left.id if left else None,
            in_flight_at=left.scheduled_at if left else None,
        )
