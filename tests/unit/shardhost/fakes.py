"""A transport in memory, and a fleet around it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from kompang.dispatch.v1 import dispatch_pb2 as pb
from shardhost.connection import HostContext
from shardhost.fleet import Fleet
from shardhost.outbox import Outbox
from shardhost.outcomes import Outcomes
from shardhost.term import Term
from shardhost.transports.receipt import Receipt
from shardhost.transports.transport import (
    UNCLEAR,
    Accepted,
    Inbound,
    NotSent,
    Outgoing,
    SendAmbiguous,
    SessionEvent,
    SessionKey,
    Traced,
    TransportKind,
)
from tests.support.plain_template import plain
from tests.support.slowness import patient

EPOCH = 7


class FakeSession:
    def __init__(
        self,
        transport: "FakeTransport",
        key: SessionKey,
        on_event: Callable[[SessionEvent], None],
        on_inbound: Callable[[Inbound], None],
        on_receipt: Callable[[Receipt], None],
    ):
        self.key = key
        self.jid = f"{key.phone}:1@s.whatsapp.net"
        self.transport = transport
        self.is_closed = False
        self._on_event = on_event
        self.deliver = on_inbound
        self.tell = on_receipt
        self.confirmed: list[str] = []
        self.confirmed_receipts: list[Receipt] = []
        self._pending: set[asyncio.Future[Accepted]] = set()

    async def prepare(self, recipient: str) -> None:
        self.transport.looked_up.append(recipient)
        found = self.transport.look_ups.pop(0) if self.transport.look_ups else None
        if isinstance(found, Exception):
            raise found
        if found is not None:
            await found

    async def trace(self, wire_id: str) -> Traced:
        self.transport.asked.append(wire_id)
        traced = self.transport.traces.pop(0) if self.transport.traces else UNCLEAR
        if isinstance(traced, BaseException):
            raise traced
        return traced

    async def send(self, outgoing: Outgoing) -> Accepted:
        if self.is_closed:
            raise NotSent
        self.transport.sent.append((self.key, outgoing))
        answer = self.transport.answers.pop(0) if self.transport.answers else Accepted(0.0)
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, Accepted):
            return answer
        pending: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
        self._pending.add(pending)
        return await pending

    def confirm(self, inbound_id: str) -> None:
        if self.transport.confirm_error:
            raise self.transport.confirm_error
        self.confirmed.append(inbound_id)

    def confirm_receipt(self, receipt: Receipt) -> None:
        if self.transport.confirm_error:
            raise self.transport.confirm_error
        self.confirmed_receipts.append(receipt)

    async def close(self) -> None:
        self._end()
        if self.transport.close_error:
            raise self.transport.close_error

    def end(self, event: SessionEvent) -> None:
        self._end()
        self._on_event(event)

    def answer(self) -> None:
        for pending in self._pending:
            pending.set_result(Accepted(0.0))
        self._pending.clear()

    def _end(self) -> None:
        self.is_closed = True
        for pending in self._pending:
            pending.set_exception(SendAmbiguous())
        self._pending.clear()


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass
class FakeTransport:
    """`answers` are used one a send, "wait" for none until `answer` or the session's end.

    `look_ups` are used one a look-up and `traces` one a question, where there are any.

    No session opens before `opens` is set.
    """

    kind: TransportKind = TransportKind.REPEATABLE
    version: str = "1"
    answers: list[Accepted | BaseException | str] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)
    look_ups: list[Awaitable[None] | Exception] = field(default_factory=list)
    traces: list[Traced | BaseException] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    sent: list[tuple[SessionKey, Outgoing]] = field(default_factory=list)
    sessions: list[FakeSession] = field(default_factory=list)
    close_error: BaseException | None = None
    confirm_error: Exception | None = None
    opens: asyncio.Event = field(default_factory=_set)

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def open(
        self,
        device: SessionKey,
        on_event: Callable[[SessionEvent], None],
        on_inbound: Callable[[Inbound], None],
        on_receipt: Callable[[Receipt], None],
    ) -> FakeSession:
        await self.opens.wait()
        if self.refusals:
            raise self.refusals.pop(0)
        self.sessions.append(FakeSession(self, device, on_event, on_inbound, on_receipt))
        return self.sessions[-1]

    async def close(self) -> None:
        pass


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Rig:
    fleet: Fleet
    outbox: Outbox
    transport: FakeTransport
    clock: Clock
    idle: list[int]

    def admit(self, *devices: int, shard: int = 1) -> None:
        self.fleet.serve(shard, EPOCH)
        self.list_devices(*devices, shard=shard)

    def list_devices(self, *devices: int, shard: int = 1, connect: bool = True, proxy: str = "") -> None:
        self.fleet.on_devices(
            pb.DeviceFrame(
                devices=[
                    pb.Device(
                        device_id=d,
                        shard=shard,
                        transport="simulated",
                        phone=str(6010 + d),
                        connect=connect,
                        proxy=proxy,
                    )
                    for d in devices
                ]
            )
        )

    def hand(self, device: int = 1, text: str = "Hi {name}", **fields: object) -> None:
        values: dict[str, object] = {
            "message_id": 5, "device_id": device, "epoch": EPOCH, "template_id": 1, "recipient": "6019",
            "name": "Siti", "wire_id": "W5", "is_first_contact": True,
        }  # fmt: skip
        self.fleet.on_messages(
            pb.MessageFrame(
                templates=[plain(text)],
                messages=[pb.OutgoingMessage(**{**values, **fields})],  # type: ignore[arg-type]
            )
        )

    async def frames_of(self, kind: str) -> list[pb.AttachRequest]:
        """The next flush that has frames of this kind; what is flushed before goes."""
        async with asyncio.timeout(patient(5)):
            while True:
                await self.outbox.wait()
                frames = [f for f in self.outbox.frames() if f.WhichOneof("frame") == kind]
                if frames:
                    return frames

    def acknowledge(self, frame: pb.AttachRequest) -> None:
        self.fleet.on_outcome_ack(pb.OutcomeAck(frame_id=frame.outcomes.frame_id))

    async def ready(self) -> list[int]:
        return [device for frame in await self.frames_of("ready") for device in frame.ready.device_ids]

    async def outcome(self) -> pb.Outcome:
        frames = await self.frames_of("outcomes")
        (outcome,) = frames[0].outcomes.outcomes
        return outcome

    async def event(self) -> pb.DeviceEvent:
        frames = await self.frames_of("device_events")
        return frames[0].device_events.events[-1]


@asynccontextmanager
async def rig(transport: FakeTransport | None = None) -> AsyncIterator[Rig]:
    clock, idle = Clock(), list[int]()
    term = Term(0.3, clock)
    term.restart(clock.now, 10.0)
    outbox = Outbox(Outcomes())
    outbox.open()
    outbox.open_gate()
    network = transport or FakeTransport()
    async with asyncio.TaskGroup() as group:
        host_context = HostContext(group, term, asyncio.Semaphore(64), 5.0)
        fleet = Fleet({"simulated": network}, host_context, outbox, idle.append)
        fleet.new_stream(b"key")
        yield Rig(fleet, outbox, network, clock, idle)
        fleet.close()
