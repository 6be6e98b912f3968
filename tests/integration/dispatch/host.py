"""A shard host of few words: attaches, claims, and answers by hand."""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import grpc

from kompang.dispatch.v1 import dispatch_pb2 as pb
from kompang.dispatch.v1 import dispatch_pb2_grpc
from services.runtime.channel import connect
from tests.support.database import SHARDS
from tests.support.slowness import patient

RENEW_S = 0.5


class Host:
    def __init__(self, call, incarnation: str) -> None:
        self.call = call
        self.incarnation = incarnation
        self.welcome = pb.Welcome()
        self.frames = 0
        # Of a shard at least: whoever never held one has heard nothing.
        self.holds = False
        self._ended = asyncio.Event()
        self._end: grpc.aio.AioRpcError | None = None
        self._writing = asyncio.Lock()
        self._kinds: dict[str, asyncio.Queue] = defaultdict(asyncio.Queue)

    async def write(self, **frame) -> None:
        if ("inbound" in frame or "receipts" in frame) and not self.holds:
            await self.claim(range(SHARDS), 1)
        async with self._writing:  # gRPC takes one write at a time
            try:
                await self.call.write(pb.AttachRequest(**frame))
            except (grpc.aio.AioRpcError, asyncio.InvalidStateError) as error:
                # gRPC says of a write that met the end of a stream, or came after it, only that it failed.
                await asyncio.wait_for(self._ended.wait(), patient(2.0))
                raise self._end or error from None

    async def sort(self) -> None:
        """Reads the stream to its end, each kind of frame into a queue of its own."""
        try:
            while response := await self.call.read():
                kind = response.WhichOneof("frame")
                self._kinds[kind].put_nowait(getattr(response, kind))
        except grpc.aio.AioRpcError as error:
            self._end = error
        self._ended.set()

    @property
    def has_ended(self) -> bool:
        """Whether the stream is over."""
        return self._ended.is_set()

    async def ended(self, within_s: float) -> bool:
        """Whether the stream was ended by dispatch."""
        await asyncio.wait_for(self._ended.wait(), within_s)
        return True

    async def renew(self) -> None:
        while True:
            await self.write(renew=pb.Renew(renew_id=1))
            await asyncio.sleep(RENEW_S)

    async def read(self, kind: str, within_s: float = patient(10.0)):
        """The next frame of this kind. Raises what the stream ended with, when it ends before that frame."""
        frame = asyncio.create_task(self._kinds[kind].get())
        end = asyncio.create_task(self._ended.wait())
        try:
            await asyncio.wait((frame, end), timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
            if frame.done():
                return frame.result()
            if not end.done():
                raise TimeoutError(f"no {kind}; the stream stands")
            raise self._end or EOFError(f"no {kind}; dispatch ended the stream without a status")
        finally:
            frame.cancel()
            end.cancel()

    async def claim(self, shards, epoch: int) -> list[pb.Lease]:
        self.holds = True
        claims = [pb.ShardClaim(shard=shard, epoch=epoch) for shard in shards]
        await self.write(claims=pb.ClaimFrame(claims=claims))
        return list((await self.read("leases")).leases)

    async def ready(self, devices) -> None:
        await self.write(ready=pb.ReadyFrame(device_ids=devices))

    async def messages(self, count: int, within_s: float = patient(10.0)) -> list[pb.OutgoingMessage]:
        found: list[pb.OutgoingMessage] = []
        async with asyncio.timeout(within_s):
            while len(found) < count:
                found += (await self.read("messages", within_s)).messages
        return found

    async def report(self, messages, result=pb.Outcome.RESULT_SENT, *, ready: bool = True, **fields) -> None:
        """Outcomes for messages, and waits until they are committed."""
        self.frames += 1
        outcomes = [
            pb.Outcome(
                message_id=m.message_id,
                scheduled_at_us=m.scheduled_at_us,
                device_id=m.device_id,
                epoch=m.epoch,
                result=result,
                ready=ready,
                **fields,
            )
            for m in messages
        ]
        await self.write(outcomes=pb.OutcomeFrame(frame_id=self.frames, outcomes=outcomes))
        while (await self.read("outcome_ack")).frame_id != self.frames:
            pass

    async def tell(self, *receipts: pb.Receipt) -> None:
        """What the network told of messages, in one frame; waits until it is recorded."""
        self.frames += 1
        await self.write(receipts=pb.ReceiptFrame(frame_id=self.frames, receipts=receipts))
        while (await self.read("receipt_ack")).frame_id != self.frames:
            pass

    async def hear(
        self, device_id: int, sender: str, text: str, inbound_id: str = "in-1", *, lid: str = ""
    ) -> None:
        """Somebody wrote to a device; waits until it is recorded."""
        inbound = pb.Inbound(device_id=device_id, inbound_id=inbound_id, sender=sender, text=text, lid=lid)
        await self.hear_all([inbound])

    async def hear_all(self, inbound: list[pb.Inbound]) -> None:
        """What people wrote, in one frame; waits until it is recorded."""
        self.frames += 1
        await self.write(inbound=pb.InboundFrame(frame_id=self.frames, inbound=inbound))
        while (await self.read("inbound_ack")).frame_id != self.frames:
            pass


@asynccontextmanager
async def attached(
    address: str,
    *,
    incarnation: str | None = None,
    session: str = "none",
    host_id: str = "",
    clients: Mapping[str, str] | None = None,
) -> AsyncIterator[Host]:
    incarnation = incarnation or str(uuid.uuid4())
    async with connect(address) as channel:
        call = dispatch_pb2_grpc.DispatchServiceStub(channel).Attach(timeout=120)
        host = Host(call, incarnation)
        hello = pb.Hello(
            host_id=host_id or f"host-{incarnation[:8]}",
            incarnation=incarnation,
            consul_session=session,
            clients=clients or {},
        )
        await host.write(hello=hello)
        tasks = [asyncio.create_task(host.sort())]
        host.welcome = await host.read("welcome")
        tasks.append(asyncio.create_task(host.renew()))
        try:
            yield host
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            call.cancel()
