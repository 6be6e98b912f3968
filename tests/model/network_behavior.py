"""The conditions between the processes at this moment: delays, losses and outages, drawn at random."""

import random
from dataclasses import dataclass, field

from services.message.state import MessageState
from shardhost.transports.transport import Failure, Outgoing
from tests.model.loop import Process, Timeline

_QUICK_S = 0.002
_DELIVERED, _READ = MessageState.DELIVERED, MessageState.READ


@dataclass
class Conditions:
    """Probabilities and outages. `clear` ends them all, for the checks after the faults."""

    timeline: Timeline
    slow: float = 0.05  # of frames, questions and statements that take up to `slowness`
    slowness: float = 1.0
    lock_waits: float = 0.03  # of hands and claims that find a row locked
    lost_answers: float = 0.01  # of statements and questions that were carried out
    lost_sends: float = 0.0
    lost_acks: float = 0.0
    slow_acks: float = 0.2
    late_decisions: float = 0.1
    lateness: float = 0.8  # the longest that a decision takes
    refusals: float = 0.02
    absent: float = 0.01
    refused_opens: float = 0.05
    receipts: float = 0.0  # of accepted messages
    new_chats_refused: float = 0.0
    chats_refused: float = 0.0  # of messages in chats that exist, as if they began one
    unclear_traces: float = 0.0
    late_traces: float = 0.0
    slow_look_ups: float = 0.0
    # Of its own, so that a schedule without receipts is what it was.
    dice: random.Random = field(default_factory=random.Random)
    postgres_away: float = 0.0  # until then
    consul_away: float = 0.0
    from_dispatch: dict[str, float] = field(default_factory=dict)  # host → cut until then
    from_consul: dict[str, float] = field(default_factory=dict)

    def clear(self) -> None:
        """Ends all delays, losses and outages."""
        self.slow = self.lock_waits = self.lost_answers = self.lost_sends = self.lost_acks = (
            self.slow_acks
        ) = self.late_decisions = 0.0
        self.refusals = self.absent = self.refused_opens = self.new_chats_refused = 0.0
        self.chats_refused = 0.0
        self.unclear_traces = self.late_traces = self.slow_look_ups = 0.0
        self.postgres_away = self.consul_away = 0.0
        self.from_dispatch.clear()
        self.from_consul.clear()

    def pause(self) -> float:
        """Draws the seconds that a statement or a question waits; mostly too few to matter."""
        return random.random() * self.slowness if random.random() < self.slow else 0.0

    def lock_wait(self) -> float:
        """Draws the seconds that a statement has to wait for a row: often for as long as a hand may."""
        if random.random() >= self.lock_waits:
            return 0.0
        return random.uniform(0.3, 0.5) if random.random() < 0.5 else random.uniform(0.0, 3.0)

    def is_lost(self) -> bool:
        """Draws whether the answer of a statement that was carried out is lost."""
        return self.lost_answers > 0 and random.random() < self.lost_answers

    # The network

    def accept_delay(self) -> float:
        return random.random() * self.lateness if random.random() < self.late_decisions else 0.0

    def ack_delay(self) -> float:
        return random.random() * 2.0 if random.random() < self.slow_acks else _QUICK_S

    def open_delay(self) -> float:
        return random.random() * self.slowness if random.random() < self.slow else _QUICK_S

    def loses_send(self) -> bool:
        return random.random() < self.lost_sends

    def loses_ack(self) -> bool:
        return random.random() < self.lost_acks

    def receipt_delays(self) -> list[tuple[float, MessageState]]:
        """Draws what becomes of an accepted message: late, twice, in any order, or nothing."""
        dice = self.dice
        if dice.random() >= self.receipts:
            return []
        kinds = dice.choice(([_DELIVERED], [_DELIVERED, _READ], [_READ, _DELIVERED], [_READ]))
        told = [(dice.choice((0.0, 0.5, 3.0)) * dice.random(), kind) for kind in kinds]
        return told * dice.choice((1, 1, 2))

    def is_unclear(self) -> bool:
        """Draws whether nobody can say what became of a send."""
        return self.unclear_traces > self.dice.random()

    def trace_delay(self) -> float:
        """Draws the seconds that an answer takes; often more than a host waits."""
        return self.dice.random() * 2.0 if self.late_traces > self.dice.random() else _QUICK_S

    def look_up_delay(self) -> float:
        """Draws the seconds that a look-up takes; without any, nothing is drawn."""
        if not self.slow_look_ups or self.slow_look_ups < self.dice.random():
            return 0.0
        return self.dice.random() * 3.0

    def refuses_open(self) -> float:
        return self.refused_opens

    def refusal(self, outgoing: Outgoing) -> Failure | None:
        if outgoing.is_first_contact and self.new_chats_refused > self.dice.random():
            return Failure.REACH_OUT_LIMIT
        if not outgoing.is_first_contact and self.chats_refused > self.dice.random():
            return Failure.REACH_OUT_LIMIT
        drawn = random.random()
        if drawn < self.refusals:
            return Failure.TRANSIENT
        return Failure.NOT_ON_WHATSAPP if drawn < self.refusals + self.absent else None


@dataclass
class ToConsul:
    """The connection of one process to Consul."""

    conditions: Conditions
    host: str = ""

    def is_open(self) -> bool:
        now, conditions = self.conditions.timeline.now, self.conditions
        return now >= conditions.consul_away and now >= conditions.from_consul.get(self.host, 0.0)

    def delay(self) -> float:
        return self.conditions.pause()

    def loses_answer(self) -> bool:
        return self.conditions.is_lost()


@dataclass
class ToDispatch:
    """The line between one host and dispatch, for one call: some calls are slow in all they carry."""

    conditions: Conditions
    host: str
    drag: float

    def is_open(self) -> bool:
        return self.conditions.timeline.now >= self.conditions.from_dispatch.get(self.host, 0.0)

    def delay(self) -> float:
        cut = self.conditions.from_dispatch.get(self.host, 0.0) - self.conditions.timeline.now
        usual = self.drag * random.random() if self.drag else 0.001
        return max(0.0, cut) + usual


@dataclass
class ToPostgres:
    """The connection of one replica to the database."""

    conditions: Conditions
    process: Process

    def is_open(self) -> bool:
        return self.conditions.timeline.now >= self.conditions.postgres_away
