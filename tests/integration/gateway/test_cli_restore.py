"""`kompang admin after-restore` and `release`, and what everybody is told meanwhile."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.journal.journal import Journal
from services.journal.record import Record
from tests.integration.gateway.mesh import Client, Gateway
from tests.integration.gateway.test_explain import enrolled
from tests.support.shell import Ended, Shell

FORGET = "UPDATE cluster SET lineage = 'another', alive_at = now() - interval '1 s'"


@pytest.fixture
async def admin(gateway: Gateway):
    shell = Shell(
        KOMPANG_POSTGRES_DSN=gateway.database.owner_dsn,
        KOMPANG_CONSUL_ADDRESS=gateway.database.stack.consul[0].address,
        COLUMNS="200",
    )

    async def run(*args: str) -> Ended:
        return await shell.run("admin", *args)

    return run


async def test_a_restore_is_held_settled_told_and_released(gateway: Gateway, admin, tmp_path: Path) -> None:
    key = await gateway.key("acme")
    await enrolled(gateway, Client(gateway.channel, key))
    user = Shell.of(gateway.address, key)
    journal = Journal(tmp_path, "dispatch-1", days=14, most_bytes=10_000)
    await journal.open()
    assert "nothing to release" in (await admin("release")).err
    async with gateway.database.connection() as connection:
        await connection.execute("UPDATE message SET scheduled_at = now() WHERE position = 1")
        await connection.execute(FORGET)
        [person] = await connection.fetch("SELECT account_id, phone_hash FROM lead")
        who = person["account_id"], person["phone_hash"]
        await journal.append([Record("stop", datetime.now(UTC), *who, 1, "in-1")])
        await connection.execute("UPDATE cluster SET alive_at = now() + interval '1 s'")

    held = await admin("after-restore", "--output", "json")
    assert (held.code, held.objects[0]["held"], held.objects[0]["unknown"], held.objects[0]["journals"]) == (
        0, True, 1, {},
    )  # fmt: skip
    assert "stop words may be missing" in (await admin("release")).err
    assert "the database was restored" in (await user.run("top", "--once")).out
    assert "an operator releases it" in (await user.run("leads", "explain", "1")).out

    replayed = await admin("after-restore", "--journal", str(tmp_path), "--output", "json")
    assert replayed.objects[0]["replayed"] == {"dispatch-1": 1}
    assert replayed.objects[0]["journals"] == {"dispatch-1": 1}
    released = await admin("release")
    assert (released.code, "sending is held: no" in released.out) == (0, True)
    async with gateway.database.connection() as connection:
        assert await connection.fetchval("SELECT held_by IS NULL FROM cluster")
        assert await connection.fetchval("SELECT reason FROM suppression") == "stop_word"
    assert "the database was restored" not in (await user.run("top", "--once")).out


async def test_a_journal_that_lost_words_keeps_sending_held_beside_a_whole_one(
    gateway: Gateway, admin, tmp_path: Path
) -> None:
    await enrolled(gateway, Client(gateway.channel, await gateway.key("acme")))
    whole, torn = (Journal(tmp_path, f"dispatch-{n}", days=14, most_bytes=10_000) for n in (1, 2))
    for journal in (whole, torn):
        await journal.open()
    # The disk takes nothing any more.
    await asyncio.to_thread(torn._mark)
    async with gateway.database.connection() as connection:
        await connection.execute("UPDATE cluster SET alive_at = now() + interval '1 s'")
    read = await admin("after-restore", "--journal", str(tmp_path), "--output", "json")
    assert (read.objects[0]["journals"], read.objects[0]["incomplete"]) == ({"dispatch-1": 0}, ["dispatch-2"])
    refused = await admin("release")
    assert (refused.code != 0, "dispatch-2 has lost some" in refused.err) == (True, True), refused.err
    assert (await admin("release", "--without-journal")).code == 0


async def test_without_a_journal_people_wait_for_a_decision(gateway: Gateway, admin) -> None:
    key = await gateway.key("acme")
    await enrolled(gateway, Client(gateway.channel, key))
    user = Shell.of(gateway.address, key)
    async with gateway.database.connection() as connection:
        await connection.execute("UPDATE message SET scheduled_at = now() WHERE position = 1")
        # An operator knows of the restore; no process has noticed.
        assert (await admin("after-restore")).code == 0
        ended = await admin("release", "--without-journal", "--output", "json")
        assert json.loads(ended.out)["withheldLeads"] == 1
        assert "is withheld until somebody resumes the lead" in (await user.run("leads", "explain", "1")).out
        await connection.execute(
            "UPDATE message SET not_before = '9999-01-01', reason = 'restored' WHERE position = 1"
        )
        assert (await user.run("leads", "resume", "1")).code == 0
        assert await connection.fetchval("SELECT withheld_at FROM lead") is None
        [message] = await connection.fetch("SELECT not_before, reason FROM message WHERE position = 1")
        assert tuple(message) == (None, None)


async def test_nothing_lost_goes_on_as_before(gateway: Gateway, admin) -> None:
    async with gateway.database.connection() as connection:
        await connection.execute(FORGET)
        ended = await admin("after-restore", "--nothing-lost", "--output", "json")
        assert (ended.code, json.loads(ended.out)) == (0, {"held": False})
        assert await connection.fetchval("SELECT held_by IS NULL AND lineage = lineage() FROM cluster")


async def test_an_erasure_that_was_forgotten_withholds_the_lead(gateway: Gateway, admin, tmp_path) -> None:
    key = await gateway.key("acme")
    await enrolled(gateway, Client(gateway.channel, key))
    journal = Journal(tmp_path, "gateway-1", days=14, most_bytes=10_000)
    await journal.append([Record("erase", datetime.now(UTC) - timedelta(seconds=1), 1, lead_id=1)])
    ended = await admin("after-restore", "--journal", str(tmp_path), "--output", "json")
    assert ended.objects[0]["eraseAgain"] == ["leads/1"]
    async with gateway.database.connection() as connection:
        assert await connection.fetchval("SELECT withheld_at IS NOT NULL FROM lead")
