"""The host's place in Consul: its session, who else is known, and so which shards are its own.

    absent ──asked for──▶ member ──lost, resigned──▶ absent

A host is a member only while it can reach dispatch: the stream asks for the session once it has a
connection, and resigns it when dispatch could not be reached for long. Otherwise shards would be placed
on a host that cannot get their leases.
"""

import asyncio
import logging
from collections.abc import Awaitable
from contextlib import aclosing

from services.runtime.discovery import Discovery, DiscoveryUnavailable, Members, MemberSession
from services.runtime.group import Group
from services.runtime.retry import Retry
from shardhost.claims.absences import Absences
from shardhost.claims.controller import Controller
from shardhost.claims.lock_manager import ConsulLockManager
from shardhost.clock import boottime
from shardhost.placement import slice_of
from shardhost.settings import HostSettings
from shardhost.stream import Stream

log = logging.getLogger(__name__)


class Membership:
    """`run()` keeps the session while it is wanted. Raises MemberExists when the name is another's."""

    def __init__(
        self,
        settings: HostSettings,
        discovery: Discovery,
        controller: Controller,
        lock_manager: ConsulLockManager,
        secret: str = "",
    ) -> None:
        """`secret` is known to dispatch: it proves that the session and its locks are this host's."""
        self._members = Members({}, 0)
        self._absences = Absences(discovery, settings.place_kept_s, boottime)
        self._settings = settings
        self._discovery = discovery
        self._controller = controller
        self._lock_manager = lock_manager
        self._secret = secret
        self._wanted = asyncio.Event()
        self._opened = asyncio.Event()
        self._session: MemberSession | None = None
        self._id = ""
        self._shard_count = 0
        self._leaving = False
        self.stream: Stream | None = None

    @property
    def hosts(self) -> frozenset[str]:
        """Those known, live or away, as last seen."""
        return self._members.known

    async def session(self) -> str:
        """The id of the newest session; waits until there is one."""
        self._wanted.set()
        await self._opened.wait()
        return self._id

    def resign(self) -> None:
        """Give the session up until it is asked for again."""
        if self._opened.is_set() and self._session:
            log.warning("dispatch is out of reach: leaving the members")
            self._opened.clear()
            self._wanted.clear()
            self._session.lost.set()

    def cluster(self, shard_count: int) -> None:
        """Dispatch has named the number of shards."""
        self._shard_count = shard_count
        self._place()

    async def leave(self) -> None:
        """Disappear from the members and drain every shard; returns when all are given back."""
        self._leaving = True
        if self._session:
            try:
                await self._session.leave()
            except DiscoveryUnavailable as error:
                log.warning("the others learn late that this host leaves", extra={"reason": error.reason})
        self._controller.place(())
        await self._controller.drained()

    async def close(self) -> None:
        """End the session."""
        if self._session:
            await self._session.close()

    async def run(self) -> None:
        """Be a member whenever that is wanted, until the host leaves."""
        while not self._leaving:
            await self._wanted.wait()
            await self.run_once()

    async def run_once(self) -> None:
        """One session, from its opening to its loss."""
        session = await self._open()
        again = bool(self._id)
        self._session, self._id = session, session.id
        self._lock_manager.use(session)
        self._opened.set()
        self._controller.session_opened()
        if again and self.stream:
            self.stream.restart()
        await self._hold(session)
        self._lock_manager.use(None)
        self._controller.session_lost()
        self._session = None
        if not self._wanted.is_set():
            await session.close()

    async def _open(self) -> MemberSession:
        def attempt() -> Awaitable[MemberSession]:
            return MemberSession.open(
                self._discovery,
                self._settings.host_id,
                ttl=self._settings.session_ttl_s,
                lock_delay=self._settings.lock_delay_s,
                patience=self._settings.session_patience_s,
                secret=self._secret,
            )

        return await Retry("session in Consul").call(attempt, passing=(DiscoveryUnavailable,))

    async def _hold(self, session: MemberSession) -> None:
        async with Group() as group:
            loops = [
                group.create_task(run) for run in (session.run(), self._watch(session), self._absences.run())
            ]
            await session.lost.wait()
            for loop in loops:
                loop.cancel()

    async def _watch(self, session: MemberSession) -> None:
        """Follow the members; one's own absence, once seen there, is the first sign of a lost session."""
        joined = False
        async with aclosing(self._discovery.watch_members()) as changes:
            async for members in changes:
                if members.sessions.get(session.member) == session.id:
                    joined = True
                    self._members = members
                    self._absences.seen(members)
                    self._place()
                elif joined and not self._leaving:
                    log.warning("the session has ended")
                    session.lost.set()

    def _place(self) -> None:
        if self._shard_count and self._members.ids and not self._leaving:
            host, members = self._settings.host_id, self._members
            self._controller.place(slice_of(host, members.ids, self._shard_count, frozenset(members.away)))
