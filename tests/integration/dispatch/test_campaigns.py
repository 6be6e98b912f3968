"""What the hand and the scan ask of a campaign: its state, its delays, and what is late."""

from datetime import timedelta

import pytest

from services.dispatch.stores import Stores
from tests.integration.dispatch.test_verdicts import ask, world  # noqa: F401 - a fixture

HOUR = timedelta(hours=1)


@pytest.fixture
async def running(world):  # noqa: F811
    """Both messages of the world are of one running campaign, due an hour ago."""
    connection, store = world
    await connection.execute("UPDATE message SET enrollment_id = NULL, scheduled_at = now() - interval '1 h'")
    campaign = await connection.fetchval(
        "INSERT INTO campaign (account_id, state) SELECT id, 'running' FROM account RETURNING id"
    )
    await connection.execute("UPDATE message SET campaign_id = $1", campaign)
    return connection, store


async def change(connection, **columns) -> None:
    names = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, 1))
    await connection.execute(f"UPDATE campaign SET {names}", *columns.values())  # noqa: S608


async def scanned(connection, store: Stores) -> int:
    devices = {row["id"]: False for row in await connection.fetch("SELECT id FROM device")}
    return len(await store.due.scan(devices, 16, 2.5))


async def test_what_is_late_is_sent_by_default(running):
    connection, store = running
    assert (await ask(connection, store)).verdict == "hand"


async def test_what_is_later_than_the_tolerance_is_dropped(running):
    connection, store = running
    await change(connection, on_late="drop", late_after=timedelta(minutes=50))
    assert (await ask(connection, store)).verdict == "expired"
    row = await connection.fetchrow("SELECT state::text, reason FROM message ORDER BY id LIMIT 1")
    assert tuple(row) == ("expired", "late")
    told = await connection.fetchrow("SELECT state, reason FROM event ORDER BY id DESC LIMIT 1")
    assert tuple(told) == ("expired", "late")
    # The device is free for the next, which is dropped too: no gap between what is not sent.
    assert (await ask(connection, store, 1)).verdict == "expired"


async def test_within_the_tolerance_it_is_sent(running):
    connection, store = running
    await change(connection, on_late="drop", late_after=timedelta(minutes=70))
    assert (await ask(connection, store)).verdict == "hand"


@pytest.mark.parametrize(("meant", "verdict"), [("70 min", "expired"), ("40 min", "hand")])
async def test_lateness_counts_from_the_plan_where_a_message_was_written_after_its_time(
    running, meant, verdict
):
    connection, store = running
    await change(connection, on_late="drop", late_after=timedelta(minutes=50))
    await connection.execute("UPDATE message SET scheduled_at = now() - interval '10 s'")
    await connection.execute(
        "INSERT INTO campaign_lead SELECT campaign_id, device_id, lead_id, id, scheduled_at,"
        " now() - $1::text::interval FROM message",
        meant,
    )
    assert (await ask(connection, store)).verdict == verdict


async def test_what_a_guard_put_off_is_late_from_then_on(running):
    """A night is no lateness."""
    connection, store = running
    await change(connection, on_late="drop", late_after=timedelta(minutes=10))
    await connection.execute("UPDATE message SET not_before = now() - interval '5 min'")
    assert (await ask(connection, store)).verdict == "hand"
    await connection.execute("UPDATE message SET not_before = now() - interval '15 min'")
    assert (await ask(connection, store, 1)).verdict == "busy"
    await connection.execute("UPDATE device_pace SET in_flight_id = NULL, in_flight_at = NULL")
    assert (await ask(connection, store, 1)).verdict == "expired"


async def test_what_was_handed_once_is_not_dropped(running):
    connection, store = running
    await change(connection, on_late="drop", late_after=timedelta(0))
    await connection.execute("UPDATE message SET attempts = 1")
    assert (await ask(connection, store)).verdict == "hand"


async def test_nothing_is_dropped_while_paused(running):
    connection, store = running
    await change(connection, on_late="drop", late_after=timedelta(0), state="paused")
    assert (await ask(connection, store)).verdict == "paused"


async def test_what_was_shifted_is_due_later_and_keeps_nobody_waiting(running):
    connection, store = running
    await change(connection, on_late="shift", shift=HOUR + timedelta(seconds=60))
    # Found before the shift: it goes back, and the scan does not find it yet.
    assert (await ask(connection, store)).verdict == "waiting"
    assert await scanned(connection, store) == 0
    await change(connection, shift=HOUR + timedelta(seconds=1))
    assert await scanned(connection, store) == 2
    verdict = await ask(connection, store)
    assert verdict.verdict == "early"
    assert 0 < verdict.wait_s <= 1
    await change(connection, shift=HOUR - timedelta(seconds=1))
    assert (await ask(connection, store)).verdict == "hand"


@pytest.mark.parametrize(
    ("state", "found"), [("running", 2), ("cancelled", 2), ("paused", 0), ("launching", 0)]
)
async def test_the_scan_passes_over_campaigns_that_sleep(running, state, found):
    connection, store = running
    await change(connection, state=state)
    assert await scanned(connection, store) == found


@pytest.mark.parametrize(
    ("least", "most", "idle", "verdict"),
    [
        # The device's own gap is 10 s.
        (20, 20, 15, "paced"),
        (20, 20, 21, "hand"),
        # Never faster than the device.
        (1, 1, 5, "paced"),
        (1, 30, 15, "paced"),
        (1, 30, 25, "hand"),
    ],
)
async def test_a_campaign_may_be_slower_than_its_device(running, least, most, idle, verdict):
    connection, store = running
    await change(connection, min_delay=timedelta(seconds=least), max_delay=timedelta(seconds=most))
    await connection.execute("UPDATE device_pace SET last_sent_at = now() - make_interval(secs => $1)", idle)
    assert (await ask(connection, store)).verdict == verdict


async def test_every_step_of_a_message_is_counted(running):
    connection, store = running
    await ask(connection, store)
    changes = await connection.fetch("SELECT old_state::text, new_state::text, messages FROM campaign_change")
    assert [tuple(row) for row in changes] == [("pending", "handed", 1)]
