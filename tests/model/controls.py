"""One guard taken away, for the negative controls: a checker that cannot fail is a defect.

Each control breaks the product's own pure code by a patch, or a statement or the network of the model
by a switch, and names the invariant that must then be breached.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from typing import Any, cast
from unittest import mock

from services.dispatch.leases.leases import Leases
from services.dispatch.leases.proof import Claim, Claimant, LockProofs, Proofs
from services.runtime.discovery import Instance
from services.runtime.discovery.locks import Locks
from shardhost.attempt import Hand
from shardhost.claims.membership import Membership
from shardhost.outcomes import Outcomes
from shardhost.replicas import Replicas
from shardhost.term import Term
from shardhost.transports.transport import Accepted, SendAmbiguous
from shardhost.worker import Worker
from tests.model.database import Guards
from tests.model.loop import Process
from tests.model.network import ModelSession, Rules

_send = ModelSession.send
_acquire = Locks.acquire
_own = Replicas.own


@dataclass(frozen=True)
class Control:
    """`breaks` lists the invariants of which one must be breached.

    `seen_at` is a schedule that showed it: the first to try, because hundreds before it are green. A change
    of the product or of the model may move it, which costs time and nothing else.
    """

    name: str
    breaks: frozenset[str]
    without: Callable[[], AbstractContextManager[Any]] = nullcontext
    guards: Callable[[], Guards] = Guards
    rules: Callable[[], Rules] = Rules
    kinds: str = ""
    seen_at: int = 0
    # Attributes of `Conditions`, where it is to be worse than usual.
    conditions: Mapping[str, float] = field(default_factory=dict)


def _control(
    name: str, breaks: str, without: Callable[[], AbstractContextManager[Any]] = nullcontext, **more: Any
) -> Control:
    return Control(name, frozenset(breaks.split(", ")), without, **more)


def _endless_term() -> AbstractContextManager[Any]:
    return mock.patch.object(Term, "holds", return_value=True)


def _term_from_the_answer() -> AbstractContextManager[Any]:
    """Counted from when the answer came, not from when it was asked for, and without a margin."""

    def restart(self: Term, _asked_at: float, length: float) -> bool:
        unbroken = self.holds()
        self.length = length
        self._deadline = self.clock() + length
        return unbroken

    def extend(self: Term, _asked_at: float) -> None:
        self._deadline = self.clock() + self.length

    return mock.patch.multiple(Term, restart=restart, extend=extend)


def _clock_that_stops() -> AbstractContextManager[Any]:
    """CLOCK_MONOTONIC of a machine asleep, for CLOCK_BOOTTIME."""
    return mock.patch.object(Process, "boottime", lambda self: self.time() - self.stopped_for)


def _shrinking_epochs() -> AbstractContextManager[Any]:
    async def acquire(self: Locks, key: str) -> int | None:
        epoch = await _acquire(self, key)
        return None if epoch is None else 1000 - epoch

    async def believe(_self: LockProofs, _claimant: Claimant, claims: Iterable[Claim]) -> Proofs:
        return Proofs(frozenset(claims))

    stack = ExitStack()
    stack.enter_context(mock.patch.object(Locks, "acquire", acquire))
    stack.enter_context(mock.patch.object(LockProofs, "of", believe))
    return stack


def _dies() -> AbstractContextManager[Any]:
    def replay(_self: Outcomes) -> None:
        raise ValueError("a defect")

    return mock.patch.object(Outcomes, "replay", replay)


def _credit_while_in_hand() -> AbstractContextManager[Any]:
    """Gives credits, and takes messages, whatever is in hand."""

    def give(self: Worker) -> bool:
        if self._credit.is_out or self._refuses(self.epoch):
            return False
        self._credit.give()
        return True

    def take(self: Worker, hand: Hand) -> None:
        self._credit.take_back()
        self._sending.take(hand)

    return mock.patch.multiple(Worker, _give_credit=give, take=take)


def _silence_is_success() -> AbstractContextManager[Any]:
    async def send(self: ModelSession, outgoing: Any) -> Accepted:
        try:
            return await _send(self, outgoing)
        except SendAmbiguous:
            return Accepted(0.0)

    return mock.patch.object(ModelSession, "send", send)


def _look_ups_behind_the_fence() -> AbstractContextManager[Any]:
    """What a send needs is looked up by the send."""
    prepare = ModelSession.prepare

    async def send(self: ModelSession, outgoing: Any) -> Accepted:
        await prepare(self, outgoing.recipient)
        return await _send(self, outgoing)

    return mock.patch.multiple(ModelSession, prepare=mock.AsyncMock(), send=send)


def _loses_outcomes() -> AbstractContextManager[Any]:
    return mock.patch.object(Outcomes, "replay")


def _restless_placement() -> AbstractContextManager[Any]:
    """Looks again and again, and each look gives another answer."""
    looks = iter(range(10**9))

    def slice_of(host: str, hosts: Iterable[str], shards: int, _away: Iterable[str]) -> frozenset[int]:
        alive = sorted(hosts)
        turn = next(looks)
        return frozenset(s for s in range(shards) if host in alive and alive[(s + turn) % len(alive)] == host)

    async def own(self: Replicas) -> Instance | None:
        cast(Membership, self._members)._place()
        return await _own(self)

    stack = ExitStack()
    stack.enter_context(mock.patch("shardhost.claims.membership.slice_of", slice_of))
    stack.enter_context(mock.patch.object(Replicas, "own", own))
    return stack


def _windows_by_the_scan() -> AbstractContextManager[Any]:
    """Windows are not loaded with the grant: then a hand that waits is more often done in between."""

    async def load(_self: Leases, _devices: Iterable[int]) -> None:
        pass

    return mock.patch.object(Leases, "_load_windows", load)


CONTROLS = [
    _control("a term that never ends", "one sender", _endless_term),
    _control("a term counted from the answer", "one sender", _term_from_the_answer),
    _control("a clock that stops with the process", "one sender", _clock_that_stops, seen_at=33),
    _control(
        "claims that ignore live terms",
        "one sender",
        guards=lambda: Guards(claim_respects_terms=False),
        kinds="end_session cut_consul",
    ),
    _control(
        "hands that ignore the lease",
        "one sender",
        guards=lambda: Guards(hand_checks_lease=False),
        seen_at=73,
    ),
    _control(
        "claims that go on with an older lease",
        "one sender",
        guards=lambda: Guards(claim_checks_lease=False),
        kinds="cut_consul end_session",
        conditions={"lock_waits": 0.5},
    ),
    _control(
        "hands that go on with an older pace",
        "in flight",
        guards=lambda: Guards(hand_checks_pace=False),
        kinds="break_streams",
        conditions={"lock_waits": 0.7, "slow": 0.0},
        seen_at=278,
    ),
    _control(
        "hands that go on with what they read long ago",
        "stop",
        guards=lambda: Guards(hand_checks_age=False),
        kinds="opt_out",
        conditions={"lock_waits": 0.5},
        seen_at=72,
    ),
    _control(
        "an older epoch taken for this one",
        "once",
        guards=lambda: Guards(hand_checks_epoch=False),
        kinds="cut_dispatch cut_consul end_session stop_host",
        # A claim must come between the end of a term and the burial.
        conditions={"slow": 0.0},
        seen_at=33,
    ),
    _control(
        "nobody looks for what is left over",
        "liveness",
        _windows_by_the_scan,
        guards=lambda: Guards(scan_tells_left_over=False),
        kinds="break_streams cut_dispatch",
        conditions={"lock_waits": 0.5},
        seen_at=327,
    ),
    _control(
        "epochs that shrink",
        "epochs",
        _shrinking_epochs,
        guards=lambda: Guards(claim_checks_epoch=False),
        seen_at=38,
    ),
    _control("a wire id an attempt", "once", guards=lambda: Guards(one_wire_id=False)),
    _control("repeats in other words", "words", guards=lambda: Guards(hand_keeps_words=False)),
    _control("a network that forgets ids", "once", rules=lambda: Rules(knows_ids=False)),
    _control(
        "traces that say never of what went",
        # It goes again, in the words of that day.
        "once, words",
        rules=lambda: Rules(traces_honestly=False),
        seen_at=84,
    ),
    _control(
        "traces that overlook what is under way",
        "once, words",
        rules=lambda: Rules(traces_what_is_under_way=False),
        seen_at=12,
        conditions={"late_decisions": 0.9},
    ),
    _control(
        "look-ups behind the fence",
        "one sender, in flight, stop",
        _look_ups_behind_the_fence,
        seen_at=13,
        conditions={"slow_look_ups": 0.5},
    ),
    _control(
        "credits while a message is in hand",
        "in flight, once",
        _credit_while_in_hand,
        kinds="break_streams disconnect",
        conditions={"slow_acks": 0.9},
        seen_at=80,
    ),
    _control(
        "hands that ignore what is in flight",
        "in flight",
        guards=lambda: Guards(hand_checks_in_flight=False),
        seen_at=395,
    ),
    _control(
        "outcomes of any epoch believed",
        "states, in flight",
        guards=lambda: Guards(outcome_checks_epoch=False),
        kinds="cut_dispatch cut_both stop_host",
    ),
    _control(
        "receipts that take a message back",
        "states",
        guards=lambda: Guards(receipts_go_forward=False),
        seen_at=205,
    ),
    _control("silence taken for success", "sent", _silence_is_success),
    _control(
        "hands that ignore the order",
        "order",
        guards=lambda: Guards(hand_checks_order=False),
        kinds="disconnect",
        conditions={"refusals": 0.25},
        seen_at=192,
    ),
    _control(
        "hands that begin as many chats as there are",
        "chats",
        guards=lambda: Guards(hand_checks_first_contacts=False),
        seen_at=18,
    ),
    _control(
        "every refused chat taken for a new one",
        "chats",
        guards=lambda: Guards(hold_checks_chat=False),
        conditions={"new_chats_refused": 0.0, "chats_refused": 0.5},
        seen_at=23,
    ),
    _control("hands that ignore the gap", "gap", guards=lambda: Guards(hand_checks_gap=False)),
    _control("outcomes that are not told again", "liveness", _loses_outcomes),
    _control("a restless placement", "moves", _restless_placement, seen_at=328),
    _control("a loop that dies", "loops", _dies),
]
