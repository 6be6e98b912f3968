"""Locks of shards in a real Consul."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from services.runtime.discovery import Discovery, Locks, MemberSession
from shardhost.claims import events
from shardhost.claims.lock_manager import ConsulLockManager
from tests.support.slowness import patient


class Claims:
    """What the lock_manager tells, in its order."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[tuple[int, events.Event]] = asyncio.Queue()

    def feed(self, number: int, event: events.Event) -> None:
        self.told.put_nowait((number, event))

    async def next(self) -> tuple[int, events.Event]:
        async with asyncio.timeout(patient(5)):
            return await self.told.get()


@pytest.fixture
async def discovery(consul_address: str) -> AsyncIterator[Discovery]:
    async with Discovery(consul_address, prefix=f"t{uuid4().hex[:8]}") as made:
        yield made


@asynccontextmanager
async def lock_manager(discovery: Discovery) -> AsyncIterator[tuple[ConsulLockManager, Claims]]:
    made, claims = ConsulLockManager(), Claims()
    made.answer_to(claims)
    made.use(await MemberSession.open(discovery, "h1"))
    running = asyncio.create_task(made.run())
    try:
        yield made, claims
    finally:
        running.cancel()
        await asyncio.wait([running])


async def test_a_lock_that_another_gives_back_is_told_at_once(discovery: Discovery) -> None:
    other = Locks(await MemberSession.open(discovery, "h2"))
    await other.acquire("shards/1")
    await other.acquire("shards/2")
    async with lock_manager(discovery) as (made, claims):
        made.lock(1)
        made.lock(2)
        made.lock(3)
        first = [await claims.next() for _ in range(3)]
        assert {number for number, event in first if event == events.LockRefused()} == {1, 2}
        await other.release("shards/2")
        assert await claims.next() == (2, events.LockFree())
        made.lock(2)
        number, event = await claims.next()
        assert (number, type(event)) == (2, events.Locked)
        await other.release("shards/1")
        assert await claims.next() == (1, events.LockFree())


async def test_what_is_not_wanted_any_more_is_not_told(discovery: Discovery) -> None:
    other = Locks(await MemberSession.open(discovery, "h2"))
    await other.acquire("shards/1")
    await other.acquire("shards/2")
    async with lock_manager(discovery) as (made, claims):
        made.lock(1)
        made.lock(2)
        assert [(await claims.next())[1] for _ in range(2)] == [events.LockRefused()] * 2
        made.unlock(1)
        assert await claims.next() == (1, events.Unlocked())
        await other.release("shards/1")
        await other.release("shards/2")
        assert await claims.next() == (2, events.LockFree())
