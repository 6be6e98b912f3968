"""The stream of one shard host: reads its frames in order, and writes what its attachment queues."""

import asyncio
import logging
from collections.abc import AsyncIterator

import grpc

from kompang.dispatch.v1 import dispatch_pb2 as pb
from kompang.dispatch.v1 import dispatch_pb2_grpc
from services.callers import Role
from services.consent.vocabulary import read_ahead
from services.dispatch.attachment import Attachment
from services.dispatch.devices.link import Link, links
from services.dispatch.devices.marks import record
from services.dispatch.devices.roster import Roster
from services.dispatch.devices.store import DeviceMark, DeviceStore
from services.dispatch.frames import greeting, next_frame
from services.dispatch.inbound.inbound import InboundTexts
from services.dispatch.leases.leases import Leases
from services.dispatch.leases.store import Cluster
from services.dispatch.outcomes.outcomes import Outcomes
from services.dispatch.policy import event_change
from services.dispatch.receipts.receipts import Receipts
from services.dispatch.settings import DispatchSettings
from services.runtime.containment import PASSING, contained, contained_each
from services.runtime.errors import Aborted, Unavailable
from services.runtime.lifecycle import Life, set_within
from services.runtime.peer import current_peer, refused

log = logging.getLogger(__name__)

# Frames that a host waits for the answer of.
_ANSWERED = frozenset({"claims", "releases"})

_ATTACH = "kompang.dispatch.v1.DispatchService/Attach"


class DispatchServicer(dispatch_pb2_grpc.DispatchServiceServicer):
    """One `Attach` is one host, for as long as it stays."""

    def __init__(
        self,
        name: str,
        cluster: Cluster,
        devices: DeviceStore,
        roster: Roster,
        leases: Leases,
        outcomes: Outcomes,
        inbound: InboundTexts,
        receipts: Receipts,
        settings: DispatchSettings,
        life: Life,
    ) -> None:
        self._name = name
        self._cluster = cluster
        self._devices = devices
        self._roster = roster
        self._leases = leases
        self._outcomes = outcomes
        self._inbound = inbound
        self._receipts = receipts
        self._settings = settings
        self._life = life
        # In the order in which they came, which is the order in which they end when this replica leaves.
        self._attachments: dict[int, Attachment] = {}
        # Set while no host is attached.
        self._alone = asyncio.Event()
        self._alone.set()

    async def Attach(  # noqa: N802 - the name of the RPC
        self, request_iterator: AsyncIterator[pb.AttachRequest], _context: grpc.aio.ServicerContext
    ) -> AsyncIterator[pb.AttachResponse]:
        """See the proto."""
        requests = aiter(request_iterator)
        attachment = await self._welcome(requests)
        reader = asyncio.create_task(self._read(attachment, requests))
        try:
            async for frame in attachment.frames():
                yield frame
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            if not reader.cancelled() and reader.exception() is not None:
                raise reader.exception()  # type: ignore[misc]
            raise Unavailable("this stream has ended; attach again")
        finally:
            reader.cancel()
            self._leave(attachment)

    def _leave(self, attachment: Attachment) -> None:
        self._roster.detach(attachment)
        self._attachments.pop(attachment.number, None)
        if not self._attachments:
            self._alone.set()
        log.info("host detached", extra={"host": attachment.host_id})

    async def _welcome(self, requests: AsyncIterator[pb.AttachRequest]) -> Attachment:
        attachment = Attachment(await greeting(requests, self._life))
        _authorise(attachment.host_id)
        await self._leases.attach(attachment)
        self._attachments[attachment.number] = attachment
        self._alone.clear()
        attachment.send(
            welcome=pb.Welcome(
                dispatch_id=self._name,
                shard_count=self._cluster.shard_count,
                term_ms=int(self._settings.term_s * 1000),
                text_key=self._cluster.text_key,
            )
        )
        log.info("host attached", extra={"host": attachment.host_id})
        return attachment

    async def _read(self, attachment: Attachment, requests: AsyncIterator[pb.AttachRequest]) -> None:
        try:
            while (request := await next_frame(requests)) is not None:
                kind = request.WhichOneof("frame")
                # Without its answer a claim would keep its host waiting for ever: the host attaches again.
                raised = (Exception,) if kind in _ANSWERED else PASSING
                with contained("dispatch.frame", raised=raised, host=attachment.host_id, frame=kind):
                    await self._take(attachment, request)
        finally:
            attachment.close()

    async def _take(self, attachment: Attachment, request: pb.AttachRequest) -> None:
        match request.WhichOneof("frame"):
            case "renew":
                await self._renew(attachment, request.renew)
            case "claims":
                await self._leases.claim(attachment, request.claims.claims)
            case "releases":
                await self._leases.release(attachment, request.releases.claims)
            case "ready":
                self._ready(attachment, request.ready)
            case "outcomes":
                self._outcomes.add(attachment, request.outcomes)
            case "inbound":
                await read_ahead()
                self._inbound.add(attachment, request.inbound)
            case "receipts":
                self._receipts.add(attachment, request.receipts)
            case "device_events":
                await self._device_events(attachment, request.device_events)
            case _:
                raise ValueError("a frame that this version does not know")

    async def _renew(self, attachment: Attachment, renew: pb.Renew) -> None:
        try:
            is_current = await self._leases.renew(attachment)
        except Unavailable:
            # No answer is the answer: the host counts its term by itself, and the database may be
            # back before it is over.
            log.warning("a renewal found the database away", extra={"host": attachment.host_id})
            return
        if not is_current:
            raise Aborted("this stream is not the host's newest, or its term is over; attach again")
        attachment.send(renewed=pb.Renewed(renew_id=renew.renew_id))

    def _ready(self, attachment: Attachment, ready: pb.ReadyFrame) -> None:
        for device_id in ready.device_ids:
            with contained("dispatch.credit", device_id=device_id):
                self._roster.credit(device_id, attachment)

    async def _device_events(self, attachment: Attachment, frame: pb.DeviceEventFrame) -> None:
        marks = []
        served = []
        for event in frame.events:
            slot = self._roster.slot(event.device_id)
            if slot is None or slot.attachment is not attachment:
                continue
            served.append(event)
            if event.type != pb.DeviceEvent.TYPE_CONNECTED:
                slot.is_ready = False
            with contained("dispatch.device_event", device_id=event.device_id):
                change = event_change(event, self._settings)
                if change is not None:
                    marks.append(DeviceMark.of(event.device_id, event.epoch, change))
        await record(self._devices, marks)
        await contained_each("dispatch.device_link", links(served), self._devices.keep_links, Link.ids)

    async def drain(self) -> None:
        """Asks the hosts to leave, waits until they have, or for half of the drain's time."""
        for attachment in list(self._attachments.values()):
            attachment.send(drain=pb.Drain())
        await set_within(self._alone, self._settings.drain_s / 2)
        for attachment in list(self._attachments.values()):
            attachment.close()


def _authorise(host_id: str) -> None:
    """A host speaks for itself alone. Raises `PermissionDenied` when its certificate is another's."""
    peer = current_peer.get()
    if peer is not None and not peer.may_be(Role.SHARDHOST, host_id):
        raise refused(_ATTACH, peer, "a host may only be the one that its certificate names")
