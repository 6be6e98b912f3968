"""What stood still does not go on in step: each device begins at a place of its own in its longest gap."""

import uuid

import pytest

from services.dispatch.hand.store import Candidate
from tests.integration.dispatch.test_campaigns import change, running
from tests.integration.dispatch.test_verdicts import LEAD_S, STREAM, world

__all__ = ["running", "world"]


async def asked(connection, store, draw: float):
    row = await connection.fetchrow("SELECT * FROM message ORDER BY id LIMIT 1")
    candidate = Candidate(row["device_id"], row["id"], row["scheduled_at"], STREAM, draw, True)
    [verdict] = await store.hand.hand([candidate], LEAD_S)
    return verdict


async def again(connection, since: str, seconds: float) -> None:
    """That it went on so many seconds ago, for one of the three reasons."""
    table, column = since.split(".")
    statement = f"UPDATE {table} SET {column} = now() - make_interval(secs => $1)"  # noqa: S608
    await connection.execute(statement, seconds)


SINCE = ["campaign.running_since", "shard_lease.granted_at", "host.back_at"]


@pytest.mark.parametrize("since", SINCE)
@pytest.mark.parametrize("policy", ["send", "drop", "shift"])
async def test_a_device_goes_on_at_its_own_place(running, since, policy):
    connection, store = running
    await change(connection, on_late=policy)
    await connection.execute("UPDATE message SET scheduled_at = now() - interval '1 min'")
    await connection.execute("UPDATE device_pace SET last_sent_at = now() - interval '2 min'")
    await again(connection, since, 0)
    waits = []
    for draw in (0.1, 0.5, 0.9):
        verdict = await asked(connection, store, draw)
        assert verdict.verdict == "paced"
        waits.append(verdict.wait_s + LEAD_S)
    # Its gap is 10 s, always.
    assert waits == pytest.approx([1, 5, 9], abs=0.5)
    await again(connection, since, 6)
    assert (await asked(connection, store, 0.5)).verdict == "hand"


@pytest.mark.parametrize("since", SINCE)
async def test_a_device_in_its_rhythm_keeps_it(running, since):
    connection, store = running
    await connection.execute("UPDATE device_pace SET last_sent_at = now() - interval '12 s'")
    # It stood still for 3 s only, less than its gap.
    await again(connection, since, 9)
    assert (await asked(connection, store, 0.99)).verdict == "hand"


@pytest.mark.parametrize("since", SINCE)
async def test_what_is_due_only_since_then_goes_at_its_time(running, since):
    connection, store = running
    await connection.execute("UPDATE message SET scheduled_at = now() - interval '1 s'")
    await again(connection, since, 2)
    assert (await asked(connection, store, 0.9)).verdict == "hand"


@pytest.mark.parametrize("since", SINCE[1:])
async def test_a_takeover_is_not_slowed_down(running, since):
    connection, store = running
    await connection.execute("UPDATE message SET scheduled_at = now() - interval '1 min'")
    # Out of its rhythm for 15 s, more than its gap, and less than an outage.
    await connection.execute("UPDATE device_pace SET last_sent_at = now() - interval '25 s'")
    await again(connection, since, 0)
    assert (await asked(connection, store, 0.9)).verdict == "hand"


async def test_a_lease_that_is_granted_says_when(world):
    connection, store = world
    incarnation = str(uuid.uuid4())
    await store.leases.attach(incarnation, "next", "session", 9, 60)
    await connection.execute("UPDATE shard_lease SET incarnation = NULL")
    assert (await store.leases.claim([(0, 8)], incarnation, 9, {(0, 8)}))[0].is_granted
    assert await connection.fetchval("SELECT granted_at IS NOT NULL FROM shard_lease WHERE shard = 0")


async def test_a_term_that_goes_on_after_it_ran_out_says_when(world):
    connection, store = world
    incarnation = await connection.fetchval("SELECT incarnation::text FROM host")
    back = "SELECT back_at > now() - interval '1 min' FROM host"
    await store.leases.renew([(incarnation, STREAM)], 60)
    assert await connection.fetchval(back) is None
    await connection.execute("UPDATE host SET expires_at = now() - interval '1 s'")
    await store.leases.renew([(incarnation, STREAM)], 60)
    assert await connection.fetchval(back) is True
