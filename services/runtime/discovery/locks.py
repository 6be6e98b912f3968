"""Locks of one member's session. A lock says who may try; its epoch fences those who tried before."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from services.runtime.discovery.member_session import MemberSession
from services.runtime.discovery.watching import changes
from services.runtime.retry import Retry

AT_ONCE = 32
"""Calls in flight: enough for Consul to batch its log writes, far from its 200 connections a client."""


class Locks:
    """Keys are relative to `<prefix>/locks/`. Every method may raise DiscoveryUnavailable and be repeated."""

    def __init__(self, session: MemberSession) -> None:
        self._session = session
        self._client = session.discovery.client
        self._prefix = f"{session.discovery.prefix}/locks/"
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def acquire(self, key: str) -> int | None:
        """Return the epoch if the lock is this session's now; None if it is another's or in its lock-delay.

        The epoch is the key's ModifyIndex: it grows with every later acquire of this key, by anyone, also
        after the key was deleted. The read after the write counts, since a write that was repeated
        on a broken connection may answer False although it succeeded.
        """
        async with self._slots:
            await self._client.acquire(self._prefix + key, self._session.signature, self._session.id)
            _, entry = await self._client.read(self._prefix + key)
        return entry.modify_index if entry and entry.session == self._session.id else None

    async def release(self, key: str) -> None:
        """Free the lock for others at once, without lock-delay; do nothing if it is not this session's."""
        async with self._slots:
            await self._client.release(self._prefix + key, self._session.id)

    async def holders(self, prefix: str = "") -> dict[str, str]:
        """Map key → session for every held lock whose key starts with `prefix`, in one read."""
        return (await self._read(prefix))[1]

    async def watch(self, prefix: str = "") -> AsyncGenerator[dict[str, str], None]:
        """Yield what `holders` returns, at once and then after each change. Silent while Consul is away.

        Consul announces no end of a lock-delay: a lock may be seen to be free and yet be refused.
        """

        async def read(index: int, wait: float) -> tuple[int, dict[str, str]]:
            return await self._read(prefix, index, wait)

        async with aclosing(changes(read, Retry("watch locks"))) as found:
            async for holders in found:
                yield holders

    async def _read(self, prefix: str, index: int = 0, wait: float = 0) -> tuple[int, dict[str, str]]:
        newer, entries = await self._client.read_tree(self._prefix + prefix, index=index, wait=wait)
        return newer, {e.key.removeprefix(self._prefix): e.session for e in entries if e.session}
