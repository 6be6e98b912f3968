"""What the network decides. No I/O but the ledger's.

    arrival --accept delay--> decision --ack delay--> acknowledgement
                              (refused, lost, or a line in the ledger)

The decision is the one moment that counts: there, and not at arrival, the session must still be the
device's newest and the device not closed out. What has arrived goes on although its session be
closed or its host gone, as on the real network: that is how a send becomes ambiguous. A line of the
ledger is written before the acknowledgement is put on the link; all decisions of one moment share
one write. A known id is never refused for itself: what has been delivered cannot be invalid.

A send that the network fails on gets no answer, because nobody knows how far it came; an opening is
refused.

A host that says so (`Hello.forgets_ids`) is a client of a network that does not know ids again: a second
send of an id is a second delivery, of which reconciliations tell. It may ask instead (`questions`).

What becomes of a message that was taken (it arrives, it is opened) is drawn with its acceptance,
and told on the device's session of that moment and each later one, until a host has confirmed it. So it
comes late, twice, before the acknowledgement or without one, and to a host that never sent the message.

Only a ledger that cannot be written ends the network: then nothing may be acknowledged any more.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from infra.local.network.behavior import Behavior, Draw, Refusal
from infra.local.network.chats import Chats
from infra.local.network.devices import Devices, DeviceSession, closes_out, ends_session
from infra.local.network.ledger import Ledger, Receipt
from infra.local.network.link import Link
from infra.local.network.questions import Questions
from infra.local.network.receipts import Receipts, receipts_path
from infra.local.network.replies import Replies, Reply
from infra.local.network.schedule import Schedule
from infra.local.network.spans import record_acceptance
from infra.local.network.stats import Stats
from kompang.simulation.v1 import behavior_pb2, network_pb2
from services.consent.number_forms import canonical
from services.runtime.containment import contained_all

_NOT_CONNECTED = Refusal(behavior_pb2.FAILURE_TRANSIENT)
_REPLACED = Refusal(behavior_pb2.FAILURE_REPLACED)
_LONGEST_AGE_MS = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Arrival:
    """One send that has arrived, `arrived` in seconds of the monotonic clock."""

    session: DeviceSession
    send: network_pb2.Send
    draw: Draw
    arrived: float


class Network:
    """All devices, the behaviour, the ledger and the sends in flight."""

    def __init__(self, ledger: Ledger, behavior: Behavior) -> None:
        self.behavior = behavior
        self.ledger = ledger
        self.stats = Stats()
        self.devices = Devices()
        self._replies = Replies()
        self._chats = Chats()
        self.receipts = Receipts(receipts_path(ledger.path))
        self._to_come = 0
        self._schedule = Schedule()
        self._questions = Questions(ledger, self.devices, self._later)
        self._connection = ledger.last_connection
        self._sessions: dict[Link, dict[int, DeviceSession]] = {}
        self._attempts: dict[tuple[str, str], int] = {}
        self._opening: set[tuple[Link, int]] = set()
        self._openings: dict[str, int] = {}
        # Of each person, while identities are told.
        self._accepted: Counter[str] = Counter()
        self._decided: list[tuple[float, Link, network_pb2.Ack, Receipt | None]] = []

    async def run(self) -> None:
        """Run what is due, for ever."""
        while True:
            await self._schedule.wait()
            self.run_once(time.monotonic())

    def run_once(self, now: float) -> None:
        """Run everything that is due by `now`, seconds of the monotonic clock."""
        self._schedule.run_due(now)
        self._settle(now)

    def attach(self, link: Link) -> None:
        """A host has connected."""
        self._sessions[link] = {}

    def detach(self, link: Link) -> None:
        """The host is gone, and its sessions with it."""
        for session in self._sessions.pop(link).values():
            self.devices.detach(session)
        self._opening = {opening for opening in self._opening if opening[0] is not link}
        link.end()

    def drop(self, host: str) -> int:
        """End the streams of a host; returns how many sessions go with them."""
        dropped = [link for link in self._sessions if link.host == host]
        for link in dropped:
            link.end()
        return sum(session.ended is None for link in dropped for session in self._sessions[link].values())

    def end_links(self) -> None:
        """End every stream, once what is waiting is written."""
        for link in self._sessions:
            link.end()

    def open(self, link: Link, request: network_pb2.Open, now: float) -> None:
        """A host asks for a session of a device."""
        with contained_all("network.open", host=link.host, session_id=request.session_id) as ended:
            self._open(link, request, now)
        if ended.error is not None:
            link.not_opened(request.session_id, _NOT_CONNECTED)

    def _open(self, link: Link, request: network_pb2.Open, now: float) -> None:
        opening = self._openings.get(request.phone, 0)
        self._openings[request.phone] = opening + 1
        delay = self.behavior.open_delay(request.phone, opening)
        if delay:
            self._opening.add((link, request.session_id))
            self._schedule.call_at(now + delay, partial(self._connect_late, link, request))
        else:
            self._connect(link, request)

    def close(self, link: Link, session_ids: Iterable[int]) -> None:
        """A host ends sessions."""
        for session_id in session_ids:
            self._opening.discard((link, session_id))
            session = self._sessions[link].pop(session_id, None)
            if session:
                self.devices.detach(session)

    def receive(self, link: Link, sends: Iterable[network_pb2.Send], now: float) -> None:
        """A frame of sends has arrived."""
        for send in sends:
            self.stats.received += 1
            with contained_all("network.send", host=link.host, wire_id=send.wire_id):
                self._arrive(link, send, now)
        self._settle(now)

    def _arrive(self, link: Link, send: network_pb2.Send, now: float) -> None:
        session = self._sessions[link].get(send.session_id)
        if session is None or session.ended:
            why = session.ended if session and session.ended else _NOT_CONNECTED
            self._refuse(link, send, why, 0.0, now)
            return
        attempt = self._attempts.get((session.phone, send.wire_id), 0)
        draw = self.behavior.draw(session.phone, send.recipient, send.wire_id, attempt)
        arrival = Arrival(session, send, draw, now)
        self._questions.arrived(session, send.wire_id)
        if draw.accept_delay:
            self._schedule.call_at(now + draw.accept_delay, partial(self._decide, arrival))
        else:
            self._decide(arrival)

    def reply(self, phone: str, reply: Reply) -> bool:
        """Delivers a reply to a device; returns whether the device has a session. Raises TooManyReplies."""
        session = self.devices.live(phone)
        self._chats.opened(phone, reply.sender)
        if self._replies.keep(phone, reply) and session:
            session.link.reply(session.session_id, reply)
        return session is not None

    def confirm(self, link: Link, receipts: Iterable[network_pb2.Receipt]) -> None:
        """Replies a host has taken care of; of a session that is over they are delivered once more."""
        for receipt in receipts:
            if session := self._sessions[link].get(receipt.session_id):
                self._replies.confirm(session.phone, receipt.reply_id)

    def confirm_receipts(self, link: Link, receipts: Iterable[network_pb2.MessageReceipt]) -> None:
        """What a host has taken care of; of a session that is over it is told once more."""
        for receipt in receipts:
            if session := self._sessions[link].get(receipt.session_id):
                self.receipts.confirm(session.phone, receipt.wire_id, read=receipt.read)

    def ask(self, link: Link, questions: Iterable[network_pb2.Question]) -> None:
        """A host asks; a question that the network fails on gets no answer."""
        for question in questions:
            with contained_all("network.question", host=link.host, session_id=question.session_id):
                session = self._sessions[link].get(question.session_id)
                self._questions.ask(link, session, question, self.behavior)
                self.stats.traced += question.WhichOneof("about") == "wire_id"

    def receipts_waiting(self) -> int:
        """Receipts that nobody has confirmed, or whose time has not come."""
        return self._to_come + self.receipts.waiting()

    def _connect_late(self, link: Link, request: network_pb2.Open) -> None:
        # A host that gave up, or is gone, must not take the device from its next session.
        if (link, request.session_id) in self._opening:
            self._opening.remove((link, request.session_id))
            self._connect(link, request)

    def _connect(self, link: Link, request: network_pb2.Open) -> None:
        now = time.monotonic()
        why = self.devices.closed_out(request.phone, now) or self.behavior.open_refusal(request.phone)
        if why:
            link.not_opened(request.session_id, why)
            return
        self._connection += 1
        self.stats.connections += 1
        session = DeviceSession(link, request.session_id, request.phone, request.epoch, self._connection)
        self.devices.connect(session)
        self._sessions[link][request.session_id] = session
        link.opened(request.session_id, session.connection, f"{request.phone}:1@s.whatsapp.net")
        for reply in self._replies.of(request.phone):
            link.reply(request.session_id, reply)
        for receipt in self.receipts.of(request.phone):
            link.receipt(request.session_id, receipt)

    def _decide(self, arrival: Arrival) -> None:
        now = time.monotonic()
        session, send, draw = arrival.session, arrival.send, arrival.draw
        self._questions.decided(session, send.wire_id)
        known = not session.link.forgets_ids and self.ledger.knows(session.phone, send.wire_id)
        if why := self._prevented(session, now) or (None if known else self._refusal(arrival, now)):
            delay = 0.0 if ends_session(why) else draw.ack_delay
            self._refuse(session.link, send, why, delay, now)
        receipt = None if why or draw.lost_send else self._accept(arrival, now)
        if why or draw.lost_send or draw.lost_ack:
            self._count_attempt(arrival)
        else:
            self._attempts.pop((session.phone, send.wire_id), None)
        if not why and (draw.lost_send or draw.lost_ack):
            self.stats.lost += 1
        if send.traceparent:
            record_acceptance(send, arrival.arrived, now, why, receipt)
        if why and why is draw.refusal and ends_session(why):
            self._settle(now)  # the refusal reaches the host before the end of its session does
            if closes_out(why):
                self.devices.close_out(session.phone, why, now)
            else:
                self.devices.end(session.phone, why)

    def _refusal(self, arrival: Arrival, now: float) -> Refusal | None:
        device = arrival.session.phone
        limit = self.behavior.new_chats(device)
        return arrival.draw.refusal or self._chats.refusal(limit, device, arrival.send.recipient, now)

    def _prevented(self, session: DeviceSession, now: float) -> Refusal | None:
        if not self.devices.is_newest(session):
            return _REPLACED
        return self.devices.closed_out(session.phone, now)

    def _accept(self, arrival: Arrival, now: float) -> Receipt:
        session, send = arrival.session, arrival.send
        receipt = self.ledger.accept(
            device=session.phone,
            connection=session.connection,
            epoch=session.epoch,
            host=session.link.host,
            recipient=send.recipient,
            wire_id=send.wire_id,
            text=send.text,
            is_known=not session.link.forgets_ids,
        )
        if receipt.repeat:
            self.stats.repeated += 1
        else:
            self.stats.accepted += 1
            self._chats.taken(session.phone, send.recipient, now)
            self._plan_receipts(arrival, now)
        told = self._told(send.recipient, is_new=not receipt.repeat)
        if not arrival.draw.lost_ack:
            ack = network_pb2.Ack(send_id=send.send_id, session_id=send.session_id, repeated=receipt.repeat)
            ack.lid, ack.number = told
            delay = arrival.draw.ack_delay
            self._decided.append((now + delay if delay else 0.0, session.link, ack, receipt))
        return receipt

    def _plan_receipts(self, arrival: Arrival, now: float) -> None:
        """Draws what becomes of a message that is taken, and has it happen."""
        device, wire_id = arrival.session.phone, arrival.send.wire_id
        planned = self.behavior.receipts(device, arrival.send.recipient, wire_id)
        # Early ones come ahead of the acknowledgement that `_settle` has not put on the link yet.
        begin = now if planned.early else now + arrival.draw.ack_delay
        for delay, read in ((planned.delivered, False), (planned.read, True)):
            if delay is None:
                continue
            self._to_come += 1
            happen = partial(self._happen, device, wire_id, read=read, twice=planned.twice)
            if planned.early and not delay:
                happen()
            else:
                self._schedule.call_at(begin + delay, happen)

    def _happen(self, device: str, wire_id: str, *, read: bool, twice: bool) -> None:
        self._to_come -= 1
        # What is told was taken: it is in the ledger.
        self.ledger.flush()
        receipt = self.receipts.happened(device, wire_id, read=read)
        self.receipts.flush()
        session = self.devices.live(device)
        for _ in range(2 if twice else 1):
            if session:
                session.link.receipt(session.session_id, receipt)

    def _told(self, recipient: str, *, is_new: bool) -> tuple[str, str]:
        if not self.behavior.identities.are_told:
            return "", ""
        person = canonical(recipient)
        told = self.behavior.identities.told(person, self._accepted[person])
        self._accepted[person] += is_new
        return told

    def identity(self, number: str) -> str:
        """What a person is known by now."""
        person = canonical(number)
        return self.behavior.identities.of(person, self._accepted[person])

    def _refuse(self, link: Link, send: network_pb2.Send, why: Refusal, delay: float, now: float) -> None:
        self.stats.refused[why.failure] += 1
        ack = network_pb2.Ack(
            send_id=send.send_id,
            session_id=send.session_id,
            failure=why.failure,
            hold_ms=why.hold_ms,
            ban_reason=why.ban_reason,
        )
        self._decided.append((now + delay if delay else 0.0, link, ack, None))

    def _later(self, delay: float, call: Callable[[], None]) -> None:
        """Call at once, or after so many seconds."""
        if delay:
            self._schedule.call_at(time.monotonic() + delay, call)
        else:
            call()

    def _count_attempt(self, arrival: Arrival) -> None:
        key = arrival.session.phone, arrival.send.wire_id
        self._attempts[key] = self._attempts.get(key, 0) + 1

    def _settle(self, now: float) -> None:
        """Make what was decided durable, and only then acknowledge it, at once (due 0) or when due."""
        self.ledger.flush()
        decided, self._decided = self._decided, []
        for due, link, ack, receipt in decided:
            if due <= now:
                with contained_all("network.ack", host=link.host, send_id=ack.send_id):
                    _acknowledge(link, ack, receipt)
            else:
                self._schedule.call_at(due, partial(_acknowledge, link, ack, receipt))


def _acknowledge(link: Link, ack: network_pb2.Ack, receipt: Receipt | None) -> None:
    if receipt:
        # Rounded down: the age is never more than the truth.
        age_ms = int((time.time() - receipt.time) * 1000)
        ack.accepted_age_ms = min(max(0, age_ms), _LONGEST_AGE_MS)
    link.ack(ack)
