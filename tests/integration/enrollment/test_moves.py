"""Leads in flight move to the newest version, against a real database."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from services.enrollment.campaigns.store import PLANNER
from services.enrollment.moves.model import Moved
from services.enrollment.moves.mover import Mover, MoveRequest
from services.enrollment.moves.store import MoveStore, Place
from services.enrollment.scan import Draining, Scanner
from services.enrollment.settings import EnrollmentSettings
from services.enrollment.store import Listener
from services.runtime.errors import FailedPrecondition
from services.runtime.lifecycle import Life
from services.runtime.postgres import Postgres
from tests.integration.enrollment.book import HOUR, Book
from tests.support import rows
from tests.support.blocking import somebody_waits
from tests.support.database import Database
from tests.support.eventually import eventually

OLD = [(300.0, "a"), (12 * HOUR, "b"), (24 * HOUR, "c")]


class Plant:
    """COLD of three steps → WARM of two, and leads that go through."""

    def __init__(self, book: Book, scanner: Scanner, mover: Mover, cold: int, warm: int) -> None:
        self.book = book
        self.connection = book.connection
        self.scanner = scanner
        self.mover = mover
        self.cold = cold
        self.warm = warm

    async def enrolled(self, count: int, *, had: int = 0) -> list[int]:
        """New leads that were sent the first `had` messages, when those were due."""
        leads = await self.book.leads(count)
        await self.scanner.scan(Listener(self.book.account_id, self.cold))
        await self.connection.execute(
            "UPDATE message SET state = 'sent', attempts = 1, sent_at = scheduled_at"
            " WHERE position <= $1 AND lead_id = ANY ($2::bigint[])",
            had,
            leads,
        )
        return leads

    async def move(
        self, sequence_id: int = 0, after: Place | None = None, *, is_dry: bool = False, budget_s: float = 60
    ) -> tuple[Moved, Place | None]:
        asked = MoveRequest(
            self.book.account_id, sequence_id or self.cold, after or Place(), is_dry, budget_s
        )
        return await self.mover.run(asked)

    async def texts(self, lead_id: int) -> list[tuple[int, str, str]]:
        """Position, state and text of all but what a move cancelled, in their order."""
        found = await self.connection.fetch(
            "SELECT m.position, m.state::text, st.text"
            " FROM message m JOIN sequence_step st ON st.id = m.step_id"
            " WHERE m.lead_id = $1 AND m.reason IS DISTINCT FROM 'moved' ORDER BY m.scheduled_at, m.position",
            lead_id,
        )
        return [tuple(row) for row in found]

    async def times(self, lead_id: int) -> list[datetime]:
        found = await self.connection.fetch(
            "SELECT scheduled_at FROM message WHERE lead_id = $1 AND reason IS DISTINCT FROM 'moved'"
            " ORDER BY position",
            lead_id,
        )
        return [row[0] for row in found]

    async def uneven(self) -> int:
        """Enrollments in flight that have not each position once, or another step than the newest."""
        return await self.connection.fetchval(
            "SELECT count(*) FROM enrollment e WHERE state IN ('active', 'held')"
            " AND ARRAY(SELECT position::int FROM message m WHERE m.enrollment_id = e.id"
            "     AND m.reason IS DISTINCT FROM 'moved' ORDER BY 1)"
            "   <> ARRAY(SELECT generate_series(1, e.message_count))"
            " OR EXISTS (SELECT FROM message m JOIN sequence_step st ON st.id = m.step_id"
            "     JOIN sequence s ON s.id = st.sequence_id"
            "     WHERE m.enrollment_id = e.id AND m.state = 'pending' AND st.revision <> s.revision)"
        )

    async def snapshot(self) -> list[tuple[object, ...]]:
        found = await self.connection.fetch(
            "SELECT m.id, m.xmin::text, m.state::text, m.step_id, m.position, e.xmin::text AS enrollment"
            " FROM message m JOIN enrollment e ON e.id = m.enrollment_id ORDER BY m.id"
        )
        return [tuple(row) for row in found]


@pytest.fixture
async def mover(settings: EnrollmentSettings, life: Life) -> AsyncIterator[Mover]:
    async with Postgres(settings, application="test", session=PLANNER) as postgres:
        yield Mover(MoveStore(postgres), settings, life)


@pytest.fixture
async def plant(book: Book, scanner: Scanner, mover: Mover) -> Plant:
    await book.connection.execute("SET search_path = kompang")
    await book.connection.execute("INSERT INTO device_pace (device_id) SELECT id FROM device")
    warm = await book.sequence("warm", [], is_active=False)
    cold = await book.sequence("cold", [], trigger="COLDEXSTART", next_id=warm)
    await rows.revise(book.connection, warm, [(12 * HOUR, "w1"), (24 * HOUR, "w2")])
    await rows.revise(book.connection, cold, OLD)
    return Plant(book, scanner, mover, cold, warm)


async def test_the_rest_is_of_the_newest_version(plant: Plant) -> None:
    [lead] = await plant.enrolled(1, had=1)
    before = await plant.times(lead)
    await rows.revise(plant.connection, plant.cold, [(300, "a"), (12 * HOUR, "B"), (18 * HOUR, "x"), OLD[2]])
    assert await plant.move() == (Moved(leads=1, rewritten=4, added=1), None)
    assert await plant.texts(lead) == [
        (1, "sent", "a"),
        *((k, "pending", text) for k, text in enumerate(["B", "x", "c", "w1", "w2"], 2)),
    ]
    # What the edit did not touch keeps its time and its row.
    assert [time for time in await plant.times(lead) if time in before] == before
    assert await plant.connection.fetchval("SELECT count(*) FROM message") == 6
    assert await plant.connection.fetchval("SELECT message_count FROM enrollment") == 6


async def test_what_is_at_another_time_is_cancelled_and_written_anew(plant: Plant) -> None:
    [lead] = await plant.enrolled(1, had=1)
    await rows.revise(plant.connection, plant.cold, [(300, "a"), (6 * HOUR, "b")])
    assert await plant.move() == (Moved(leads=1, rewritten=3, dropped=1), None)
    assert [text for *_, text in await plant.texts(lead)] == ["a", "b", "w1", "w2"]
    first, *rest = await plant.times(lead)
    since = [(time - first + timedelta(minutes=5)) / timedelta(hours=1) for time in rest]
    assert since == [6, 18, 30]
    counted = await plant.connection.fetchrow(
        "SELECT (SELECT count(*) FROM message WHERE state = 'cancelled' AND reason = 'moved'),"
        " (SELECT count(*) FROM event WHERE state = 'cancelled' AND reason = 'moved')"
    )
    assert tuple(counted) == (4, 4)


async def test_who_is_on_the_newest_version_is_not_touched(plant: Plant) -> None:
    await plant.enrolled(3, had=1)
    await rows.revise(plant.connection, plant.cold, OLD[:2])
    assert (await plant.move())[0].leads == 3
    before = await plant.snapshot()
    assert await plant.move() == (Moved(unchanged=3), None)
    assert await plant.snapshot() == before


async def test_a_dry_run_counts_and_changes_nothing(plant: Plant) -> None:
    await plant.enrolled(3, had=1)
    await rows.revise(plant.connection, plant.cold, [*OLD, (30 * HOUR, "d")])
    before = await plant.snapshot()
    dry = await plant.move(is_dry=True)
    assert await plant.snapshot() == before
    assert dry == (Moved(leads=3, rewritten=12, added=3), None)
    assert await plant.move() == dry


async def test_only_who_is_in_flight_is_moved(plant: Plant) -> None:
    active, held, stopped, finished = await plant.enrolled(4, had=1)
    for lead, state in ((held, "held"), (stopped, "stopped"), (finished, "finished")):
        await plant.connection.execute("UPDATE enrollment SET state = $2 WHERE lead_id = $1", lead, state)
    await plant.connection.execute(
        "UPDATE message SET not_before = '9999-01-01', reason = 'replied'"
        " WHERE lead_id = $1 AND position > 1",
        held,
    )
    await rows.revise(plant.connection, plant.cold, [*OLD, (30 * HOUR, "d")])
    assert (await plant.move())[0].leads == 2
    assert len(await plant.texts(active)) == len(await plant.texts(held)) == 6
    assert len(await plant.texts(stopped)) == len(await plant.texts(finished)) == 5
    pending = await plant.connection.fetch(
        "SELECT DISTINCT extract(year FROM not_before)::int, reason FROM message"
        " WHERE lead_id = $1 AND state = 'pending'",
        held,
    )
    assert [tuple(row) for row in pending] == [(9999, "replied")]


async def test_an_edit_in_the_middle_of_a_chain_reaches_those_enrolled_at_its_head(plant: Plant) -> None:
    here, there = await plant.enrolled(1, had=1), await plant.enrolled(1, had=4)
    await rows.revise(plant.connection, plant.warm, [(12 * HOUR, "w1"), (13 * HOUR, "W"), (24 * HOUR, "w2")])
    assert await plant.move(plant.warm) == (Moved(leads=2, rewritten=5, added=2), None)
    assert [text for *_, text in await plant.texts(here[0])] == ["a", "b", "c", "w1", "W", "w2"]
    assert [text for *_, text in await plant.texts(there[0])] == ["a", "b", "c", "w1", "W", "w2"]


async def test_a_link_that_is_gone_ends_who_has_nothing_more_to_come(plant: Plant) -> None:
    early, late = await plant.enrolled(1, had=2), await plant.enrolled(1, had=3)
    await plant.connection.execute("UPDATE sequence SET next_id = NULL WHERE id = $1", plant.cold)
    assert await plant.move() == (Moved(leads=2, rewritten=1, dropped=4), None)
    assert [text for *_, text in await plant.texts(early[0])] == ["a", "b", "c"]
    states = await plant.connection.fetch(
        "SELECT state, message_count, ended_at IS NOT NULL FROM enrollment ORDER BY id"
    )
    assert [tuple(row) for row in states] == [("active", 3, False), ("finished", 3, True)]
    assert [text for *_, text in await plant.texts(late[0])] == ["a", "b", "c"]


async def test_a_move_whose_time_is_over_says_where_to_go_on(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Leads for two pages and a part of a third.
    monkeypatch.setattr("services.enrollment.moves.mover._PAGE", 100)
    await plant.enrolled(230, had=1)
    await rows.revise(plant.connection, plant.cold, OLD[:2])
    total, after, calls = Moved(), None, 0
    while True:
        moved, after = await plant.move(after=after, budget_s=0)
        total, calls = total + moved, calls + 1
        if after is None:
            break
    assert (total, calls) == (Moved(leads=230, rewritten=230 * 3, dropped=230), 3)
    assert await plant.uneven() == 0


async def test_many_movers_and_an_edit_meanwhile(plant: Plant) -> None:
    await plant.enrolled(300, had=1)
    await rows.revise(plant.connection, plant.cold, OLD[:2])
    calls = [asyncio.create_task(plant.move()) for _ in range(4)]
    await rows.revise(plant.connection, plant.cold, [(300, "a"), (11 * HOUR, "x"), (12 * HOUR, "b")])
    await asyncio.gather(*calls)
    await plant.move()
    assert await plant.uneven() == 0
    pending = await plant.connection.fetchval("SELECT count(*) FROM message WHERE state = 'pending'")
    assert pending == 300 * 4


async def test_a_batch_that_is_killed_is_done_again_whole(plant: Plant, database: Database) -> None:
    [lead] = await plant.enrolled(1, had=1)
    await rows.revise(plant.connection, plant.cold, [(300, "a"), (6 * HOUR, "b")])
    async with database.connection() as holder, holder.transaction():
        # The lead and the pace are free, the message is not: the write has begun.
        await holder.execute("SELECT FROM message WHERE lead_id = $1 AND position = 3 FOR UPDATE", lead)
        moving = asyncio.create_task(plant.move())
        await eventually(lambda: somebody_waits(plant.connection))
        await plant.connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0"
        )
        assert len(await plant.texts(lead)) == 5
    assert await moving == (Moved(leads=1, rewritten=3, dropped=1), None)
    assert [text for *_, text in await plant.texts(lead)] == ["a", "b", "w1", "w2"]
    assert await plant.uneven() == 0


async def test_room_is_made_for_what_is_far_ahead(plant: Plant) -> None:
    [lead] = await plant.enrolled(1, had=1)
    await rows.revise(plant.connection, plant.cold, [(300, "a"), (200 * 24 * HOUR, "b")])
    assert (await plant.move())[0].leads == 1
    assert (await plant.times(lead))[-1] - (await plant.times(lead))[0] > timedelta(days=200)


async def test_the_scan_finds_what_begins_now(plant: Plant) -> None:
    """Nothing that is written lies behind the cursors of the devices."""
    leads = await plant.enrolled(3, had=1)
    await plant.connection.execute("UPDATE device_pace SET cursor_at = now() - interval '2 min'")
    await rows.revise(plant.connection, plant.cold, [(300, "a"), (301, "b")])
    await plant.connection.execute("SELECT ensure_partitions(now() - interval '2 weeks', now())")
    # As if they had got the first a week ago.
    await plant.connection.execute("UPDATE message SET scheduled_at = scheduled_at - interval '7 days'")
    await plant.connection.execute("UPDATE enrollment SET created_at = created_at - interval '7 days'")
    assert (await plant.move())[0].leads == 3
    behind = await plant.connection.fetchval(
        "SELECT count(*) FROM message m JOIN device_pace p USING (device_id)"
        " WHERE m.state = 'pending' AND m.scheduled_at < p.cursor_at"
    )
    assert behind == 0
    assert len(await plant.times(leads[0])) == 4


async def test_refusals(plant: Plant, life: Life) -> None:
    with pytest.raises(FailedPrecondition, match="unknown"):
        await plant.move(10_000)
    await plant.connection.execute("UPDATE sequence SET revision = revision + 1")
    with pytest.raises(FailedPrecondition, match="no sequence of the chain has a step"):
        await plant.move()
    life.drain()
    with pytest.raises(Draining):
        await plant.move()
