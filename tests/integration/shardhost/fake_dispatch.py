"""A dispatch that grants what is asked and remembers what it receives; scripted by the test."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc

from kompang.dispatch.v1 import dispatch_pb2 as pb
from kompang.dispatch.v1 import dispatch_pb2_grpc
from services.callers import CALLERS
from services.runtime.discovery import Discovery
from services.runtime.server import Server
from services.runtime.server_settings import ServerSettings
from tests.support.proxy import Proxy

Queue = asyncio.Queue[pb.AttachResponse | None]

SERVICE = "kompang.dispatch.v1.DispatchService"


@dataclass
class Received:
    """Everything that hosts said, over all streams."""

    hellos: list[pb.Hello] = field(default_factory=list)
    claims: list[tuple[str, int, int]] = field(default_factory=list)
    released: list[tuple[str, int, int]] = field(default_factory=list)
    ready: list[int] = field(default_factory=list)
    outcomes: list[pb.Outcome] = field(default_factory=list)
    events: list[pb.DeviceEvent] = field(default_factory=list)
    kinds: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))


class FakeDispatch(dispatch_pb2_grpc.DispatchServiceServicer):
    def __init__(self, *, shard_count: int = 8, term_s: float = 3.0) -> None:
        self.shard_count = shard_count
        self.term_s = term_s
        self.devices: list[pb.Device] = []
        self.received = Received()
        self.holders: dict[int, str] = {}
        self.epochs: dict[int, int] = {}
        self.acknowledges = True
        self.answers_renewals = True
        self.refuses = False
        self.refused = 0
        self.answer_claim: Callable[[pb.ShardClaim], pb.Lease | None] = lambda _: None
        self.changed = asyncio.Condition()
        self._streams: dict[int, Queue] = {}

    async def Attach(  # noqa: N802 - the name of the RPC
        self, requests: AsyncIterator[pb.AttachRequest], context: grpc.aio.ServicerContext
    ) -> AsyncIterator[pb.AttachResponse]:
        if self.refuses:
            async with self.changed:
                self.refused += 1
                self.changed.notify_all()
            await context.abort(grpc.StatusCode.UNAVAILABLE, "refused by the test")
        number = len(self.received.hellos)
        out: Queue = asyncio.Queue(1000)
        self._streams[number] = out
        reader = asyncio.create_task(self._read(number, requests, out))
        try:
            while (response := await out.get()) is not None:
                yield response
            await context.abort(grpc.StatusCode.UNAVAILABLE, "ended by the test")
        finally:
            self._streams.pop(number, None)
            reader.cancel()

    async def _read(self, number: int, requests: AsyncIterator[pb.AttachRequest], out: Queue) -> None:
        host = ""
        async for request in requests:
            kind = request.WhichOneof("frame")
            async with self.changed:
                self.received.kinds[number].append(kind)
                if kind == "hello":
                    host = request.hello.host_id
                self._hear(host, request, out)
                self.changed.notify_all()

    def _hear(self, host: str, request: pb.AttachRequest, out: Queue) -> None:
        match request.WhichOneof("frame"):
            case "hello":
                self.received.hellos.append(request.hello)
                welcome = pb.Welcome(
                    dispatch_id="fake", shard_count=self.shard_count, term_ms=int(self.term_s * 1000)
                )
                out.put_nowait(pb.AttachResponse(welcome=welcome))
            case "renew" if self.answers_renewals:
                out.put_nowait(pb.AttachResponse(renewed=pb.Renewed(renew_id=request.renew.renew_id)))
            case "claims":
                self._claim(host, request.claims.claims, out)
            case "releases":
                self._release(host, request.releases.claims, out)
            case "ready":
                self.received.ready.extend(request.ready.device_ids)
            case "outcomes":
                self.received.outcomes.extend(request.outcomes.outcomes)
                if self.acknowledges:
                    ack = pb.OutcomeAck(frame_id=request.outcomes.frame_id)
                    out.put_nowait(pb.AttachResponse(outcome_ack=ack))
            case "device_events":
                self.received.events.extend(request.device_events.events)

    def _claim(self, host: str, claims: Iterable[pb.ShardClaim], out: Queue) -> None:
        leases = []
        for claim in claims:
            self.received.claims.append((host, claim.shard, claim.epoch))
            lease = self.answer_claim(claim) or pb.Lease(
                shard=claim.shard, epoch=claim.epoch, status=pb.Lease.STATUS_GRANTED
            )
            if lease.status == pb.Lease.STATUS_GRANTED:
                self.holders[claim.shard] = host
                self.epochs[claim.shard] = claim.epoch
            leases.append(lease)
        out.put_nowait(pb.AttachResponse(leases=pb.LeaseFrame(leases=leases)))
        granted = {lease.shard for lease in leases if lease.status == pb.Lease.STATUS_GRANTED}
        devices = [device for device in self.devices if device.shard in granted]
        out.put_nowait(pb.AttachResponse(devices=pb.DeviceFrame(devices=devices)))

    def _release(self, host: str, claims: Iterable[pb.ShardClaim], out: Queue) -> None:
        leases = []
        for claim in claims:
            self.received.released.append((host, claim.shard, claim.epoch))
            self.holders.pop(claim.shard, None)
            leases.append(pb.Lease(shard=claim.shard, epoch=claim.epoch, status=pb.Lease.STATUS_RELEASED))
        out.put_nowait(pb.AttachResponse(leases=pb.LeaseFrame(leases=leases)))

    def send(self, **frame: object) -> None:
        """On the newest stream."""
        self.send_raw(pb.AttachResponse(**frame))  # type: ignore[arg-type]

    def send_raw(self, response: pb.AttachResponse) -> None:
        """Likewise."""
        self._streams[max(self._streams)].put_nowait(response)

    def break_streams(self) -> None:
        for out in self._streams.values():
            out.put_nowait(None)

    async def until(self, condition: Callable[[], object], *, within: float = 15.0) -> None:
        async with self.changed, asyncio.timeout(within):
            await self.changed.wait_for(lambda: bool(condition()))

    @asynccontextmanager
    async def serving(
        self,
        discovery: Discovery,
        name: str = "d1",
        through: Proxy | None = None,
        settings: ServerSettings | None = None,
    ) -> AsyncIterator[Server]:
        registration = (dispatch_pb2_grpc.add_DispatchServiceServicer_to_server, self)
        given = settings or ServerSettings(drain_s=0.5)
        async with Server(given, (registration,), (SERVICE,), callers=CALLERS) as server:
            if through:
                through.target = server.address
            address = through.address if through else server.address
            async with discovery.announce("dispatch", name, address, checked_at=server.health_address):
                try:
                    yield server
                finally:
                    self.break_streams()
