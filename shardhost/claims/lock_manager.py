"""Takes and gives back the locks of shards, many at a time.

Before it tries, it looks once which locks others hold: a host that waits for 85 locks of a leaving one
asks Consul one question a round and not 85. While it waits for any, one more question, held back by
Consul until a lock changes hands, says at once which are free. An answer that belongs to an earlier
session is dropped: with that session its locks are gone.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from contextlib import aclosing
from typing import Protocol

from services.runtime.discovery import DiscoveryUnavailable, Locks, MemberSession
from services.runtime.group import Group
from shardhost.claims import events

log = logging.getLogger(__name__)

_PREFIX = "shards/"
# Between two answers of the watch: a leaving host gives its locks back one by one.
_GATHER_S = 0.02

_Do = Callable[[Locks, int], Coroutine[None, None, None]]


class Claims(Protocol):
    """Takes the answers, as events."""

    def feed(self, number: int, event: events.Event) -> None:
        """One event for one shard."""


class ConsulLockManager:
    """`run()` does what `lock` and `unlock` asked for, in the session given by `use`."""

    def __init__(self) -> None:
        self._claims: Claims | None = None
        self._session: MemberSession | None = None
        self._locks: Locks | None = None
        self._wanted: dict[int, bool] = {}
        self._wake = asyncio.Event()
        self._held_by_others: set[int] = set()
        self._waits = asyncio.Event()

    def answer_to(self, claims: Claims) -> None:
        """`claims` gets every answer from now on."""
        self._claims = claims

    def use(self, session: MemberSession | None) -> None:
        """The session that carries the locks from now on."""
        self._session = session
        self._locks = Locks(session) if session else None
        self._wanted.clear()
        self._held_by_others.clear()

    def lock(self, shard: int) -> None:
        """Ask for the lock."""
        self._want(shard, lock=True)

    def unlock(self, shard: int) -> None:
        """Give it back."""
        self._want(shard, lock=False)

    async def run(self) -> None:
        """Work off what is asked, and watch what others hold, for ever."""
        async with Group() as group:
            group.create_task(self._work())
            group.create_task(self._watch())

    async def _work(self) -> None:
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
                self._answer(locks, shard, events.LockRefused(uncertain=True))
            return []
        mine = self._session.id if self._session else ""
        taken = {shard for shard in asked if holders.get(f"{_PREFIX}{shard}", mine) != mine}
        if locks is self._locks:
            self._held_by_others |= taken
            self._waits.set()
        for shard in taken:
            self._answer(locks, shard, events.LockRefused())
        return [shard for shard in asked if shard not in taken]

    async def _all(self, do: _Do, locks: Locks, shards: list[int]) -> None:
        async with Group() as group:
            for shard in shards:
                group.create_task(do(locks, shard))

    async def _lock(self, locks: Locks, shard: int) -> None:
        try:
            epoch = await locks.acquire(f"{_PREFIX}{shard}")
        except DiscoveryUnavailable:
            self._answer(locks, shard, events.LockRefused(uncertain=True))
        else:
            self._answer(locks, shard, events.LockRefused() if epoch is None else events.Locked(epoch))

    async def _unlock(self, locks: Locks, shard: int) -> None:
        try:
            await locks.release(f"{_PREFIX}{shard}")
        except DiscoveryUnavailable:
            self._answer(locks, shard, events.UnlockFailed())
        else:
            self._answer(locks, shard, events.Unlocked())

    async def _watch(self) -> None:
        while True:
            await self._waits.wait()
            self._waits.clear()
            if self._locks:
                await self._follow(self._locks)

    async def _follow(self, locks: Locks) -> None:
        """Send an event for each lock that becomes free, until this host waits for none."""
        async with aclosing(locks.watch(_PREFIX)) as seen:
            async for holders in seen:
                self._notice(holders)
                if not self._held_by_others:
                    return
                await asyncio.sleep(_GATHER_S)

    def _notice(self, holders: Mapping[str, str]) -> None:
        free = {shard for shard in self._held_by_others if f"{_PREFIX}{shard}" not in holders}
        self._held_by_others -= free
        for shard in free:
            if self._claims:
                self._claims.feed(shard, events.LockFree())

    def _want(self, shard: int, *, lock: bool) -> None:
        self._held_by_others.discard(shard)
        self._wanted[shard] = lock
        self._wake.set()

    def _answer(self, locks: Locks, shard: int, event: events.Event) -> None:
        if locks is self._locks and self._claims:
            self._claims.feed(shard, event)
