"""The simulated network, reduced to what `infra/local/network` promises, and a host's transport to it.

The newest connection of a device wins; what has arrived is decided later, when the session must still be
the newest; one delivery a wire id where the network can repeat; acknowledgements may be late or lost.
Elsewhere a traceable transport asks what became of an id, by the way that sends take: none is overtaken.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shardhost.transports.receipt import Receipt, ReceiptKind
from shardhost.transports.transport import (
    UNCLEAR,
    Accepted,
    Failure,
    Fate,
    Inbound,
    NotSent,
    OpenRefused,
    Outgoing,
    SendAmbiguous,
    SendRefused,
    SessionEnd,
    SessionEvent,
    SessionKey,
    Traced,
    TransportKind,
)
from tests.model.loop import Process, Timeline

if TYPE_CHECKING:
    from tests.model.network_behavior import Conditions

SEND_TIMEOUT_S = 3.0
TRACE_TIMEOUT_S = 1.0
_WAY_S = 0.002


@dataclass(frozen=True, slots=True)
class Accept:
    """A line of the ledger."""

    at: float
    device: int
    epoch: int
    host: str
    message: int
    wire_id: str
    text: str
    is_repeat: bool


@dataclass
class Rules:
    """What the network makes sure of; switched off by negative controls alone."""

    newest_wins: bool = True
    knows_ids: bool = True
    traces_honestly: bool = True
    traces_what_is_under_way: bool = True


@dataclass
class Network:
    """`watch` hears of every send as it leaves and of every acceptance."""

    timeline: Timeline
    conditions: "Conditions"
    rules: Rules = field(default_factory=Rules)
    ledger: list[Accept] = field(default_factory=list)
    newest: "dict[int, ModelSession]" = field(default_factory=dict)
    absent: set[int] = field(default_factory=set)
    # Devices of which it refused that they begin a chat.
    locked: set[int] = field(default_factory=set)
    first: dict[tuple[int, str], float] = field(default_factory=dict)
    under_way: "Counter[tuple[ModelSession, str]]" = field(default_factory=Counter)
    # What became of messages: as far as it happened, and of each device what no host has confirmed.
    receipts_of: dict[int, set[ReceiptKind]] = field(default_factory=dict)
    untold: dict[int, dict[tuple[str, ReceiptKind], Receipt]] = field(default_factory=dict)
    to_come: int = 0
    on_leave: "Callable[[ModelSession, int], None]" = lambda _session, _message: None
    on_accept: Callable[[Accept], None] = lambda _accept: None

    def connect(self, session: "ModelSession") -> None:
        device = session.key.device_id
        before = self.newest.get(device)
        self.newest[device] = session
        if before is not None and before is not session:
            before.process.arrive(0.001, before.end, Failure.REPLACED)
        for receipt in list(self.untold.get(device, {}).values()):
            session.process.arrive(0.002, session.told, receipt)

    def disconnect(self, device: int) -> None:
        """The connection of a device breaks."""
        session = self.newest.get(device)
        if session is not None:
            session.process.arrive(0.001, session.end, Failure.TRANSIENT)

    def arrive(self, session: "ModelSession", send_id: int, outgoing: Outgoing) -> None:
        """A send has got here: decided now or a little later."""
        self.under_way[session, outgoing.wire_id] += 1
        self.timeline.after(self.conditions.accept_delay(), None, self._decide, session, send_id, outgoing)

    def asked(self, session: "ModelSession", wire_id: str, answer: "asyncio.Future[Traced]") -> None:
        """A question what became of an id has got here; the answer may be late, or say nothing."""
        traced = UNCLEAR if self.conditions.is_unclear() else self._fate(session, wire_id)
        delay = self.conditions.trace_delay()
        if traced.fate is Fate.WENT:
            traced = Traced(Fate.WENT, self.timeline.now + delay - self.first[session.key.device_id, wire_id])
        session.process.arrive(delay + 0.001, _answer, answer, traced)

    def _fate(self, session: "ModelSession", wire_id: str) -> Traced:
        if self.rules.traces_honestly and (session.key.device_id, wire_id) in self.first:
            return Traced(Fate.WENT)
        is_under_way = self.rules.traces_what_is_under_way and self.under_way[session, wire_id] > 0
        if is_under_way or self.newest.get(session.key.device_id) is not session:
            return UNCLEAR
        return Traced(Fate.NEVER_WENT)

    def _decide(self, session: "ModelSession", send_id: int, outgoing: Outgoing) -> None:
        device = session.key.device_id
        self.under_way[session, outgoing.wire_id] -= 1
        if self.rules.newest_wins and self.newest.get(device) is not session:
            self._answer(session, send_id, Failure.REPLACED)
            return
        key = (device, outgoing.wire_id)
        is_known = session.transport.kind is TransportKind.REPEATABLE and self.rules.knows_ids
        known = self.first.get(key) if is_known else None
        refusal = self.conditions.refusal(outgoing) if known is None else None
        if refusal is not None:
            if refusal is Failure.REACH_OUT_LIMIT and outgoing.is_first_contact:
                self.locked.add(device)
            if refusal is Failure.NOT_ON_WHATSAPP:
                self.absent.add(message_of(outgoing))
            self._answer(session, send_id, refusal)
            return
        if self.conditions.loses_send():
            return
        now = self.timeline.now
        self.first.setdefault(key, now)
        accept = Accept(
            now,
            device,
            session.key.epoch,
            session.transport.host,
            message_of(outgoing),
            outgoing.wire_id,
            outgoing.text,
            known is not None,
        )
        self.ledger.append(accept)
        self.on_accept(accept)
        for delay, kind in self.conditions.receipt_delays() if known is None else ():
            self.to_come += 1
            self.timeline.after(delay, None, self._happen, device, outgoing, ReceiptKind(kind))
        if not self.conditions.loses_ack():
            self._answer(session, send_id, None, self.first[key] if known is not None else now)

    def _happen(self, device: int, outgoing: Outgoing, kind: ReceiptKind) -> None:
        self.to_come -= 1
        self.receipts_of.setdefault(message_of(outgoing), set()).add(kind)
        receipt = Receipt(outgoing.wire_id, kind)
        self.untold.setdefault(device, {})[outgoing.wire_id, kind] = receipt
        session = self.newest.get(device)
        if session is not None:
            session.process.arrive(0.001, session.told, receipt)

    def _answer(
        self, session: "ModelSession", send_id: int, failure: Failure | None, at: float = 0.0
    ) -> None:
        delay = self.conditions.ack_delay()
        age = self.timeline.now + delay - at
        session.process.arrive(delay + 0.001, session.answered, send_id, failure, age)


def message_of(outgoing: Outgoing) -> int:
    """The message that a wire id of the model belongs to."""
    return int(outgoing.wire_id[1:].split(".")[0])


class ModelSession:
    """A `Session` of the product's Protocol."""

    def __init__(
        self,
        transport: "ModelTransport",
        process: Process,
        key: SessionKey,
        on_event: Callable[[SessionEvent], None],
        on_receipt: Callable[[Receipt], None],
    ) -> None:
        self.transport = transport
        self.process = process
        self.key = key
        self.jid = ""
        self.is_over: Exception | None = None
        self._on_event = on_event
        self._on_receipt = on_receipt
        self._sends = 0
        self._pending: dict[int, asyncio.Future[float]] = {}

    async def prepare(self, _recipient: str) -> None:
        """A look-up, where the network is no simulated one; it may take longer than a hand is fresh."""
        delay = self.transport.network.conditions.look_up_delay()
        if delay:
            await asyncio.sleep(delay)

    async def trace(self, wire_id: str) -> Traced:
        if self.is_over:
            return UNCLEAR
        network = self.transport.network
        answer: asyncio.Future[Traced] = self.process.create_future()
        network.timeline.after(_WAY_S, None, network.asked, self, wire_id, answer)
        timer = self.process.call_later(TRACE_TIMEOUT_S, _answer, answer, UNCLEAR)
        try:
            return await answer
        finally:
            timer.cancel()

    async def send(self, outgoing: Outgoing) -> Accepted:
        if self.is_over:
            raise self.is_over
        network = self.transport.network
        network.on_leave(self, message_of(outgoing))
        self._sends += 1
        send_id = self._sends
        answer: asyncio.Future[float] = self.process.create_future()
        self._pending[send_id] = answer
        network.timeline.after(_WAY_S, None, network.arrive, self, send_id, outgoing)
        timer = self.process.call_later(SEND_TIMEOUT_S, self._give_up, send_id)
        try:
            age = await answer
        finally:
            timer.cancel()
            self._pending.pop(send_id, None)
        return Accepted(age)

    def confirm(self, _inbound_id: str) -> None:
        """Nobody writes to devices here."""

    def confirm_receipt(self, receipt: Receipt) -> None:
        if not self.is_over:
            told = self.transport.network.untold.get(self.key.device_id, {})
            told.pop((receipt.wire_id, receipt.kind), None)

    async def close(self) -> None:
        self._finish(NotSent())

    def told(self, receipt: Receipt) -> None:
        """Something became of a message of the device."""
        if not self.is_over:
            self._on_receipt(receipt)

    def end(self, failure: Failure) -> None:
        """The network ends it."""
        if self.is_over:
            return
        gone = failure is Failure.TRANSIENT
        self._finish(NotSent() if gone else SendRefused(failure))
        self._on_event(SessionEvent(SessionEnd.DISCONNECTED if gone else SessionEnd.REPLACED))

    def answered(self, send_id: int, failure: Failure | None, age: float) -> None:
        answer = self._pending.pop(send_id, None)
        if answer is None or answer.done():
            return
        if failure is None:
            answer.set_result(age)
        else:
            answer.set_exception(SendRefused(failure))

    def _give_up(self, send_id: int) -> None:
        answer = self._pending.pop(send_id, None)
        if answer is not None and not answer.done():
            answer.set_exception(SendAmbiguous("no answer in time"))

    def _finish(self, later: Exception) -> None:
        if self.is_over is None:
            self.is_over = later
            for answer in self._pending.values():
                if not answer.done():
                    answer.set_exception(SendAmbiguous("the session ended"))
            self._pending.clear()


class ModelTransport:
    """A `Transport` of the product's Protocol, for one host."""

    def __init__(self, network: Network, process: Process, host: str, kind: TransportKind) -> None:
        self.network = network
        self.host = host
        self.kind = kind
        self.version = "1"
        self._process = process

    async def run(self) -> None:
        """Nothing to do: the world delivers."""

    async def open(
        self,
        device: SessionKey,
        on_event: Callable[[SessionEvent], None],
        on_inbound: Callable[[Inbound], None],
        on_receipt: Callable[[Receipt], None],
    ) -> ModelSession:
        session = ModelSession(self, self._process, device, on_event, on_receipt)
        opened: asyncio.Future[None] = self._process.create_future()
        delay = self.network.conditions.open_delay()
        self.network.timeline.after(delay, None, self._connect, session, opened)
        try:
            await opened
        except BaseException:
            # Given up: if it opens after all it is closed by then, as the stream's own close would.
            session.is_over = session.is_over or NotSent()
            raise
        return session

    async def close(self) -> None:
        """Nothing to close: the process is over."""

    def _connect(self, session: ModelSession, opened: "asyncio.Future[None]") -> None:
        if session.process.is_dead or session.is_over:
            return
        if random.random() < self.network.conditions.refuses_open():
            session.process.arrive(0.001, _refuse, opened)
            return
        self.network.connect(session)
        session.process.arrive(0.001, _open, opened)


def _answer(answer: "asyncio.Future[Traced]", traced: Traced) -> None:
    if not answer.done():
        answer.set_result(traced)


def _open(opened: "asyncio.Future[None]") -> None:
    if not opened.done():
        opened.set_result(None)


def _refuse(opened: "asyncio.Future[None]") -> None:
    if not opened.done():
        opened.set_exception(OpenRefused(Failure.TRANSIENT))
