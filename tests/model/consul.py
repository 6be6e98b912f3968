"""Consul, as far as sessions and locks go, and the client that each process has of it.

What is known of the real one (`tests/integration/discovery` shows it): a session that is not renewed
ends after twice its TTL; its locks are blocked for their lock-delay; a release frees at once; the keys of
an ended session stay; ModifyIndex grows with every write, over all keys. Everything above the client
(members, locks, watching) is the product's own code.
"""

import asyncio
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from services.runtime.discovery.client import Behavior, Entry, Instance
from services.runtime.discovery.errors import DiscoveryUnavailable
from tests.model.loop import Process, Timeline

DEADLINE_S = 1.0

T = TypeVar("T")


@dataclass(slots=True)
class Session:
    node: str
    ttl: float
    lock_delay: float
    ends: float


class Consul:
    """The servers, which agree with each other: a leader's death is an absence."""

    def __init__(self, timeline: Timeline) -> None:
        self.index = 10
        self.keys: dict[str, Entry] = {}
        self.sessions: dict[str, Session] = {}
        self.replicas: dict[str, Instance] = {}
        self.member_changes = 0
        self._timeline = timeline
        self._blocked: dict[str, float] = {}
        self._numbers = itertools.count(1)
        self._written: dict[str, int] = {}
        self._watching: list[tuple[str, Process, asyncio.Future[None]]] = []

    def create(self, node: str, ttl: float, lock_delay: float) -> str:
        session = f"session-{next(self._numbers)}"
        self.sessions[session] = Session(node, ttl, lock_delay, self._timeline.now + 2 * ttl)
        self._timeline.after(2 * ttl, None, self._expire, session)
        return session

    def renew(self, session: str) -> bool:
        if session not in self.sessions:
            return False
        self.sessions[session].ends = self._timeline.now + 2 * self.sessions[session].ttl
        return True

    def destroy(self, session: str) -> None:
        ended = self.sessions.pop(session, None)
        if ended is None:
            return
        for key in [key for key, entry in self.keys.items() if entry.session == session]:
            self._blocked[key] = self._timeline.now + ended.lock_delay
            self._changed(key)
            self.keys[key] = Entry(key, None, self.index)

    def acquire(self, key: str, value: str, session: str) -> bool:
        holder = self.keys.get(key)
        if session not in self.sessions or self._blocked.get(key, 0.0) > self._timeline.now:
            return False
        if holder and holder.session not in (None, session):
            return False
        self._changed(key)
        self.keys[key] = Entry(key, session, self.index, value)
        return True

    def release(self, key: str, session: str) -> bool:
        entry = self.keys.get(key)
        if entry is None or entry.session != session:
            return False
        self._changed(key)
        self.keys[key] = Entry(key, None, self.index)
        return True

    def delete(self, key: str, index: int) -> None:
        entry = self.keys.get(key)
        if entry and entry.modify_index == index:
            self._changed(key)
            del self.keys[key]

    def holder(self, key: str) -> str | None:
        entry = self.keys.get(key)
        return entry.session if entry else None

    def has_changed(self, prefix: str, index: int) -> bool:
        return any(at > index for key, at in self._written.items() if key.startswith(prefix))

    def watch(self, prefix: str, process: Process, changed: asyncio.Future[None]) -> None:
        self._watching.append((prefix, process, changed))

    def _expire(self, session: str) -> None:
        known = self.sessions.get(session)
        if known is None:
            return
        if known.ends <= self._timeline.now:
            self.destroy(session)
        else:
            self._timeline.at(known.ends, None, self._expire, session)

    def _changed(self, key: str) -> None:
        self.index += 1
        self._written[key] = self.index
        if "/members/" in key:
            self.member_changes += 1
        watching, self._watching = self._watching, []
        for prefix, process, future in watching:
            if key.startswith(prefix):
                process.arrive(0.002, _wake, future)
            elif not future.done():
                self._watching.append((prefix, process, future))


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class Connection(Protocol):
    """From a process to Consul."""

    def is_open(self) -> bool:
        """Whether anything gets through now."""

    def delay(self) -> float:
        """Seconds a question takes, 0 for none worth waiting for."""

    def loses_answer(self) -> bool:
        """Whether what was done is not told."""


class Client:
    """As `services.runtime.discovery.client.Client`, for one process."""

    def __init__(self, consul: Consul, process: Process, connection: Connection) -> None:
        self._consul = consul
        self._process = process
        self._connection = connection

    async def passing(self, name: str, *, index: int = 0, wait: float = 0) -> tuple[int, list[Instance]]:
        return await self._ask(lambda: (self._consul.index, sorted(self._consul.replicas.values())))

    async def register_node(self, node: str, meta: Mapping[str, str]) -> None:
        await self._ask(lambda: None)

    async def nodes(self, meta: Mapping[str, str]) -> list[str]:
        return []

    async def deregister_node(self, node: str) -> None:
        await self._ask(lambda: None)

    async def create_session(self, node: str, *, ttl: float, lock_delay: float, behavior: Behavior) -> str:
        return await self._ask(lambda: self._consul.create(node, ttl, lock_delay))

    async def renew_session(self, session: str, *, deadline: float) -> bool:
        return await self._ask(lambda: self._consul.renew(session))

    async def destroy_session(self, session: str) -> None:
        await self._ask(lambda: self._consul.destroy(session))

    async def own_node_of(self, session: str) -> str | None:
        return None

    async def read(self, key: str, *, index: int = 0, wait: float = 0) -> tuple[int, Entry | None]:
        return await self._held(key, lambda: (self._consul.index, self._consul.keys.get(key)), index, wait)

    async def read_tree(
        self, prefix: str, *, index: int = 0, wait: float = 0, consistent: bool = False
    ) -> tuple[int, list[Entry]]:
        return await self._held(
            prefix,
            lambda: (self._consul.index, [e for k, e in self._consul.keys.items() if k.startswith(prefix)]),
            index,
            wait,
        )

    async def delete(self, key: str, *, index: int) -> None:
        await self._ask(lambda: self._consul.delete(key, index))

    async def acquire(self, key: str, value: str, session: str) -> bool:
        return await self._ask(lambda: self._consul.acquire(key, value, session))

    async def release(self, key: str, session: str) -> bool:
        return await self._ask(lambda: self._consul.release(key, session))

    async def _held(self, prefix: str, read: Callable[[], T], index: int, wait: float) -> T:
        """A blocking query: any change below the prefix answers it."""
        if index and wait and not self._consul.has_changed(prefix, index):
            changed: asyncio.Future[None] = self._process.create_future()
            self._consul.watch(prefix, self._process, changed)
            timer = self._process.call_later(wait, _wake, changed)
            try:
                await changed
            finally:
                timer.cancel()
        return await self._ask(read)

    async def _ask(self, question: Callable[[], T]) -> T:
        delay = self._connection.delay()
        if delay:
            await asyncio.sleep(delay / 2)
        if not self._connection.is_open():
            await asyncio.sleep(DEADLINE_S)
            raise DiscoveryUnavailable("away")
        answer = question()
        if self._connection.loses_answer():
            await asyncio.sleep(DEADLINE_S)
            raise DiscoveryUnavailable("no answer")
        if delay:
            await asyncio.sleep(delay / 2)
        return answer
