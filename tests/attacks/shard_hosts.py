"""A shard host of few words with a real place in Consul: its session, its key and its locks."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from services.runtime.discovery import Discovery, Locks, MemberSession
from tests.integration.dispatch.host import Host, attached
from tests.support.database import Database


@asynccontextmanager
async def member(database: Database, name: str, incarnation: str) -> AsyncIterator[MemberSession]:
    """A member's session, renewed until it is lost, and ended at the end."""
    consul = database.stack.consul[0].address
    async with Discovery(consul, prefix=database.name) as discovery:
        session = await MemberSession.open(discovery, name, ttl=10.0, secret=incarnation)
        renewing = asyncio.create_task(session.run())
        try:
            yield session
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
            await session.close()


@asynccontextmanager
async def shard_host(
    database: Database, address: str, name: str, shards: Iterable[int]
) -> AsyncIterator[tuple[Host, MemberSession, dict[int, int]]]:
    """An attached host, its session, and the epoch of each lock that it holds; it has claimed nothing yet."""
    incarnation = str(uuid.uuid4())
    async with (
        member(database, name, incarnation) as session,
        attached(address, incarnation=incarnation, session=session.id, host_id=name) as host,
    ):
        yield host, session, await locked(session, shards)


async def locked(session: MemberSession, shards: Iterable[int]) -> dict[int, int]:
    """The epochs of these locks, taken by the session."""
    locks = Locks(session)
    found = {shard: await locks.acquire(f"shards/{shard}") for shard in shards}
    assert None not in found.values()
    return {shard: epoch for shard, epoch in found.items() if epoch is not None}
