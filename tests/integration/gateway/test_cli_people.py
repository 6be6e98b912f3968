"""`kompang leads`, one by one, as whoever answers a person runs it."""

import asyncio

import pytest

from tests.integration.gateway.mesh import Client, Gateway
from tests.integration.gateway.test_explain import enrolled
from tests.support.shell import Shell

PHONE = "+60120000001"


@pytest.fixture
async def shell(gateway: Gateway) -> Shell:
    """Of an account with leads/1, enrolled, with two messages planned."""
    key = await gateway.key("acme")
    await enrolled(gateway, Client(gateway.channel, key))
    return Shell.of(gateway.address, key)


async def test_a_lead_is_shown_and_found(shell: Shell) -> None:
    shown = await shell.run("leads", "get", "1")
    assert PHONE in shown.out
    assert "web form" in shown.out
    [listed] = (await shell.run("leads", "list", "--trigger", "COLD", "--output", "json")).objects
    [got] = (await shell.run("leads", "get", "1", "--output", "json")).objects
    assert listed == got
    assert (got["name"], got["phone"], got["suppressed"]) == ("leads/1", PHONE, False)
    assert (await shell.run("leads", "list", "--trigger", "HOT", "--output", "json")).out == ""
    assert (await shell.run("leads", "list", "--device", "1", "--output", "json")).objects == [got]
    assert "there may be more" in (await shell.run("leads", "list", "--limit", "1")).out


async def test_why_a_person_does_not_hear_yet(shell: Shell) -> None:
    told = await shell.run("leads", "explain", "1")
    assert (told.code, told.err) == (0, "")
    lines = told.out.splitlines()
    assert lines[0] == "leads/1"
    assert any(line.startswith("consent ") and "passes" in line for line in lines)
    assert "2 to be sent" in lines
    assert [line.split()[-2:] for line in lines if line.startswith("messages/") and "pending" in line] == [
        ["sequences/cold", "1"],
        ["sequences/cold", "2"],
    ]
    [due] = [line for line in lines if line.startswith("due ")]
    assert "blocks" in due
    [known] = (await shell.run("leads", "explain", "1", "--output", "json")).objects
    assert [each["name"] for each in known["open"]] == ["messages/1", "messages/2"]
    assert known["next"]["message"] == "messages/1"
    guards = {guard["type"]: guard for guard in known["next"]["guards"]}
    assert guards["TYPE_DUE"]["passTime"] == known["open"][0]["scheduleTime"]


async def test_a_suppressed_person_hears_nothing_any_more(shell: Shell) -> None:
    done = await shell.run("leads", "suppress", "1", "--reason", "complaint", "--output", "json")
    assert [each["suppressed"] for each in done.objects] == [True]
    assert "nothing waits to be sent" in (await shell.run("leads", "explain", "1")).out
    states = [each["state"] for each in (await shell.run("messages", "list", "--output", "json")).objects]
    assert states == ["STATE_SUPPRESSED"] * 2
    refused = await shell.run("leads", "resume", "1")
    assert (refused.code, len(refused.errors)) == (1, 1)


async def test_a_held_person_goes_on(shell: Shell, gateway: Gateway) -> None:
    async with gateway.database.connection() as connection:
        await connection.execute("UPDATE enrollment SET state = 'held'")
        await connection.execute("UPDATE message SET not_before = '9999-01-01'")
        assert (await shell.run("leads", "resume", "1")).code == 0
        assert await connection.fetchval("SELECT state FROM enrollment") == "active"


async def test_everything_known_is_told_once_asked(shell: Shell, gateway: Gateway) -> None:
    [known] = (await shell.run("leads", "export", "1", "--output", "json")).objects
    assert known["lead"]["phone"] == PHONE
    assert len(known["messages"]) == 2
    assert known["enrollments"][0]["sequence"] == "sequences/cold"
    readable = await shell.run("leads", "export", "1")
    assert readable.out.startswith("{\n  ")
    async with gateway.database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM audit WHERE method LIKE '%ExportLead'") == 2


async def test_nobody_is_erased_by_a_slip(shell: Shell) -> None:
    silent = await shell.run("leads", "erase", "1")
    assert (silent.code, silent.out) == (2, "")
    assert "--yes" in silent.err
    async with shell.on_terminal("leads", "erase", "1") as terminal:
        await terminal.shows("Erase it?")
        assert "a hash of the number" in " ".join(terminal.seen.split())
        terminal.type("n\n")
        assert await terminal.ended() == 1
    async with shell.on_terminal("leads", "erase", "1") as terminal:
        await terminal.shows("Erase it?")
        terminal.type("\x04")
        assert await terminal.ended() == 130
    assert (await shell.run("leads", "get", "1")).code == 0


async def test_who_says_yes_erases(shell: Shell, gateway: Gateway) -> None:
    async with shell.on_terminal("leads", "erase", "1") as terminal:
        await terminal.shows("Erase it?")
        terminal.type("y\n")
        await terminal.shows("leads/1 is erased; 2 pending messages cancelled")
        assert await terminal.ended() == 0
    again, gone = await asyncio.gather(
        shell.run("leads", "erase", "1", "--yes"), shell.run("leads", "get", "1")
    )
    assert (again.code, gone.code) == (1, 1)
    async with gateway.database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM message WHERE state = 'cancelled'") == 2
