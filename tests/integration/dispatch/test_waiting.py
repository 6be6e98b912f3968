"""Statements that waited for a row: what they had read before is old when they go on."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import pytest

from services.dispatch.hand.store import Candidate
from services.dispatch.settings import DispatchSettings
from services.dispatch.stores import PLANNER, Stores
from services.runtime.postgres import Postgres
from tests.support import rows
from tests.support.blocking import is_waited_for
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.secret import HASHES, SECRET

HOSTS = {stream: str(uuid.UUID(int=stream)) for stream in (1, 2)}


@dataclass
class World:
    """Two devices, a message due on each; `store` and `other` are two replicas."""

    database: Database
    connection: asyncpg.Connection
    store: Stores
    other: Stores
    candidates: list[Candidate]

    def asked_by(self, stream: int) -> list[Candidate]:
        return [
            Candidate(c.device_id, c.message_id, c.scheduled_at, stream, 0.5, True) for c in self.candidates
        ]

    async def lease_to(self, stream: int, epoch: int) -> None:
        """The shards of both devices."""
        await self.store.leases.attach(HOSTS[stream], f"host-{stream}", "session", stream, 60)
        claims = [(shard, epoch) for shard in (1, 2)]
        answers = await self.store.leases.claim(claims, HOSTS[stream], stream, claims)
        assert all(answer.is_granted for answer in answers)

    async def end_term(self, stream: int) -> None:
        await self.connection.execute(
            "UPDATE host SET expires_at = now() - interval '1 s' WHERE stream = $1", stream
        )

    @asynccontextmanager
    async def holding(self, statement: str, *arguments: object) -> AsyncIterator[asyncpg.Connection]:
        """Somebody else's transaction, which has this row locked."""
        async with self.database.connection() as connection, connection.transaction():
            await connection.execute(statement, *arguments)
            yield connection


@pytest.fixture
async def world(database) -> AsyncIterator[World]:
    settings = DispatchSettings(secret=SECRET, postgres_dsn=database.dsn("dispatch"))
    async with (
        database.connection() as connection,
        Postgres(settings, application="test", session=PLANNER) as first,
        Postgres(settings, application="test", session=PLANNER) as second,
    ):
        account = await rows.account(connection)
        devices = await rows.devices(connection, account, 2)
        people = await rows.leads(connection, account, devices, 2)
        await rows.enrolled(connection, account, await rows.sequence(connection, account, 1), people)
        found = await connection.fetch("SELECT * FROM message ORDER BY device_id")
        candidates = [Candidate(m["device_id"], m["id"], m["scheduled_at"], 1, 0.5, True) for m in found]
        yield World(
            database, connection, Stores.on(first, 20, HASHES), Stores.on(second, 20, HASHES), candidates
        )


PACE = "SELECT FROM device_pace WHERE device_id = $1 FOR UPDATE"


async def test_a_hand_that_waited_does_not_undo_what_was_handed_meanwhile(world):
    await world.lease_to(1, 5)
    first, second = world.candidates
    async with world.holding(PACE, first.device_id) as holder:
        waiting = asyncio.create_task(world.store.hand.hand(world.asked_by(1), 0.3))
        await eventually(lambda: is_waited_for(holder))
        await world.end_term(1)
        await world.lease_to(2, 6)
        [handed] = await world.other.hand.hand(world.asked_by(2)[1:], 0.3)
        assert (handed.verdict, handed.epoch) == ("hand", 6)
    verdicts = {verdict.device_id: verdict.verdict for verdict in await waiting}
    assert verdicts[second.device_id] == "late"
    row = await world.connection.fetchrow(
        "SELECT p.in_flight_id, m.state::text, m.epoch FROM device_pace p JOIN message m USING (device_id)"
        " WHERE p.device_id = $1",
        second.device_id,
    )
    assert tuple(row) == (second.message_id, "handed", 6)


async def test_a_hand_that_waited_for_long_hands_nothing(world):
    await world.lease_to(1, 5)
    age = "SELECT bool_or(now() - xact_start > interval '0.5 s') FROM pg_stat_activity WHERE pid = $1"

    async def is_old() -> bool:
        pids = "SELECT pid FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        return bool(await world.connection.fetchval(age, await holder.fetchval(pids)))

    async with world.holding(PACE, world.candidates[0].device_id) as holder:
        waiting = asyncio.create_task(world.store.hand.hand(world.asked_by(1), 0.3))
        await eventually(lambda: is_waited_for(holder))
        await eventually(is_old)
    assert {verdict.verdict for verdict in await waiting} == {"late"}
    assert await world.connection.fetchval("SELECT count(*) FROM message WHERE state = 'pending'") == 2
    again = await world.store.hand.hand(world.asked_by(1), 0.3)
    assert [verdict.verdict for verdict in again] == ["hand", "hand"]


async def test_a_claim_that_waited_does_not_take_what_its_holder_has_claimed_again(world):
    await world.lease_to(1, 5)
    await world.end_term(1)
    await world.other.leases.attach(HOSTS[2], "host-2", "session", 2, 60)
    async with world.holding("SELECT FROM shard_lease WHERE shard = 1 FOR UPDATE") as holder:
        claims = [(1, 6), (2, 6)]
        waiting = asyncio.create_task(world.other.leases.claim(claims, HOSTS[2], 2, claims))
        await eventually(lambda: is_waited_for(holder))
        # It comes back with a new term, to a shard that nobody has taken yet.
        await world.store.leases.attach(HOSTS[1], "host-1", "session", 3, 60)
        [again] = await world.store.leases.claim([(2, 5)], HOSTS[1], 3, ())
        assert again.is_granted
    answers = {answer.shard: answer for answer in await waiting}
    assert not answers[2].is_granted
    assert not answers[2].is_stale


async def test_a_claim_that_waited_does_not_take_what_its_host_has_given_back(world):
    await world.store.leases.attach(HOSTS[1], "host-1", "session", 1, 60)
    async with world.holding("SELECT FROM shard_lease WHERE shard = 1 FOR UPDATE") as holder:
        claims = [(1, 6), (2, 6)]
        waiting = asyncio.create_task(world.store.leases.claim(claims, HOSTS[1], 1, claims))
        await eventually(lambda: is_waited_for(holder))
        # Its stream broke, and on the next one it wants the shard no more.
        await world.other.leases.attach(HOSTS[1], "host-1", "session", 2, 60)
        await world.other.leases.release([(2, 6)], HOSTS[1])
    answers = {answer.shard: answer.is_granted for answer in await waiting}
    assert answers == {1: True, 2: False}
