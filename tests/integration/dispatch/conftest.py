"""A running dispatch replica on a fresh database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from unittest import mock

import pytest

from services.dispatch.leases.proof import LockProofs, Proofs
from services.dispatch.process import run
from services.dispatch.settings import DispatchSettings
from services.runtime.lifecycle import Life
from tests.support.database import Database
from tests.support.kept import KeptDatabase
from tests.support.secret import SECRET
from tests.support.slowness import patient

QUICK = {
    "tick_s": 0.02,
    "outcome_s": 0.02,
    "scan_s": 0.1,
    # A host that this machine keeps from renewing in time would lose its stream.
    "term_s": patient(2.0),
    "reap_s": 0.1,
    "refresh_s": 0.2,
}


async def _believed(_self, _claimant, claims) -> Proofs:
    return Proofs(frozenset(claims))


@asynccontextmanager
async def replica(database: Database, **changes) -> AsyncIterator[str]:
    """A replica that believes what hosts say of their locks: theirs are made up. Yields its address."""
    with mock.patch.object(LockProofs, "of", _believed):
        async with doubting_replica(database, **changes) as address:
            yield address


@asynccontextmanager
async def doubting_replica(database: Database, **changes) -> AsyncIterator[str]:
    """The address of a replica that lives for the block; what kills it is raised at the end."""
    stack = database.stack
    given: dict[str, Any] = {
        "postgres_dsn": database.dsn("dispatch"),
        "redis_url": stack.redis.url,
        "consul_address": stack.consul[0].address,
        "consul_prefix": database.prefix,
        "drain_s": 2.0,
        "secret": SECRET,
    }
    settings = DispatchSettings(**(given | QUICK | changes))
    life = Life()
    process = asyncio.create_task(run(settings, life))
    ready = asyncio.create_task(life.when_ready())
    await asyncio.wait({process, ready}, return_when=asyncio.FIRST_COMPLETED, timeout=20)
    try:
        if process.done():
            await process
        yield ready.result()
    finally:
        ready.cancel()
        life.drain()
        await process


@pytest.fixture
async def database(kept_database: KeptDatabase) -> Database:
    """The same one for most tests, empty again for each."""
    return await kept_database.lent()


@pytest.fixture
async def dispatch(database: Database) -> AsyncIterator[str]:
    async with replica(database) as address:
        yield address
