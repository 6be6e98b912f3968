"""Keeps the session of one device alive for as long as it is wanted.

    closed ──want──▶ opening ──opened──▶ live
      ▲                │ ▲                │
      │     final      │ └──disconnected──┤ or its pump lost
      └────────────────┴──────────────────┘ replaced, logged out, never linked, locked, banned for a time or
                                            for good, its client outdated: stays closed

What is final here holds or parks the device in dispatch, which says when the session is wanted anew.

No task lives while the session does: only opening needs one. Whether the host may have a session at all
is asked immediately before each attempt, and again when one stands: the newest connection wins, so one
that is opened without a lease would cut off the device's owner.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from services.runtime.backoff import delay
from services.runtime.containment import contained_all
from shardhost.term import Term
from shardhost.transports.receipt import Receipt
from shardhost.transports.transport import (
    Failure,
    Inbound,
    OpenRefused,
    Session,
    SessionEnd,
    SessionEvent,
    SessionKey,
    Transport,
)

log = logging.getLogger(__name__)

# The first pause after a session that stood; after one that could not be opened it is twice as long.
_RECONNECT_S = 0.2

FINAL = frozenset(SessionEnd) - {SessionEnd.DISCONNECTED, SessionEnd.PUMP_LOST}
_REFUSALS = {
    Failure.TEMPORARY_BAN: SessionEnd.TEMPORARY_BAN,
    Failure.LOGGED_OUT: SessionEnd.LOGGED_OUT,
    Failure.BANNED: SessionEnd.BANNED,
    Failure.REPLACED: SessionEnd.REPLACED,
    Failure.CLIENT_OUTDATED: SessionEnd.CLIENT_OUTDATED,
    Failure.NOT_PAIRED: SessionEnd.NOT_PAIRED,
    Failure.LOCKED: SessionEnd.LOCKED,
}


@dataclass(frozen=True, slots=True)
class HostContext:
    """What all devices of a host share: the tasks' owner, the term, and how many may open at once."""

    group: asyncio.TaskGroup
    term: Term
    slots: asyncio.Semaphore
    open_timeout: float


class Connection:
    """`on_live` is called when a session stands, `on_end` when one ended or could not be had for good.

    `may_open` is the fence.
    """

    __slots__ = (
        "_epoch",
        "_failures",
        "_host_context",
        "_may_open",
        "_not_before",
        "_on_end",
        "_on_inbound",
        "_on_live",
        "_on_receipt",
        "_opening",
        "_transport",
        "epoch",
        "key",
        "session",
    )

    def __init__(
        self,
        key: SessionKey,
        transport: Transport,
        host_context: HostContext,
        may_open: Callable[[], bool],
        on_live: Callable[[], None],
        on_end: Callable[[SessionEvent], None],
        on_inbound: Callable[[Inbound], None],
        on_receipt: Callable[[Receipt], None],
    ) -> None:
        self.session: Session | None = None
        self.epoch = 0
        # Whose session it is, and by which way; the epoch is of the moment in which it is opened.
        self.key = key
        self._transport = transport
        self._host_context = host_context
        self._may_open = may_open
        self._on_live = on_live
        self._on_end = on_end
        self._on_inbound = on_inbound
        self._on_receipt = on_receipt
        self._epoch = 0
        self._failures = 0
        # By the loop's clock: the end of a pause.
        self._not_before = 0.0
        self._opening: asyncio.Task[None] | None = None

    def want(self, epoch: int) -> None:
        """Have a session under this epoch; one under another is closed first."""
        if self.session and self.epoch != epoch:
            self.drop()
        if epoch != self._epoch:
            self._stop_opening()
            self._not_before = 0.0
        self._epoch = epoch
        if self.session is None and self._opening is None:
            self._open_after(0.0)

    def drop(self) -> None:
        """Close the session, without an event, and open no other."""
        self._epoch = 0
        self._stop_opening()
        self._close()

    def reopen(self) -> None:
        """Have another session instead of the one that stands, without an event."""
        epoch = self.epoch
        self.drop()
        self.want(epoch)

    def rekey(self, key: SessionKey) -> bool:
        """What dispatch says of the device now; True where the session that stands goes another way.

        One that is being opened begins anew.
        """
        is_same_way = key.proxy == self.key.proxy
        self.key = key
        if is_same_way:
            return False
        if self._opening is not None:
            self._stop_opening()
            self._open_after(0.0)
        return self.session is not None

    def suspend(self) -> None:
        """Keep the session that stands, open no other until it is wanted again."""
        self._stop_opening()

    def send_succeeded(self) -> None:
        """A send was accepted: the network takes what this device says, so the next pause is short again."""
        self._failures = 0

    def _close(self) -> None:
        session, self.session = self.session, None
        if session:
            self._host_context.group.create_task(self._end(session))

    async def _end(self, session: Session) -> None:
        """Close a session; where that fails, the network ends it when the device connects again."""
        with contained_all("shardhost.close", device_id=self.key.device_id):
            async with asyncio.timeout(self._host_context.open_timeout):
                await session.close()

    def _stop_opening(self) -> None:
        if self._opening:
            self._opening.cancel()
            self._opening = None

    def _open_after(self, pause: float) -> None:
        self._wait(pause)
        self._opening = self._host_context.group.create_task(self._open())

    def _wait(self, pause: float) -> None:
        self._not_before = max(self._not_before, asyncio.get_running_loop().time() + pause)

    async def _open(self) -> None:
        """Try until a session stands, the network says no for good, or the lease is gone."""
        while True:
            pause = self._not_before - asyncio.get_running_loop().time()
            if pause > 0:
                await asyncio.sleep(pause)
            async with self._host_context.slots:
                pause = await self._try_contained()
            if pause < 0:
                return
            self._wait(pause)

    async def _try_contained(self) -> float:
        """As `_try`; an error that nobody foresaw costs this device its session and counts as a failure."""
        with contained_all("shardhost.session", device_id=self.key.device_id, failures=self._failures):
            return await self._try()
        self._close()
        self._opening = asyncio.current_task()
        return self._refused(OpenRefused(Failure.TRANSIENT))

    async def _try(self) -> float:
        """One attempt; returns how long to wait before the next, negative for none."""
        if not self._may_open():
            # Whoever grants the lease again also asks for the session again.
            self._opening = None
            return -1.0
        ended: list[SessionEvent] = []
        epoch = self._epoch

        def on_event(event: SessionEvent) -> None:
            # The transport may call this before `open` has returned.
            ended.append(event)
            if self.session is session and session is not None:
                self._ended(event)

        session: Session | None = None
        try:
            async with asyncio.timeout(self._host_context.open_timeout):
                session = await self._transport.open(
                    replace(self.key, epoch=epoch),
                    on_event,
                    self._on_inbound,
                    self._on_receipt,
                )
        except TimeoutError:
            return self._refused(OpenRefused(Failure.TRANSIENT))
        except OpenRefused as refused:
            return self._refused(refused)
        self._opening = None
        if not self._may_open():
            await self._end(session)
            return -1.0
        self.session, self.epoch = session, epoch
        self._on_live()
        if ended and self.session is session:
            self._ended(ended[0])
        return -1.0

    def _refused(self, refused: OpenRefused) -> float:
        self._failures += 1
        end = _REFUSALS.get(refused.failure)
        if end is None:
            return delay(self._failures)
        self._report_end(SessionEvent(end, refused.hold, refused.reason))
        self._opening = None
        return -1.0

    def _report_end(self, event: SessionEvent) -> None:
        with contained_all("shardhost.session_end", device_id=self.key.device_id):
            self._on_end(event)

    def _ended(self, event: SessionEvent) -> None:
        self.session = None
        self._report_end(event)
        if not self._epoch or event.end in FINAL:
            return
        self._failures += 1
        self._open_after(delay(self._failures, _RECONNECT_S))
