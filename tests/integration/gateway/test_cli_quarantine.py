"""`kompang admin quarantine`: an operator finds a stop word that nobody could record, and it counts."""

import pytest

from tests.support import rows
from tests.support.secret import HASHES, SECRET
from tests.support.shell import Ended, Shell

WORDS = "INSERT INTO quarantine (device_id, inbound_id, sender, folded, meaning) VALUES ($1, $2, $3, $4, $5)"
LEAD = "601200000001"


@pytest.fixture
async def world(database):
    """Two accounts with the same lead, and a reply to each kind of device; the command, and a connection."""
    shell = Shell(KOMPANG_POSTGRES_DSN=database.owner_dsn, KOMPANG_SECRET=SECRET, COLUMNS="200")

    async def quarantine(*args: str) -> Ended:
        return await shell.run("admin", "quarantine", *args)

    async with database.connection() as connection:
        devices = []
        for slug in ("acme", "other"):
            account = await rows.account(connection, slug)
            devices += await rows.devices(connection, account, 1)
            leads = await rows.leads(connection, account, devices[-1:], 1)
            plan = await rows.sequence(connection, account, 2)
            await rows.enrolled(connection, account, plan, leads)
        await connection.execute(WORDS, 2**40, "a", LEAD, "stop", "stop")
        await connection.execute(WORDS, devices[0], "b", "", "hello", "reply")
        await connection.execute(WORDS, devices[1], "c", "601299999999", "berhenti", "stop")
        yield quarantine, connection


async def reply(quarantine, words: str) -> str:
    """What the command calls the reply with these words."""
    listed = (await quarantine("list", "--output", "json")).objects
    return next(each["reply"] for each in listed if each["words"] == words)


async def test_a_stop_word_is_listed_first_with_its_reason(world):
    quarantine, connection = world
    await connection.execute(
        "UPDATE quarantine SET received_at = now() - interval '1 day' WHERE meaning = 'stop'"
    )
    code, out, err = await quarantine("list")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert "berhenti" in lines[1] or "stop" in lines[1]
    assert "hello" in lines[3]
    listed = (await quarantine("list", "--output", "json")).objects
    assert {(each["words"], each["why"], each["account"]) for each in listed} == {
        ("stop", "unknown device", None),
        ("hello", "no number", "acme"),
        ("berhenti", "refused", "other"),
    }


async def test_a_stop_of_nobodys_device_counts_in_every_account_and_once(world):
    quarantine, connection = world
    number = await reply(quarantine, "stop")
    assert (await quarantine("resolve", number, "--as", "stop")).code == 0
    states = await connection.fetch("SELECT DISTINCT account_id, state::text FROM message")
    assert {(row["account_id"], row["state"]) for row in states} == {(1, "suppressed"), (2, "suppressed")}
    assert {row[0] for row in await connection.fetch("SELECT reason FROM suppression")} == {"stop_word"}
    audit = await connection.fetch("SELECT account_id, method, resource FROM audit ORDER BY 1")
    assert [tuple(row) for row in audit] == [
        (account, "admin quarantine stop", f"quarantine/{number}") for account in (1, 2)
    ]
    again = await quarantine("resolve", number, "--as", "dismissed")
    assert (again.code, "there is no reply" in again.err) == (1, True)
    assert len((await quarantine("list", "--output", "json")).objects) == 2


async def test_a_stop_of_a_number_that_is_no_leads_holds_when_it_is_imported(world):
    quarantine, connection = world
    number = await reply(quarantine, "berhenti")
    assert (await quarantine("resolve", number, "--as", "stop", "--output", "json")).objects == [
        {"reply": number, "resolution": "stop", "accounts": 1}
    ]
    assert (
        await connection.fetchval(
            "SELECT account_id FROM suppression WHERE phone_hash = $1", HASHES.current(2, "+601299999999")
        )
        == 2
    )
    assert not await connection.fetchval("SELECT count(*) FROM message WHERE state = 'suppressed'")


async def test_a_reply_without_a_number_needs_one_to_be_a_stop(world):
    quarantine, connection = world
    number = await reply(quarantine, "hello")
    assert (await quarantine("resolve", number, "--as", "stop")).errors == [
        "kompang: --number: must be given: the reply came without one"
    ]
    assert (await quarantine("resolve", number, "--as", "stop", "--number", "0123")).code == 1
    assert (await quarantine("resolve", number, "--as", "stop", "--number", f"+{LEAD}")).code == 0
    # Wherever the number is a lead's.
    assert await connection.fetchval("SELECT count(*) FROM suppression") == 2
    assert (await quarantine("resolve", "999", "--as", "dismissed")).code == 1


async def test_one_that_is_dismissed_changes_nothing_and_is_recorded(world):
    quarantine, connection = world
    number = await reply(quarantine, "hello")
    assert (await quarantine("resolve", number, "--as", "dismissed")).code == 0
    assert not await connection.fetchval("SELECT count(*) FROM suppression")
    assert tuple(await connection.fetchrow("SELECT account_id, method FROM audit")) == (
        1,
        "admin quarantine dismiss",
    )


async def test_an_operator_reads_one_reply(world):
    quarantine, connection = world
    await connection.execute("UPDATE quarantine SET folded = '[bold]stop\u202e' WHERE inbound_id = 'a'")
    number = await reply(quarantine, "[bold]stop\u202e")
    code, out, err = await quarantine("show", number)
    assert (code, err) == (0, "")
    lines = dict(line.rstrip().split(maxsplit=1) for line in out.splitlines())
    assert (lines["reply"], lines["from"], lines["account"]) == (number, f"+{LEAD}", "unknown")
    # Whatever it is, it neither marks up nor turns around what the terminal shows.
    assert lines["words"] == "[bold]stop"
    [shown] = (await quarantine("show", number, "--output", "json")).objects
    assert (shown["words"], shown["stop"], shown["why"]) == ("[bold]stop\u202e", True, "unknown device")
    nobody = await quarantine("show", "0123456789")
    assert (nobody.code, "there is no reply" in nobody.err) == (1, True)
