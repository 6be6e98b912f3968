"""One attempt at one message: renders, paces and sends the message, and reports the outcome.

The report must be right about whether the message was sent. `doubtful` says that an earlier attempt may have
sent it: then only the network's own answer about this id, or a refusal of the message itself, settles that,
and everything else is reported as ambiguous.

Where the transport can repeat under an id, an unanswered send is repeated here a few times before it is
reported: the answer usually comes at once, and the device's place in the queue is kept. Dispatch would
do the same later. The repeats end with the fence, the session, or a drain, and when the hand is stale: a
person who wrote a stop word since must not get a message, and only dispatch knows the stop words.

Where the transport can trace an id instead, nothing is sent a second time: the network is asked what became
of the send, here a few times, and then by a hand of its own, of a message that is only to be traced. What is
proven never to have gone is handed anew; what stays unclear is reported as ambiguous.

What a send needs to know of its recipient is looked up while the gap lasts, before the fence is asked
(`prepare`), so that the wire comes right behind the fence.

An error that nobody foresaw ends this one message (`contained_attempt`): before the transport was asked to
send, the message is refused as one that cannot be rendered, because the next host would fail on it too; from
then on the message may have gone, so it is ambiguous.
"""

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, cast

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.content.wording import Lead, Wording
from services.runtime import telemetry
from services.runtime.containment import contained_all
from shardhost.clock import boottime
from shardhost.outcomes import Report, whole_seconds
from shardhost.people import news
from shardhost.transports.transport import (
    UNCLEAR,
    Accepted,
    Failure,
    Fate,
    NotSent,
    Outgoing,
    SendAmbiguous,
    SendRefused,
    Session,
    Traced,
    TransportError,
    TransportKind,
)

REPEATS = 2
_FIRST_PAUSE_S = 0.3
# So long after its time nothing of a hand leaves the host: with the wait ahead of it and the way to the
# network it must stay below the 2 s in which an opt-out takes effect.
FRESH_S = 1.2
_HASH_BYTES = 8
_ID_BYTES = 8

T = TypeVar("T")

# By name: the transport's classes are named as those of the proto.
_FAILURES = {failure: cast(pb.Failure, pb.Failure.Value(f"FAILURE_{failure.name}")) for failure in Failure}


@dataclass(slots=True, eq=False)
class Hand:
    """A message in hand, and what it says (None: cannot be rendered).

    `due` is the loop's time before which it must not go, None for at once.

    `arrived` is by `boottime`, which runs on while the process is stopped. `is_unanswered` says that the
    transport was asked to send this hand and has given no answer that anything is certain by.
    """

    message: pb.OutgoingMessage
    wording: Wording | None
    shard: int
    due: float | None = None
    arrived: float = field(default_factory=boottime)
    text_hash: bytes = b""
    is_unanswered: bool = False
    # The session on which all was looked up that the send needs: on no other one it goes.
    prepared: Session | None = None

    @property
    def is_doubtful(self) -> bool:
        """Whether an attempt may have gone, this hand's or an earlier one."""
        return self.message.repeat or self.is_unanswered

    @property
    def is_fresh(self) -> bool:
        """Whether what dispatch knew when it handed the message may still be acted on."""
        return self.fresh_s > 0

    @property
    def fresh_s(self) -> float:
        """For how many seconds more it is fresh; not above 0: no more."""
        return self.arrived + self.message.wait_ms / 1000 + FRESH_S - boottime()


class Sender(Protocol):
    """What an attempt needs of its device."""

    @property
    def kind(self) -> TransportKind:
        """What the transport can do about an ambiguous send."""

    def session_for(self, epoch: int) -> Session | None:
        """The fence: the live session if the device may send under this epoch at this moment."""

    async def pause(self, seconds: float) -> None:
        """Wait; may return early when the device is halted."""


Send = Callable[[Hand, Session, Outgoing], Awaitable[Accepted]]


async def send_plainly(hand: Hand, session: Session, outgoing: Outgoing) -> Accepted:
    """The one call to the transport, with nothing around it."""
    hand.is_unanswered = True
    return await _answer(session.send(outgoing), SendAmbiguous("the transport cancelled the send"))


async def _answer(asked: Coroutine[Any, Any, T], cancelled: TransportError) -> T:
    """Wait for the transport, and raise `cancelled` where it cancelled something of its own."""
    try:
        return await asked
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise cancelled from None


async def contained_attempt(hand: Hand, make: Callable[[], Awaitable[Report]]) -> Report:
    """The report that `make` gives; an error that nobody foresaw has a report too, and ends nothing else."""
    message = hand.message
    with contained_all(
        "shardhost.message",
        message_id=message.message_id,
        device_id=message.device_id,
        trace_id=telemetry.trace_id(message.traceparent),
    ):
        return await make()
    if hand.is_unanswered:
        return _report(hand, pb.Outcome.RESULT_AMBIGUOUS)
    return cannot_render(hand)


def cannot_render(hand: Hand) -> Report:
    """Reports a message without a text: refused, or ambiguous if an earlier attempt may have been sent."""
    doubtful = hand.message.repeat
    result = pb.Outcome.RESULT_AMBIGUOUS if doubtful else pb.Outcome.RESULT_REFUSED
    return _report(hand, result, failure=pb.FAILURE_RENDER)


async def prepare(hand: Hand, sender: Sender) -> Report | None:
    """Look up what the send needs, for as long as the hand is fresh; the outcome, where that ends it.

    Once a session; without one there is nothing to do.
    """
    session = None if _sends_nothing(hand, sender) else sender.session_for(hand.message.epoch)
    if session is None or session is hand.prepared:
        return None
    try:
        async with asyncio.timeout(hand.fresh_s):
            await _answer(session.prepare(hand.message.recipient), NotSent("the look-up was cancelled"))
    except SendRefused as refused:
        return _refused(hand, refused, doubtful=hand.is_doubtful)
    except (NotSent, TimeoutError):
        return _unsent(hand, doubtful=hand.is_doubtful)
    hand.prepared = session
    return None


async def attempt(hand: Hand, sender: Sender, send: Send) -> Report:
    """Sends the message and reports the outcome. `send` does the one call to the transport."""
    message = hand.message
    if _sends_nothing(hand, sender):
        return await _traced(hand, sender)
    text = _text(hand)
    if not text:
        return cannot_render(hand)
    hand.text_hash = hashlib.sha256(text.encode()).digest()[:_HASH_BYTES]
    outgoing = Outgoing(message.recipient, text, message.wire_id, is_first_contact=message.is_first_contact)
    return await _until_known(hand, outgoing, sender, send)


def _sends_nothing(hand: Hand, sender: Sender) -> bool:
    """Whether an earlier attempt may have gone, and a second send would be a second message."""
    message = hand.message
    return message.trace_only or (message.repeat and sender.kind is not TransportKind.REPEATABLE)


def _text(hand: Hand) -> str:
    """Renders the text for the lead: the same at every attempt. Empty when no text can be rendered."""
    if hand.wording is None:
        return ""
    message = hand.message
    lead = Lead(message.name, message.attributes, message.language, message.local_minute // 60)
    text = hand.wording.render(lead, message.message_id.to_bytes(_ID_BYTES, "big"))
    return text if text.strip() else ""


async def _until_known(hand: Hand, outgoing: Outgoing, sender: Sender, send: Send) -> Report:
    """Send, and repeat while there is no answer."""
    for number in range(1 + REPEATS):
        await _pause(sender, number)
        # The session may be another one than a moment ago.
        ended = await prepare(hand, sender)
        if ended is not None:
            return ended
        session = sender.session_for(hand.message.epoch)
        if session is None or session is not hand.prepared or not hand.is_fresh:
            break
        was_doubtful = hand.is_doubtful
        try:
            accepted = await send(hand, session, outgoing)
        except NotSent:
            return _unsent(hand, doubtful=was_doubtful)
        except SendRefused as refused:
            return _refused(hand, refused, doubtful=was_doubtful)
        except SendAmbiguous:
            hand.is_unanswered = True
            if sender.kind is not TransportKind.REPEATABLE:
                return await _traced(hand, sender)
        else:
            # The age of a repeat is that of the first acceptance; but this attempt went over the air now,
            # and the device's next gap counts from it.
            age = 0.0 if accepted.repeated else accepted.age
            return _sent(hand, accepted, age)
    return _unsent(hand, doubtful=hand.is_doubtful)


async def _pause(sender: Sender, number: int) -> None:
    """Before another try; none before the first."""
    if number:
        await sender.pause(_FIRST_PAUSE_S * 2 ** (number - 1) * random.uniform(0.5, 1.0))


async def _traced(hand: Hand, sender: Sender) -> Report:
    """Reports what became of the attempts that were made; of the text only what this hand sent is known."""
    traced = await _trace(hand, sender) if sender.kind is TransportKind.TRACEABLE else UNCLEAR
    if traced.fate is Fate.WENT:
        return _report(hand, pb.Outcome.RESULT_SENT, age=traced.age)
    if traced.fate is Fate.UNCLEAR:
        return _report(hand, pb.Outcome.RESULT_AMBIGUOUS)
    # Of a first attempt the older word says the same.
    asked_for = hand.message.repeat or hand.message.trace_only
    return _report(hand, pb.Outcome.RESULT_NEVER_SENT if asked_for else pb.Outcome.RESULT_NOT_SENT)


async def _trace(hand: Hand, sender: Sender) -> Traced:
    """Ask while that is unclear. Nothing goes, so the hand need not be fresh; an error proves nothing."""
    message = hand.message
    for number in range(1 + REPEATS):
        await _pause(sender, number)
        session = sender.session_for(message.epoch)
        if session is None:
            break
        with contained_all("shardhost.trace", message_id=message.message_id, device_id=message.device_id):
            traced = await _answer(session.trace(message.wire_id), NotSent("the question was cancelled"))
            if traced.fate is not Fate.UNCLEAR:
                return traced
    return UNCLEAR


def _sent(hand: Hand, accepted: Accepted, age: float) -> Report:
    report = _report(hand, pb.Outcome.RESULT_SENT, age=age)
    # The message was sent, also where the transport's answer about the recipient is wrong.
    with contained_all("shardhost.recipient", message_id=hand.message.message_id):
        report.lid, report.known_as = news(accepted, hand.message.recipient, hand.message.lid)
    return report


def _refused(hand: Hand, refused: SendRefused, *, doubtful: bool) -> Report:
    """A refused attempt did not go; where an earlier one may have, nothing is certain all the same."""
    result = pb.Outcome.RESULT_AMBIGUOUS if doubtful else pb.Outcome.RESULT_REFUSED
    report = _report(hand, result, failure=_FAILURES[refused.failure], hold_s=whole_seconds(refused.hold))
    report.ban_reason = cast(pb.BanReason, int(refused.reason))
    return report


def _unsent(hand: Hand, *, doubtful: bool) -> Report:
    """Reports an attempt that did not leave the host; an earlier one may have."""
    return _report(hand, pb.Outcome.RESULT_AMBIGUOUS if doubtful else pb.Outcome.RESULT_NOT_SENT)


def _report(
    hand: Hand,
    result: pb.Outcome.Result,
    *,
    age: float = 0.0,
    failure: pb.Failure = pb.FAILURE_UNSPECIFIED,
    hold_s: int = 0,
) -> Report:
    went = result in (pb.Outcome.RESULT_SENT, pb.Outcome.RESULT_AMBIGUOUS)
    text_hash = hand.text_hash if went else b""
    return Report(hand.message, hand.shard, result, boottime() - age, failure, hold_s, text_hash)
