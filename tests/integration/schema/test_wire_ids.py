"""The id of a message on the wire, and the way back from it."""

import asyncio

import asyncpg
import pytest

from services.schema import migrate as module
from services.schema.files import load
from services.schema.migrate import migrate
from tests.support import rows
from tests.support.eventually import eventually

# Of one message a value each; the largest is the last that has an id of this kind.
IDS = [1, 2, 3, 10**6, 2**31, 2**36 - 1, 2**36, 2**48, 2**56 - 1]


async def test_an_id_leads_to_its_message_and_to_no_other(database):
    async with database.connection() as connection:
        found = await connection.fetch(
            "SELECT m, wire_id(c.id, m) AS wire, wire_message(c.id, wire_id(c.id, m)) AS back"
            " FROM cluster c, unnest($1::bigint[]) m",
            IDS + list(range(100, 1100)),
        )
        assert [row["back"] for row in found] == [row["m"] for row in found]
        wires = [row["wire"] for row in found]
        assert len(set(wires)) == len(wires)
        assert {len(wire) for wire in wires} == {22}
        assert all(wire.startswith("3EB0") and wire == wire.upper() for wire in wires)
        # Neighbours have nothing in common: who receives messages learns nothing of how many there are.
        ones = [int(wire[4:], 16).bit_count() for wire in wires[len(IDS) :]]
        assert 34 < sum(ones) / len(ones) < 38


async def test_what_is_no_id_of_ours_leads_nowhere(database):
    async with database.connection() as connection:
        foreign = [f"3EB0{number:018X}" for number in range(0, 2**72, 2**72 // 200)]
        strange = [
            "",
            "3EB0",
            "3EB0" + "0" * 17,
            "3eb0" + "0" * 18,
            "AB" * 11,
            "x" * 10_000,
            "3EB0" + "é" * 18,
        ]
        answers = await connection.fetch(
            "SELECT wire_message(c.id, w) AS back FROM cluster c, unnest($1::text[]) w", foreign + strange
        )
        backs = [row["back"] for row in answers]
        # One in 65,000 foreign ids names a message; it would have to be one that this very device sent.
        assert backs[: len(foreign)].count(None) >= len(foreign) - 1
        assert backs[len(foreign) :] == [None] * len(strange)
        mine = await connection.fetchval("SELECT wire_id(id, 7) FROM cluster")
        other = await connection.fetchval("SELECT wire_message(gen_random_uuid(), $1)", mine)
        assert other is None


async def test_messages_from_before_keep_their_id(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was sent under a hash, and may be sent again, goes under the same hash."""
    newest = load()
    [own] = [each.version for each in newest if each.name == "receipts"]
    monkeypatch.setattr(module, "load", lambda: newest[: own - 1])
    await migrate(empty, shard_count=16)
    connection = await asyncpg.connect(
        empty, ssl=False, timeout=10, server_settings={"search_path": "kompang"}
    )
    try:
        account = await rows.account(connection)
        devices = await rows.devices(connection, account, 1)
        people = await rows.leads(connection, account, devices, 3)
        await rows.enrolled(connection, account, await rows.sequence(connection, account, 1), people)
        ask = "SELECT wire_id(c.id, m) FROM cluster c, generate_series(1, 4) m ORDER BY m"
        before = [row[0] for row in await connection.fetch(ask)]
        monkeypatch.setattr(module, "load", lambda: newest)
        await migrate(empty, shard_count=16)
        after = [row[0] for row in await connection.fetch(ask)]
        assert (after[:3], after[3] == before[3]) == (before[:3], False)
        back = "SELECT wire_message(c.id, w) FROM cluster c, unnest($1::text[]) w"
        assert [row[0] for row in await connection.fetch(back, after)] == [None, None, None, 4]
    finally:
        await connection.close(timeout=10)


async def test_the_migration_and_a_hand_that_is_under_way_do_not_wait_for_each_other(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hand reads `cluster`, then changes messages: were both locked in the other order, one would die."""
    newest = load()
    [own] = [each.version for each in newest if each.name == "receipts"]
    monkeypatch.setattr(module, "load", lambda: newest[: own - 1])
    await migrate(empty, shard_count=16)
    monkeypatch.setattr(module, "load", lambda: newest)
    hand, look = [
        await asyncpg.connect(empty, ssl=False, timeout=10, server_settings={"search_path": "kompang"})
        for _ in range(2)
    ]

    async def waits() -> bool:
        return await look.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")

    try:
        async with hand.transaction():
            await hand.fetch("SELECT id FROM cluster")
            migrating = asyncio.create_task(migrate(empty, shard_count=16))
            await eventually(waits)
            await hand.execute("UPDATE message SET attempts = 1 WHERE id = 0")
        assert own in await migrating
    finally:
        await hand.close(timeout=10)
        await look.close(timeout=10)
