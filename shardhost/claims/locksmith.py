"""Takes and gives back the locks of shards, many at a time.

Before it tries, it looks once which locks others hold: a host that waits for 85 locks of a leaving one
asks Consul one question a round and not 85. An answer that belongs to an earlier session is dropped:
with that session its locks are gone.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Protocol

from services.runtime.discovery import DiscoveryUnavailable, Locks, MemberSession
from shardhost.claims import events

log = logging.getLogger(__name__)

_PREFIX = "shards/"

_Do = Callable[[Locks, int], Coroutine[None, None, None]]


class Claims(Protocol):
    """Who is told."""

    def feed(self, number: int, event: events.Event) -> None:
        """One event for one shard."""


class ConsulLocksmith:
    """`run()` does what `lock` and `unlock` asked for, in the session given by `use`."""

    def __init__(self) -> None:
        self._claims: Claims | None = None
        self._session: MemberSession | None = None
        self._locks: Locks | None = None
        self._wanted: dict[int, bool] = {}
        self._wake = asyncio.Event()

    def answer_to(self, claims: Claims) -> None:
        """Whom to answer."""
        self._claims = claims

    def use(self, session: MemberSession | None) -> None:
        """The session that carries the locks from now on."""
        self._session = session
        self._locks = Locks(session) if session else None
        self._wanted.clear()

    def lock(self, shard: int) -> None:
        """Ask for the lock."""
        self._wanted[shard] = True
        self._wake.set()

    def unlock(self, shard: int) -> None:
        """Give it back."""
        self._wanted[shard] = False
        self._wake.set()

    async def run(self) -> None:
        """Work off what is asked, for ever."""
        while True:
            await self._wake.wait()
            await self.run_once()

    async def run_once(self) -> None:
        """Work off what has been asked until now: what is given back first."""
        self._wake.clear()
        wanted, self._wanted = self._wanted, {}
        locks = self._locks
        if locks is None:
            return
        await self._all(self._unlock, locks, [shard for shard, lock in wanted.items() if not lock])
        asked = [shard for shard, lock in wanted.items() if lock]
        if asked:
            await self._all(self._lock, locks, await self._free(locks, asked))

    async def _free(self, locks: Locks, asked: list[int]) -> list[int]:
        """Those that nobody else holds; the others are refused here."""
        try:
            holders = await locks.holders(_PREFIX)
        except DiscoveryUnavailable as error:
            log.warning("locks cannot be read", extra={"reason": error.reason})
            for shard in asked:
                self._tell(locks, shard, events.LockRefused(uncertain=True))
            return []
        mine = self._session.id if self._session else ""
        taken = {shard for shard in asked if holders.get(f"{_PREFIX}{shard}", mine) != mine}
        for shard in taken:
            self._tell(locks, shard, events.LockRefused())
        return [shard for shard in asked if shard not in taken]

    async def _all(self, do: _Do, locks: Locks, shards: list[int]) -> None:
        async with asyncio.TaskGroup() as group:
            for shard in shards:
                group.create_task(do(locks, shard))

    async def _lock(self, locks: Locks, shard: int) -> None:
        try:
            epoch = await locks.acquire(f"{_PREFIX}{shard}")
        except DiscoveryUnavailable:
            self._tell(locks, shard, events.LockRefused(uncertain=True))
        else:
            self._tell(locks, shard, events.LockRefused() if epoch is None else events.Locked(epoch))

    async def _unlock(self, locks: Locks, shard: int) -> None:
        try:
            await locks.release(f"{_PREFIX}{shard}")
        except DiscoveryUnavailable:
            self._tell(locks, shard, events.UnlockFailed())
        else:
            self._tell(locks, shard, events.Unlocked())

    def _tell(self, locks: Locks, shard: int, event: events.Event) -> None:
        if locks is self._locks and self._claims:
            self._claims.feed(shard, event)
