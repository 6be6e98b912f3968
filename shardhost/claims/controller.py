"""Drives the machine of every shard: events in, actions out. No waiting happens here.

What waits is elsewhere: Consul in `lock_manager`, dispatch behind the outbox, devices in the fleet.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Protocol

from kompang.dispatch.v1 import dispatch_pb2 as pb
from shardhost.claims import events, state
from shardhost.claims.events import Event
from shardhost.claims.shard import Action, ClaimTimeouts, Shard, Stage
from shardhost.outbox import Outbox

log = logging.getLogger(__name__)

_TICK_S = 0.1


class LockManager(Protocol):
    """Does in Consul what is asked; answers come as events."""

    def lock(self, shard: int) -> None:
        """Ask for the lock."""

    def unlock(self, shard: int) -> None:
        """Give it back."""


class Devices(Protocol):
    """The devices of the shards. Calls `on_idle` of the host when a shard that drains falls idle."""

    def serve(self, shard: int, epoch: int) -> None:
        """Open sessions under this epoch and give credits."""

    def drain(self, shard: int) -> None:
        """Finish what is in hand, take no more."""

    def halt(self, shard: int) -> None:
        """As drain, but what has not left does not leave."""

    def cut(self, shard: int) -> None:
        """As halt, and give up waiting for answers."""

    def suspend(self, shard: int) -> None:
        """Send nothing until served again, keep the sessions."""

    def revoke(self, shard: int) -> None:
        """Send nothing, close the sessions."""

    def is_idle(self, shard: int) -> bool:
        """Whether nothing is in hand and every outcome is acknowledged."""


class Controller:
    """The claims of this host. `place` says which shards should be its own."""

    def __init__(
        self,
        *,
        lock_manager: LockManager,
        devices: Devices,
        outbox: Outbox,
        clock: Callable[[], float],
        timeouts: ClaimTimeouts,
    ) -> None:
        self._lock_manager = lock_manager
        self._devices = devices
        self._outbox = outbox
        self._clock = clock
        self._timeouts = timeouts
        self._shards: dict[int, Shard] = {}
        self._session = False
        self._attached = False
        self._unanswered: set[int] | None = None
        self._drained = asyncio.Event()
        self._stop_by_action = {
            Action.DRAIN: devices.drain,
            Action.HALT: devices.halt,
            Action.CUT: devices.cut,
            Action.SUSPEND: devices.suspend,
            Action.REVOKE: devices.revoke,
        }

    async def run(self) -> None:
        """Look ten times a second which shards have something due."""
        while True:
            self.run_once()
            await asyncio.sleep(_TICK_S)

    def run_once(self) -> None:
        """Send a tick to each shard that has something due."""
        now = self._clock()
        for number, shard in list(self._shards.items()):
            if shard.due <= now:
                self.feed(number, events.Tick())

    def stages(self) -> Counter[Stage]:
        """How many shards are in which stage."""
        return Counter(shard.stage for shard in self._shards.values())

    def place(self, shards: Iterable[int]) -> None:
        """These shards should be run here, and no others."""
        wanted = set(shards)
        for number in wanted - self._shards.keys():
            self._shards[number] = Shard(session=self._session, attached=self._attached)
        for number, shard in list(self._shards.items()):
            if shard.placed != (number in wanted):
                self.feed(number, events.Placed() if number in wanted else events.Displaced())
        self._notice_drained()

    async def drained(self) -> None:
        """Returns when no shard is held, wanted or being given back."""
        await self._drained.wait()

    def session_opened(self) -> None:
        """There is a Consul session again."""
        self._session = True
        self._feed_all(events.SessionOpened())

    def session_lost(self) -> None:
        """Consul ended the session."""
        self._session = False
        self._feed_all(events.SessionLost())

    def attached(self, *, unbroken: bool) -> None:
        """A stream stands: claim again what is held. Call with the outbox open and gated."""
        if not unbroken:
            self.lapsed()
        self._attached = True
        self._feed_all(events.Attached())
        self._unanswered = {
            number
            for number, shard in self._shards.items()
            if shard.asked and shard.stage in (Stage.CLAIMING, Stage.LEASED, Stage.DRAINING)
        }
        self._open_gate()

    def detached(self) -> None:
        """The stream is gone."""
        self._attached = False
        self._unanswered = None
        self._feed_all(events.Detached())

    def lapsed(self) -> None:
        """The host's term has run out."""
        self._feed_all(events.Lapsed())

    def on_leases(self, frame: pb.LeaseFrame) -> None:
        """Dispatch answers claims and releases."""
        for lease in frame.leases:
            event = _answer(lease)
            if event:
                self.feed(lease.shard, event)
            if self._unanswered:
                self._unanswered.discard(lease.shard)
        self._open_gate()

    def on_revoke(self, frame: pb.Revoke) -> None:
        """Dispatch takes leases away."""
        for number in frame.shards:
            self.feed(number, events.Revoked())

    def on_idle(self, number: int) -> None:
        """The fleet says that nothing of the shard is in flight."""
        self.feed(number, events.Idle())

    def feed(self, number: int, event: Event) -> None:
        """One event for one shard."""
        shard = self._shards.get(number)
        if shard is None:
            return
        after, actions = state.step(shard, event, self._clock(), self._timeouts)
        self._shards[number] = after
        if after.stage is not shard.stage:
            log.debug(
                "shard %d: %s → %s",
                number,
                shard.stage.value,
                after.stage.value,
                extra={"epoch": after.epoch},
            )
        for action in actions:
            self._do(number, after, action)
        if after.stage is Stage.AWAY:
            self._forget(number)
        elif after.stage is Stage.DRAINING and self._devices.is_idle(number):
            self.feed(number, events.Idle())

    def _do(self, number: int, shard: Shard, action: Action) -> None:
        match action:
            case Action.LOCK:
                self._lock_manager.lock(number)
            case Action.UNLOCK:
                self._lock_manager.unlock(number)
            case Action.CLAIM:
                self._outbox.claim(number, shard.epoch)
            case Action.RELEASE:
                self._outbox.release(number, shard.epoch)
            case Action.SERVE:
                self._devices.serve(number, shard.epoch)
            case _:
                self._stop_by_action[action](number)

    def _feed_all(self, event: Event) -> None:
        for number in list(self._shards):
            self.feed(number, event)

    def _forget(self, number: int) -> None:
        del self._shards[number]
        self._notice_drained()

    def _notice_drained(self) -> None:
        if self._shards:
            self._drained.clear()
        else:
            self._drained.set()

    def _open_gate(self) -> None:
        if self._unanswered is not None and not self._unanswered:
            self._unanswered = None
            self._outbox.open_gate()


def _answer(lease: pb.Lease) -> Event | None:
    match lease.status:
        case pb.Lease.STATUS_GRANTED:
            return events.Granted(lease.epoch)
        case pb.Lease.STATUS_HELD:
            return events.Held(lease.epoch, lease.retry_after_ms / 1000)
        case pb.Lease.STATUS_STALE:
            return events.Stale(lease.epoch)
        case pb.Lease.STATUS_RELEASED:
            return events.Released(lease.epoch)
    return None
