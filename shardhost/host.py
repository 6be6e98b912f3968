"""One shard host, put together: claims, fleet, stream and membership, and who calls whom."""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.runtime.discovery import Discovery
from services.runtime.identity import Dial
from shardhost.claims.controller import Controller
from shardhost.claims.lock_manager import ConsulLockManager
from shardhost.claims.membership import Membership
from shardhost.claims.shard import ClaimTimeouts
from shardhost.connection import HostContext
from shardhost.fleet import Fleet
from shardhost.outbox import Outbox
from shardhost.outcomes import Outcomes
from shardhost.replicas import Balance, Replicas
from shardhost.settings import HostSettings
from shardhost.stream import Stream
from shardhost.term import Term
from shardhost.transports.transport import Transport


class Host:
    """Its loops run in `group`; `on_attached` is called whenever a stream stands."""

    def __init__(
        self,
        settings: HostSettings,
        discovery: Discovery,
        dial: Dial,
        transports: Mapping[str, Transport],
        group: asyncio.TaskGroup,
        on_attached: Callable[[], None],
    ) -> None:
        self._on_attached = on_attached
        self.term = Term(settings.term_margin_s)
        self.outcomes = Outcomes()
        self.outbox = Outbox(self.outcomes)
        host_context = HostContext(
            group, self.term, asyncio.Semaphore(settings.opens_at_once), settings.open_timeout_s
        )
        self.fleet = Fleet(transports, host_context, self.outbox, self._on_idle)
        self._lock_manager = ConsulLockManager()
        self.controller = Controller(
            lock_manager=self._lock_manager,
            devices=self.fleet,
            outbox=self.outbox,
            clock=self.term.clock,
            timeouts=ClaimTimeouts(settings.lock_retry_s, settings.hand_over_s),
        )
        self._lock_manager.answer_to(self.controller)
        incarnation = str(uuid.uuid4())
        self.membership = Membership(
            settings, discovery, self.controller, self._lock_manager, secret=incarnation
        )
        replicas = Replicas(discovery, settings.dispatch_service, settings.host_id, self.membership, dial)
        self.stream = Stream(
            host=settings.host_id,
            incarnation=incarnation,
            clients={name: transport.version for name, transport in transports.items()},
            attach_timeout=settings.attach_timeout_s,
            replicas=replicas,
            dial=dial,
            registry=self.membership,
            outbox=self.outbox,
            term=self.term,
            listener=self,
        )
        self.membership.stream = self.stream
        balance = Balance(replicas, self.stream)
        loops = (self._lock_manager, self.controller, self.membership, self.stream, balance)
        self._loops = [group.create_task(loop.run(), name=type(loop).__name__) for loop in loops]

    async def drain(self) -> None:
        """Give every shard back; returns when nothing is held or in flight."""
        await self.membership.leave()

    async def stop(self) -> None:
        """End the loops, the devices and the Consul session, whatever is still held."""
        for loop in self._loops:
            loop.cancel()
        await asyncio.wait(self._loops)
        self.fleet.close()
        await self.membership.close()

    # StreamListener of the stream

    def on_welcome(self, welcome: pb.Welcome, *, unbroken: bool) -> None:
        """A stream stands."""
        self.fleet.new_stream(welcome.text_key)
        self.controller.attached(unbroken=unbroken)
        self.membership.cluster(welcome.shard_count)
        self._on_attached()

    def on_stream_lost(self) -> None:
        """The stream is gone."""
        self.controller.detached()

    def on_term_over(self) -> None:
        """The term has run out."""
        self.controller.lapsed()

    def frame_callbacks(self) -> Mapping[str, Callable[[Any], None]]:
        """What to call for each kind of frame."""
        return {
            "leases": self.controller.on_leases,
            "devices": self.fleet.on_devices,
            "messages": self.fleet.on_messages,
            "outcome_ack": self.fleet.on_outcome_ack,
            "inbound_ack": self.outbox.inbox.acknowledge,
            "receipt_ack": self.outbox.on_receipt_ack,
            "revoke": self.controller.on_revoke,
        }

    def _on_idle(self, shard: int) -> None:
        self.controller.on_idle(shard)
