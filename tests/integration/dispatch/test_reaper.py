"""What happens when a host is dead."""

import uuid
from typing import Any

import pytest

from services.dispatch.leases.reaper import Reaper
from services.dispatch.settings import DispatchSettings
from services.dispatch.stores import PLANNER, Stores
from services.runtime.errors import Unavailable
from services.runtime.postgres import Postgres
from tests.integration.dispatch.test_hand import states, world
from tests.support.secret import HASHES, SECRET

SETTINGS = DispatchSettings(secret=SECRET, postgres_dsn="postgresql://none", term_s=1e-9, grace_s=0.001)


@pytest.fixture
async def store(database):
    settings = DispatchSettings(secret=SECRET, postgres_dsn=database.dsn("dispatch"))
    async with Postgres(settings, application="test", session=PLANNER) as postgres:
        yield Stores.on(postgres, 20, HASHES)


async def test_the_reaper_frees_leases_and_ends_the_session_of_the_dead(database, store):
    ended = []

    async def end_session(_host, _incarnation, session):
        ended.append(session)
        return True

    settings = DispatchSettings(secret=SECRET, postgres_dsn="postgresql://none", term_s=1e-9, grace_s=0.001)
    reaper = Reaper(store.leases, end_session, settings)
    async with database.connection() as connection:
        await world(connection, devices=1, leads=1)
        dead, alive = uuid.uuid4(), uuid.uuid4()
        await store.leases.attach(str(dead), "dead", "dead-session", 1, 60)
        await store.leases.attach(str(alive), "alive", "alive-session", 2, 60)
        for who, epoch, shards, stream in ((dead, 5, range(8), 1), (alive, 6, range(8, 16), 2)):
            claims = [(shard, epoch) for shard in shards]
            await store.leases.claim(claims, str(who), stream, claims)
        await connection.execute(
            "UPDATE message SET state = 'handed', epoch = 5;"
            " UPDATE device SET shard = 0;"
            " UPDATE device_pace SET in_flight_id = m.id, in_flight_at = m.scheduled_at FROM message m;"
            " UPDATE host SET expires_at = now() - interval '1 s' WHERE host_id = 'dead'"
        )
        await reaper.run_once()
        assert await reaper.run_once() == 1
        assert ended == ["dead-session"]
        assert await connection.fetchval("SELECT count(*) FROM shard_lease WHERE incarnation IS NULL") == 8
        assert await connection.fetchval("SELECT string_agg(host_id, ',') FROM host") == "alive"
        assert await states(connection) == {"unknown": 1}
        assert await connection.fetchval("SELECT in_flight_id FROM device_pace") is not None


async def test_the_reaper_waits_a_term_before_it_believes_that_anyone_is_dead(database, store):
    async def end_session(_host, _incarnation, _session):
        raise AssertionError

    settings = DispatchSettings(secret=SECRET, postgres_dsn="postgresql://none", term_s=60, grace_s=0.001)
    await store.leases.attach(str(uuid.uuid4()), "late", "session", 1, 0.0)
    reaper = Reaper(store.leases, end_session, settings)
    assert await reaper.run_once() == 0
    assert await reaper.run_once() == 0


class Consul:
    """Sessions are ended while it is there."""

    def __init__(self) -> None:
        self.is_away = True
        self.asked: list[str] = []
        self.ended: list[str] = []

    async def end_session(self, _host: str, _incarnation: str, session: str) -> bool:
        self.asked.append(session)
        if self.is_away:
            raise Unavailable("away")
        self.ended.append(session)
        return True


async def buried(store: Stores, consul: Consul) -> Reaper:
    """A reaper that has buried one host while Consul was away."""
    await store.leases.attach(str(uuid.uuid4()), "dead", "dead-session", 1, -1)
    reaper = Reaper(store.leases, consul.end_session, SETTINGS)
    await reaper.run_once()
    assert await reaper.run_once() == 1
    return reaper


async def host_count(connection: Any) -> int:
    return int(await connection.fetchval("SELECT count(*) FROM host"))


async def test_a_session_is_ended_when_consul_is_back_and_by_whoever_is_there_then(database, store):
    consul = Consul()
    async with database.connection() as connection:
        await buried(store, consul)
        successor = Reaper(store.leases, consul.end_session, SETTINGS)
        await successor.run_once()
        assert await successor.run_once() == 0
        assert (consul.ended, await host_count(connection)) == ([], 1)
        consul.is_away = False
        assert await successor.run_once() == 0
        assert (consul.ended, await host_count(connection)) == (["dead-session"], 0)


async def test_a_session_is_not_kept_for_ever(database, store):
    consul = Consul()
    async with database.connection() as connection:
        reaper = await buried(store, consul)
        await connection.execute("UPDATE host SET expires_at = now() - interval '11 min'")
        await reaper.run_once()
        assert (consul.ended, await host_count(connection)) == ([], 0)


async def test_who_comes_back_from_the_grave_keeps_its_session(database, store):
    consul = Consul()
    incarnation = str(uuid.uuid4())
    await store.leases.attach(incarnation, "back", "its-session", 1, -1)
    reaper = Reaper(store.leases, consul.end_session, SETTINGS)
    await reaper.run_once()
    assert await reaper.run_once() == 1
    await store.leases.attach(incarnation, "back", "its-session", 2, 60)
    await store.leases.forget([uuid.UUID(incarnation)])
    consul.is_away = False
    await reaper.run_once()
    assert consul.ended == []
    assert await store.leases.renew([(incarnation, 2)], 60) == {2}


async def test_one_session_that_cannot_be_ended_does_not_keep_the_others(store):
    consul = Consul()
    consul.is_away = False

    async def end_session(host: str, incarnation: str, session: str) -> bool:
        if session == "refused":
            raise Unavailable("refused")
        return await consul.end_session(host, incarnation, session)

    for number, session in enumerate(("refused", "other")):
        await store.leases.attach(str(uuid.uuid4()), f"dead-{number}", session, number + 1, -1)
    reaper = Reaper(store.leases, end_session, SETTINGS)
    await reaper.run_once()
    assert await reaper.run_once() == 2
    assert consul.ended == ["other"]
