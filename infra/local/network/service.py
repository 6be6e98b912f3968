"""The gRPC face: one stream a host, and the controls that tests use."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import grpc

from infra.local.network import presets
from infra.local.network.behavior import Refusal
from infra.local.network.ledger import Entry, iterate_ledger
from infra.local.network.link import Link
from infra.local.network.network import Network
from infra.local.network.receipts import read_receipts
from infra.local.network.replies import Reply, TooManyReplies
from kompang.simulation.v1 import behavior_pb2, network_pb2, network_pb2_grpc

_LEDGER_FRAME = 500
# Of a reply, in bytes: a full frame of the longest fits the largest message of a channel.
_LONGEST = {"phone": 32, "sender": 32, "lid": 32, "reply_id": 128, "text": 16_384}
_CLOSING_OUT = {
    network_pb2.DISRUPTION_TEMPORARY_BAN: behavior_pb2.FAILURE_TEMPORARY_BAN,
    network_pb2.DISRUPTION_LOG_OUT: behavior_pb2.FAILURE_LOGGED_OUT,
    network_pb2.DISRUPTION_BAN: behavior_pb2.FAILURE_BANNED,
    network_pb2.DISRUPTION_OUTDATE_CLIENT: behavior_pb2.FAILURE_CLIENT_OUTDATED,
    network_pb2.DISRUPTION_UNPAIR: behavior_pb2.FAILURE_NOT_PAIRED,
    network_pb2.DISRUPTION_LOCK: behavior_pb2.FAILURE_LOCKED,
}


class NetworkServicer(network_pb2_grpc.NetworkServiceServicer):
    """Turns frames into calls of the network, and back."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def Connect(  # noqa: N802 - gRPC's name
        self, request_iterator: AsyncIterator[network_pb2.ConnectRequest], context: grpc.aio.ServicerContext
    ) -> None:
        """Serve one host until it leaves, is dropped or the network drains."""
        del request_iterator  # read through the context, which can be told apart from an end
        first = await context.read()
        if first is grpc.aio.EOF or not first.HasField("hello"):
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "the first request is no Hello")
        link = Link(first.hello.host_id, forgets_ids=first.hello.forgets_ids)
        self._network.attach(link)
        try:
            async with asyncio.TaskGroup() as group:
                reader = group.create_task(self._read(link, context))
                await _write(link, context)
                left = reader.done()
                reader.cancel()
        finally:
            self._network.detach(link)
        if link.overrun:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "answers are not read")
        if not left:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "the network ended the stream: connect again")

    async def SetBehavior(  # noqa: N802 - gRPC's name
        self, request: network_pb2.SetBehaviorRequest, context: grpc.aio.ServicerContext
    ) -> behavior_pb2.Behavior:
        """Replace the behaviour."""
        try:
            self._network.behavior = presets.checked(request.behavior)
        except ValueError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        return request.behavior

    async def Disrupt(  # noqa: N802 - gRPC's name
        self, request: network_pb2.DisruptRequest, context: grpc.aio.ServicerContext
    ) -> network_pb2.DisruptResponse:
        """Do something to a device or a host."""
        dropping = request.disruption == network_pb2.DISRUPTION_DROP_HOST
        if not (request.host_id if dropping else request.phone):
            field = "host_id" if dropping else "phone"
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{field}: needed for this disruption")
        return network_pb2.DisruptResponse(ended_count=await self._disrupt(request, context))

    async def Reply(  # noqa: N802 - gRPC's name
        self, request: network_pb2.ReplyRequest, context: grpc.aio.ServicerContext
    ) -> network_pb2.ReplyResponse:
        """Somebody writes to a device."""
        for field in ("phone", "sender", "text"):
            if not getattr(request, field) and not (field == "sender" and request.lid):
                await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{field}: needed")
        for field, most in _LONGEST.items():
            if len(getattr(request, field).encode()) > most:
                await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{field}: longer than {most} bytes")
        reply = Reply(request.reply_id or uuid.uuid4().hex, request.sender, request.text, request.lid)
        if request.by_identity:
            reply = replace(reply, sender="", lid=self._network.identity(request.sender))
        try:
            delivered = self._network.reply(request.phone, reply)
        except TooManyReplies:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too much waits for this device")
        return network_pb2.ReplyResponse(reply_id=reply.reply_id, delivered=delivered)

    async def GetStats(  # noqa: N802 - gRPC's name
        self, request: network_pb2.GetStatsRequest, context: grpc.aio.ServicerContext
    ) -> network_pb2.Stats:
        """Count."""
        del request, context
        stats = self._network.stats
        return network_pb2.Stats(
            received_count=stats.received,
            accepted_count=stats.accepted,
            repeated_count=stats.repeated,
            refused_counts={behavior_pb2.Failure.Name(key): n for key, n in stats.refused.items()},
            lost_count=stats.lost,
            connection_count=stats.connections,
            traced_count=stats.traced,
            session_counts=self._network.devices.session_counts(),
            ledger_seq=self._network.ledger.seq,
            delivered_count=self._network.receipts.delivered,
            read_count=self._network.receipts.read,
            waiting_receipt_count=self._network.receipts_waiting(),
        )

    async def ListLedger(  # noqa: N802 - gRPC's name
        self, request: network_pb2.ListLedgerRequest, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[network_pb2.ListLedgerResponse]:
        """Stream the file from the line asked for to the newest one."""
        del context
        ledger = self._network.ledger
        entries = iterate_ledger(ledger.path)
        wanted = range(request.after_seq + 1, ledger.seq + 1)
        while frame := await asyncio.to_thread(_next_entries, entries, wanted):
            yield network_pb2.ListLedgerResponse(entries=frame)

    async def ListReceipts(  # noqa: N802 - gRPC's name
        self, request: network_pb2.ListReceiptsRequest, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[network_pb2.ListReceiptsResponse]:
        """Stream what has become of messages."""
        del request, context
        receipts = await asyncio.to_thread(read_receipts, self._network.receipts.path)
        for start in range(0, len(receipts), _LEDGER_FRAME):
            entries = [
                network_pb2.ReceiptEntry(
                    device=each.device, wire_id=each.wire_id, read=each.read, time=each.time
                )
                for each in receipts[start : start + _LEDGER_FRAME]
            ]
            yield network_pb2.ListReceiptsResponse(entries=entries)

    async def _read(self, link: Link, context: grpc.aio.ServicerContext) -> None:
        while (request := await context.read()) is not grpc.aio.EOF and not link.ended:
            now = time.monotonic()
            match request.WhichOneof("frame"):
                case "sends":
                    self._network.receive(link, request.sends.sends, now)
                case "opens":
                    for opening in request.opens.opens:
                        self._network.open(link, opening, now)
                case "closes":
                    self._network.close(link, request.closes.session_ids)
                case "receipts":
                    self._network.confirm(link, request.receipts.receipts)
                case "confirmed":
                    self._network.confirm_receipts(link, request.confirmed.receipts)
                case "questions":
                    self._network.ask(link, request.questions.questions)
            await link.room()
        link.end()

    async def _disrupt(self, request: network_pb2.DisruptRequest, context: grpc.aio.ServicerContext) -> int:
        devices = self._network.devices
        match request.disruption:
            case network_pb2.DISRUPTION_DROP_HOST:
                return self._network.drop(request.host_id)
            case network_pb2.DISRUPTION_DISCONNECT:
                return devices.disconnect(request.phone)
            case network_pb2.DISRUPTION_LOSE_PUMP:
                return devices.lose_pump(request.phone)
            case network_pb2.DISRUPTION_RESTORE:
                devices.restore(request.phone)
                return 0
            case disruption if disruption in _CLOSING_OUT:
                why = Refusal(_CLOSING_OUT[disruption], request.hold_ms, request.ban_reason)
                return devices.close_out(request.phone, why, time.monotonic())
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "disruption: not one of the enum")
        return 0


async def _write(link: Link, context: grpc.aio.ServicerContext) -> None:
    while frames := await link.take():
        for frame in frames:
            await context.write(frame)


def _next_entries(entries: Iterator[Entry], wanted: range) -> list[network_pb2.LedgerEntry]:
    frame: list[network_pb2.LedgerEntry] = []
    for entry in entries:
        if entry.seq in wanted:
            frame.append(_ledger_entry(entry))
        if len(frame) == _LEDGER_FRAME or entry.seq >= wanted.stop:
            break
    return frame


def _ledger_entry(entry: Entry) -> network_pb2.LedgerEntry:
    return network_pb2.LedgerEntry(**{name: getattr(entry, name) for name in Entry.__slots__})
