"""The devices of the shards this host serves, and what dispatch sends for them."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.runtime import telemetry
from services.runtime.containment import contained_all
from shardhost.attempt import Hand, cannot_render
from shardhost.connection import HostContext
from shardhost.outbox import Outbox
from shardhost.outcomes import NO_SHARD, not_sent
from shardhost.templates import Templates
from shardhost.transports.transport import Transport
from shardhost.worker import Worker, WorkerState

log = logging.getLogger(__name__)

_MS = 1000


class Fleet:
    """One worker a device, from its first DeviceFrame until its shard is gone and all it did is settled."""

    def __init__(
        self,
        transports: Mapping[str, Transport],
        host_context: HostContext,
        outbox: Outbox,
        on_idle: Callable[[int], None],
    ) -> None:
        self._transports = transports
        self._host_context = host_context
        self._outbox = outbox
        self._on_idle = on_idle
        self._templates = Templates()
        self._workers: dict[int, Worker] = {}
        self._loops: dict[int, asyncio.Task[None]] = {}
        self._shards: dict[int, dict[int, Worker]] = {}
        self._epochs: dict[int, int] = {}
        self._draining: set[int] = set()

    def __len__(self) -> int:
        return len(self._workers)

    # Asked by the claims

    def serve(self, shard: int, epoch: int) -> None:
        """Open sessions under this epoch and give credits."""
        self._epochs[shard] = epoch
        self._draining.discard(shard)
        for worker in self._workers_of(shard):
            worker.serve(epoch)

    def drain(self, shard: int) -> None:
        """Finish what is in hand, take no more."""
        self._begin_drain(shard, WorkerState.DRAINING)

    def halt(self, shard: int) -> None:
        """As drain, but what has not left does not leave."""
        self._begin_drain(shard, WorkerState.HALTED)

    def cut(self, shard: int) -> None:
        """As halt, and give up waiting for answers."""
        for worker in self._workers_of(shard):
            worker.cut()

    def suspend(self, shard: int) -> None:
        """Send nothing until served again, keep the sessions."""
        self._epochs.pop(shard, None)
        for worker in self._workers_of(shard):
            worker.stop_serving(WorkerState.SUSPENDED)

    def revoke(self, shard: int) -> None:
        """Send nothing, close the sessions; workers leave as their hands are empty."""
        self._epochs.pop(shard, None)
        self._draining.discard(shard)
        for worker in self._workers_of(shard):
            worker.stop_serving(WorkerState.HALTED)
            self._leave_if_done(worker)

    def is_idle(self, shard: int) -> bool:
        """Whether nothing is in hand and every outcome is acknowledged."""
        return not self._outbox.outcomes.waiting(shard) and all(w.is_idle for w in self._workers_of(shard))

    def new_stream(self, text_key: bytes) -> None:
        """Credits and templates of the old one are void."""
        self._templates.restart(text_key)
        for worker in self._workers.values():
            worker.new_stream()

    # Sent on the stream

    def on_devices(self, frame: pb.DeviceFrame) -> None:
        """Devices of granted shards, new or changed."""
        for device in frame.devices:
            with contained_all("shardhost.device", device_id=device.device_id):
                self._on_device(device)

    def on_messages(self, frame: pb.MessageFrame) -> None:
        """Messages to send now, each against a credit."""
        arrived = asyncio.get_running_loop().time()
        self._templates.add(frame.templates, frame.wordings)
        for message in frame.messages:
            ids = {
                "message_id": message.message_id,
                "device_id": message.device_id,
                "trace_id": telemetry.trace_id(message.traceparent),
            }
            with contained_all("shardhost.hand", **ids) as ended:
                self._on_message(message, arrived)
            if ended.error is not None:
                with contained_all("shardhost.hand_refused", **ids):
                    self._refuse(message)

    def on_outcome_ack(self, ack: pb.OutcomeAck) -> None:
        """A frame of outcomes is committed."""
        for shard in self._outbox.outcomes.acknowledge(ack.frame_id) - self._epochs.keys():
            self._settle(shard)

    def close(self) -> None:
        """End every worker and session."""
        for worker in self._workers.values():
            worker.cut()
            self._loops[worker.device_id].cancel()

    def _on_device(self, device: pb.Device) -> None:
        epoch = self._epochs.get(device.shard)
        if epoch is None:
            return
        worker = self._workers.get(device.device_id)
        if worker is not None:
            worker.want(device)
        elif device.transport in self._transports:
            self._admit(device, epoch)
        else:
            log.warning("no such transport here", extra={"device_id": device.device_id})

    def _on_message(self, message: pb.OutgoingMessage, arrived: float) -> None:
        worker = self._workers.get(message.device_id)
        if worker is None:
            self._outbox.report(not_sent(message, NO_SHARD))
            return
        # What is only asked about says nothing.
        says = not message.trace_only
        wording = self._templates.get(message.template_id, message.wording_id) if says else None
        due = arrived + message.wait_ms / _MS if message.wait_ms else None
        worker.take(Hand(message, wording, worker.shard, due))

    def _refuse(self, message: pb.OutgoingMessage) -> None:
        """Refuses a message that this host cannot take, because every other host would fail on it too."""
        worker = self._workers.get(message.device_id)
        if worker is None:
            self._outbox.report(cannot_render(Hand(message, None, NO_SHARD)))
        else:
            worker.report(cannot_render(Hand(message, None, worker.shard)))

    def _admit(self, device: pb.Device, epoch: int) -> None:
        worker = Worker(
            device, self._transports[device.transport], self._host_context, self._outbox, self._on_worker_idle
        )
        self._workers[device.device_id] = worker
        self._shards.setdefault(device.shard, {})[device.device_id] = worker
        self._loops[device.device_id] = self._host_context.group.create_task(worker.run())
        worker.serve(epoch)

    def _begin_drain(self, shard: int, state: WorkerState) -> None:
        self._epochs.pop(shard, None)
        self._draining.add(shard)
        for worker in self._workers_of(shard):
            worker.stop_serving(state)

    def _on_worker_idle(self, worker: Worker) -> None:
        if worker.shard not in self._epochs:
            self._settle(worker.shard)

    def _settle(self, shard: int) -> None:
        """A shard that is parting may be idle now, one that has gone may leave its workers behind."""
        if shard not in self._draining:
            for worker in self._workers_of(shard):
                self._leave_if_done(worker)
        elif self.is_idle(shard):
            self._on_idle(shard)

    def _leave_if_done(self, worker: Worker) -> None:
        """Suspended ones stay: they are expected to be served again."""
        if worker.is_done and worker.state is WorkerState.HALTED:
            del self._workers[worker.device_id]
            del self._shards[worker.shard][worker.device_id]
            self._loops.pop(worker.device_id).cancel()

    def _workers_of(self, shard: int) -> Iterator[Worker]:
        return iter(list(self._shards.get(shard, {}).values()))
