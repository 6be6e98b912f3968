"""`kompang messages` as an operator runs it."""

import json

import pytest

from tests.integration.gateway.mesh import Client, Gateway
from tests.integration.gateway.test_explain import enrolled
from tests.support.shell import Ended, Shell


@pytest.fixture
async def operator(gateway: Gateway):
    """What runs the command, with two messages planned."""
    key = await gateway.key("acme")
    await enrolled(gateway, Client(gateway.channel, key))
    shell = Shell.of(gateway.address, key)

    async def run(*args: str) -> Ended:
        return await shell.run("messages", *args)

    return run


async def test_a_message_is_explained_guard_by_guard(operator):
    code, out, err = await operator("explain", "messages/1")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "messages/1 is not sent yet: no shard host runs devices/1 now"
    [due] = [line for line in lines if line.startswith("due ")]
    assert "blocks" in due
    assert "is not due yet" in due
    code, out, _ = await operator("explain", "1", "--output", "json")
    guards = {guard["type"]: guard["verdict"] for guard in json.loads(out)["guards"]}
    assert (guards["TYPE_DUE"], guards["TYPE_ORDER"]) == (
        "VERDICT_BLOCKS",
        "VERDICT_PASSES",
    )


async def test_messages_are_listed_until_there_are_enough(operator):
    code, out, _ = await operator("list", "--state", "pending")
    assert code == 0
    assert [line.split()[:2] for line in out.splitlines()[1:]] == [
        ["messages/1", "pending"],
        ["messages/2", "pending"],
    ]
    _, out, _ = await operator("list", "--limit", "1")
    assert out.splitlines()[-1] == "there may be more; raise --limit"
    _, out, _ = await operator("list", "--limit", "1", "--output", "json")
    assert [json.loads(line)["name"] for line in out.splitlines()] == ["messages/1"]
    _, out, _ = await operator("list", "--state", "sent", "--output", "json")
    assert out == ""
    _, out, _ = await operator("list", "--lead", "1", "--sequence", "cold", "--output", "json")
    assert len(out.splitlines()) == 2


async def test_an_unknown_message_is_resolved(operator, gateway):
    code, _, err = await operator("resolve", "messages/1", "--as", "give-up")
    assert (code, err.count("\n")) == (1, 1)
    async with gateway.database.connection() as connection:
        await connection.execute("UPDATE message SET state = 'unknown', attempts = 1 WHERE id = 1")
    code, out, _ = await operator("resolve", "messages/1", "--as", "give-up")
    assert (code, out) == (0, "messages/1 is failed (gave_up)\n")


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("explain", "messages/99"), 1),
        (("explain", "leads/1"), 2),
        (("resolve", "messages/1"), 2),
        (("resolve", "messages/1", "--as", "whatever"), 2),
        (("list", "--lead", "nobody"), 2),
        (("list", "--lead", "99"), 1),
        (("list", "--limit", "0"), 2),
    ],
)
async def test_what_cannot_be_done_is_told(operator, args, expected):
    code, _, err = await operator(*args)
    assert (code, bool(err)) == (expected, True)
