"""What the hand holds back although it is due: quiet hours, the caps of persons and of devices."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.dispatch.hand.store import SQL
from services.dispatch.stores import PLANNER
from tests.integration.dispatch.test_verdicts import ask, world

__all__ = ["world"]

# Quiet for two hours, one of them past; it may be midnight.
QUIET_NOW = """UPDATE account SET quiet_from = (now() AT TIME ZONE timezone)::time - interval '1 h',
    quiet_until = (now() AT TIME ZONE timezone)::time + interval '1 h'"""


async def quiet_end(connection, at, zone, begin, end):
    return await connection.fetchval(
        "SELECT ends_at FROM quiet_hours($1, $2, $3::text::time, $4::text::time)", at, zone, begin, end
    )


def local(text, zone):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


MALAYSIA, BERLIN = "Asia/Kuala_Lumpur", "Europe/Berlin"


@pytest.mark.parametrize(
    ("zone", "begin", "end", "at", "ends"),
    [
        (MALAYSIA, "21:00", "09:00", "2026-03-01 20:59:57", None),
        (MALAYSIA, "21:00", "09:00", "2026-03-01 20:59:59", "2026-03-02 09:00"),
        (MALAYSIA, "21:00", "09:00", "2026-03-01 23:30", "2026-03-02 09:00"),
        (MALAYSIA, "21:00", "09:00", "2026-03-02 08:59:59", "2026-03-02 09:00"),
        (MALAYSIA, "21:00", "09:00", "2026-03-02 09:00", None),
        (MALAYSIA, "00:00", "06:00", "2026-03-01 23:59:59", "2026-03-02 06:00"),
        (MALAYSIA, "00:00", "06:00", "2026-03-02 00:00", "2026-03-02 06:00"),
        (MALAYSIA, "12:00", "14:00", "2026-03-02 13:00", "2026-03-02 14:00"),
        (MALAYSIA, "12:00", "14:00", "2026-03-02 14:00", None),
        (MALAYSIA, "22:00", "00:00", "2026-03-02 23:00", "2026-03-03 00:00"),
        # The night in which clocks go forward, and the one in which they go back.
        (BERLIN, "21:00", "09:00", "2026-03-28 22:00", "2026-03-29 09:00"),
        (BERLIN, "21:00", "09:00", "2026-10-24 22:00", "2026-10-25 09:00"),
    ],
)
async def test_quiet_hours_end_by_the_clock_of_the_place(database, zone, begin, end, at, ends):
    async with database.connection() as connection:
        found = await quiet_end(connection, local(at, zone), zone, begin, end)
    assert found == (local(ends, zone) if ends else None)


async def test_a_message_in_quiet_hours_moves_behind_their_end(world):
    connection, store = world
    await connection.execute(QUIET_NOW)
    verdict = await ask(connection, store)
    assert verdict.verdict == "quiet"
    assert 3600 - 5 < verdict.wait_s < 3600 + 1800
    row = await connection.fetchrow(
        "SELECT state::text, reason, attempts, extract(epoch FROM not_before - now())::float8 AS rest"
        " FROM message WHERE id = $1",
        verdict.message_id,
    )
    assert (row["state"], row["reason"], row["attempts"]) == ("pending", "quiet_hours", 0)
    assert abs(row["rest"] - verdict.wait_s) < 5
    assert await connection.fetchval("SELECT in_flight_id FROM device_pace") is None
    assert (await ask(connection, store)).verdict == "waiting"


async def test_the_quiet_hours_are_those_of_the_lead(world):
    connection, store = world
    await connection.execute(QUIET_NOW)
    await connection.execute("UPDATE lead SET timezone = 'Etc/GMT-12' WHERE id = (SELECT min(id) FROM lead)")
    assert (await ask(connection, store, 0)).verdict == "hand"


async def test_one_lead_in_quiet_hours_does_not_hold_up_the_next(world):
    connection, store = world
    await connection.execute(QUIET_NOW)
    await connection.execute("UPDATE lead SET timezone = 'Etc/GMT-12' WHERE id = (SELECT max(id) FROM lead)")
    assert (await ask(connection, store, 0)).verdict == "quiet"
    [device] = [row["id"] for row in await connection.fetch("SELECT id FROM device")]
    found = await store.due.scan({device: True}, 16, 2.5)
    assert len(found) == 1
    assert (await ask(connection, store, 1)).verdict == "hand"


@pytest.mark.parametrize(("wait", "verdict"), [("1 h", "deferred"), ("10 s", "behind")])
async def test_the_steps_behind_a_deferred_one_wait_with_it(world, wait, verdict):
    connection, store = world
    await connection.execute(
        """UPDATE message o SET lead_id = m.lead_id, enrollment_id = m.enrollment_id, position = 2
        FROM message m WHERE m.id < o.id"""
    )
    await connection.execute(
        "UPDATE message SET not_before = now() + $1::text::interval WHERE position = 1", wait
    )
    assert (await ask(connection, store, 1)).verdict == verdict
    rows = await connection.fetch("SELECT not_before, reason FROM message ORDER BY position")
    if verdict == "deferred":
        assert tuple(rows[1]) == (rows[0]["not_before"], "behind")
    else:
        assert tuple(rows[1]) == (None, None)


async def test_messages_are_spread_behind_the_end(database):
    async with database.connection() as connection:
        spread = [
            row[0]
            for row in await connection.fetch(
                "SELECT quiet_spread(n, '21:00', '09:00') FROM generate_series(1, 1000) n"
            )
        ]
        again = await connection.fetchval("SELECT quiet_spread(7, '21:00', '09:00')")
        short = await connection.fetchval(
            "SELECT max(quiet_spread(n, '09:10', '09:00')) FROM generate_series(1, 1000) n"
        )
    assert spread[6] == again
    tenths = [sum(1 for s in spread if s // timedelta(minutes=3) == k) for k in range(10)]
    assert sum(tenths) == 1000
    assert all(60 < count < 140 for count in tenths)
    # Never past the next quiet hours.
    assert short < timedelta(minutes=10)


async def test_what_its_host_never_received_is_taken_back_in_quiet_hours(world):
    connection, store = world
    handed = await ask(connection, store)
    await connection.execute(QUIET_NOW)
    assert (await ask(connection, store)).verdict == "quiet"
    row = await connection.fetchrow(
        "SELECT state::text, handed_at FROM message WHERE id = $1", handed.message_id
    )
    assert tuple(row) == ("pending", None)
    assert await connection.fetchval("SELECT in_flight_id FROM device_pace") is None


async def test_what_may_have_gone_is_repeated_in_quiet_hours(world):
    connection, store = world
    await ask(connection, store)
    await connection.execute("UPDATE shard_lease SET epoch = 6")
    await connection.execute(QUIET_NOW)
    again = await ask(connection, store)
    assert (again.verdict, again.is_repeat) == ("hand", True)


async def went(connection, hours, state="sent", reason=None, lead=None):
    """The first lead had a message so many hours ago."""
    # The schema is founded with the partition of the last week: on a Monday, 169 hours ago lie before it.
    reached = "SELECT ensure_partitions(now() - make_interval(hours => $1::int), now())"
    await connection.execute(reached, hours)
    await connection.execute(
        """INSERT INTO message (account_id, lead_id, device_id, scheduled_at, state, reason, attempts,
            sent_at, handed_at)
        SELECT account_id, $4, device_id, now() - make_interval(hours => $1::int),
            $2::text::message_state, $3, 1,
            CASE WHEN $2 = 'sent' THEN now() - make_interval(hours => $1::int) END,
            now() - make_interval(hours => $1::int)
        FROM message ORDER BY id LIMIT 1""",
        hours, state, reason, lead or await connection.fetchval("SELECT min(id) FROM lead"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("daily", "weekly", "past", "wait_h"),
    [
        (2, 0, [3], None),
        (2, 0, [3, 5], 19),
        (2, 0, [3, 25], None),
        (1, 0, [3, 5], 21),
        (0, 3, [30, 50, 70], 98),
        (0, 3, [30, 50, 169], None),
        (2, 3, [3, 5, 167], 19),
        (2, 3, [3, 5, 100], 68),
        (0, 0, [1, 2, 3, 4], None),
    ],
)
async def test_a_person_hears_so_often(world, daily, weekly, past, wait_h):
    connection, store = world
    await connection.execute(
        "UPDATE account SET person_daily_cap = $1, person_weekly_cap = $2", daily, weekly
    )
    for hours in past:
        await went(connection, hours)
    verdict = await ask(connection, store, 0)
    if wait_h is None:
        assert verdict.verdict == "hand"
        return
    assert verdict.verdict == "frequent"
    assert abs(verdict.wait_s - wait_h * 3600) < 60
    assert await connection.fetchval(
        "SELECT reason FROM message WHERE state = 'pending' ORDER BY id LIMIT 1"
    ) == ("frequency_cap")
    # Others hear from the device meanwhile.
    assert (await ask(connection, store, 1)).verdict == "hand"


@pytest.mark.parametrize(
    ("state", "reason", "counts"),
    [
        ("unknown", "host_lost", True),
        ("failed", "gave_up", True),
        ("failed", "not_on_whatsapp", False),
        ("suppressed", "suppressed", False),
        ("pending", None, False),
    ],
)
async def test_what_may_have_gone_counts(world, state, reason, counts):
    connection, store = world
    await connection.execute("UPDATE account SET person_daily_cap = 1")
    await went(connection, 3, state, reason)
    assert (await ask(connection, store, 0)).verdict == ("frequent" if counts else "hand")


async def test_a_device_warms_up(world):
    connection, store = world
    await connection.execute("UPDATE device SET warmup_start = 20, warmup_growth = 1.5, daily_cap = 60")
    caps = [await connection.fetchval("SELECT device_cap(60, 20, 1.5, $1)", days) for days in range(4)]
    assert caps == [20, 30, 45, 60]
    assert await connection.fetchval("SELECT device_cap(0, 20, 1.5, 100000)") == 1_000_000
    assert await connection.fetchval("SELECT device_cap(0, 0, 1.5, 3)") is None
    sent = (
        "UPDATE device_pace SET sent_on = current_date, first_sent_on = current_date - $1::int,"
        " sent_count = $2"
    )
    for days, count, verdict in ((1, 30, "capped"), (0, 20, "capped"), (3, 60, "capped"), (1, 29, "hand")):
        await connection.execute(sent, days, count)
        assert (await ask(connection, store)).verdict == verdict


async def test_deferred_messages_are_passed_by_the_cursor_and_found_again(world):
    connection, store = world
    [device] = [row["id"] for row in await connection.fetch("SELECT id FROM device")]
    await connection.execute(
        "UPDATE message SET scheduled_at = scheduled_at - interval '2 h', not_before = now() + interval '1 h'"
    )
    pace = "SELECT cursor_at > now() - interval '3 min', back_at IS NOT NULL FROM device_pace"
    for _ in range(2):
        await store.due.advance_cursors([device])
        assert tuple(await connection.fetchrow(pace)) == (True, True)
    # A minute before the first of them may go.
    await connection.execute("UPDATE message SET not_before = now() - interval '1 s'")
    await connection.execute("UPDATE device_pace SET back_at = now() + interval '1 min'")
    assert await store.due.scan({device: True}, 16, 2.5) == []
    await store.due.advance_cursors([device])
    assert tuple(await connection.fetchrow(pace)) == (False, False)
    assert len(await store.due.scan({device: True}, 16, 2.5)) == 2


async def test_the_guards_are_planned_with_the_hand(database):
    """Inlined: a function that is called plans its own query over all partitions in each statement."""
    async with database.connection() as connection:
        types = "int[], bigint[], timestamptz[], bigint[], float8[], bool[], bool[], float8, int"
        await connection.execute("SELECT ensure_partitions(now() - interval '1 week', now())")
        for name, value in PLANNER.items():
            await connection.execute(f"SET {name} = {value}")
        await connection.execute(f"PREPARE hand ({types}) AS {SQL.hand}")
        rows = await connection.fetch(
            "EXPLAIN (VERBOSE) EXECUTE hand ('{}', '{}', '{}', '{}', '{}', '{}', '{}', 0.3, 20)"
        )
    plan = "\n".join(row[0] for row in rows)
    # The look-back of the caps: it is there, as part of this plan.
    assert "28 days" in plan
    assert "quiet_hours(" not in plan
    assert "person_free(" not in plan
