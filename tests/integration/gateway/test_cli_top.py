"""`kompang top` as an operator looks at it."""

import json
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.gateway.mesh import Client, Gateway
from tests.integration.gateway.test_explain import enrolled
from tests.integration.gateway.test_overview import make_noon
from tests.support.shell import Shell

PHONES = ("+6011", "+6012", "6011000", "6012000")


@pytest.fixture
async def shell(gateway: Gateway) -> Shell:
    """Of an account where something goes on."""
    key = await gateway.key("acme")
    await enrolled(gateway, Client(gateway.channel, key))
    async with gateway.database.connection() as connection:
        await make_noon(connection)
        await connection.execute("SELECT ensure_partitions(now() - interval '1 day', now())")
        await connection.execute(
            "INSERT INTO campaign (account_id, state, display_name) VALUES (1, 'running', '[bold]Sale[/]')"
        )
        await connection.execute("INSERT INTO campaign_count VALUES (1, 'sent', 30), (1, 'pending', 10)")
        await connection.execute(
            "INSERT INTO event (account_id, type, message_id, lead_id, device_id, state, reason)"
            " SELECT 1, 'message_changed', n, 1, 1, CASE n WHEN 7 THEN 'failed' ELSE 'sent' END,"
            " 'not_on_whatsapp' FROM generate_series(1, 7) n"
        )
    return Shell.of(gateway.address, key)


async def test_one_moment_in_plain_text(shell: Shell) -> None:
    shown = await shell.run("top")
    assert (shown.code, shown.err) == (0, "")
    assert "\x1b" not in shown.out
    lines = shown.out.splitlines()
    assert any(line.startswith("devices") and "1 no host" in line and "of 1" in line for line in lines)
    assert any(line.startswith("sends") and "0.1/s over the last minute" in line for line in lines)
    assert any(line.startswith("today") and "6 sent, 1 failed" in line for line in lines)
    [campaign] = [line for line in lines if line.startswith("campaigns/1 ")]
    assert "[bold]Sale[/]" in campaign
    assert "75%" in campaign
    [event] = [line for line in lines if "message failed" in line]
    assert "messages/7" in event
    assert "not_on_whatsapp" in event
    assert not [phone for phone in PHONES if phone in shown.out]


async def test_one_object_for_programs(shell: Shell) -> None:
    shown = await shell.run("top", "--once", "--output", "json")
    [told] = shown.objects
    assert told["devices"]["hostless"] == 1
    assert told["today"] == [
        {"state": "STATE_SENT", "messageCount": 6},
        {"state": "STATE_FAILED", "messageCount": 1},
    ]
    assert (told["sendRate"], told["plannedCount"], told["counted"]) == (0.1, 10, True)
    assert not [phone for phone in PHONES if phone in shown.out]


async def test_an_object_a_second_without_an_end(shell: Shell) -> None:
    process = await shell.begin("top", "--output", "json")
    assert process.stdout is not None
    begun = time.monotonic()
    told = [json.loads(await process.stdout.readline()) for _ in range(3)]
    process.send_signal(signal.SIGINT)
    _, err = await process.communicate()
    assert (process.returncode, err) == (130, b"kompang: interrupted\n")
    at = [datetime.fromisoformat(each["measureTime"]) for each in told]
    assert at[2] - at[0] >= timedelta(seconds=1.5)
    assert at[0].tzinfo == UTC
    assert time.monotonic() - begun >= 1.5


@pytest.mark.parametrize(
    ("end", "code"), [("q", 0), (signal.SIGINT, 130), (signal.SIGTERM, 0)], ids=["q", "Ctrl-C", "SIGTERM"]
)
async def test_the_terminal_is_afterwards_as_it_was(
    shell: Shell, end: str | signal.Signals, code: int
) -> None:
    async with shell.on_terminal("top") as terminal:
        await terminal.shows("6 sent, 1 failed")
        # The other screen, without a cursor, and each key at once.
        assert "\x1b[?1049h" in terminal.seen
        assert terminal.attributes != terminal.before
        if isinstance(end, signal.Signals):
            terminal.process.send_signal(end)
        else:
            terminal.type(end)
        assert await terminal.ended() == code
        assert terminal.attributes == terminal.before
        await terminal.shows("\x1b[?1049l")
        await terminal.shows("\x1b[?25h")
        after = terminal.seen.rpartition("\x1b[?1049l")[2]
        assert ("kompang: interrupted" in after) == (code == 130)
        assert "Traceback" not in terminal.seen


async def test_a_gateway_that_goes_leaves_the_terminal_as_it_was(shell: Shell, gateway: Gateway) -> None:
    async with shell.on_terminal("top") as terminal:
        await terminal.shows("6 sent, 1 failed")
        gateway.life.drain()
        assert await terminal.ended() == 3
        assert terminal.attributes == terminal.before
        await terminal.shows("is away")
