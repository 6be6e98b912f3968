"""The words that a restored database forgot come back from the journals."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from services.journal.reading import KeptWords
from services.journal.record import Record, of_import
from services.restore.replay import replay, undone
from services.restore.store import RestoreStore


def person(row) -> tuple[int, bytes]:
    return row["account_id"], row["phone_hash"]


async def test_a_replay_counts_once_and_in_order(world):
    await world.forget()
    await world.restores.settle(9)
    held = await world.restores.held()
    [one, other] = await world.connection.fetch("SELECT account_id, phone_hash FROM lead ORDER BY id")
    at = datetime.now(UTC)
    words = [
        Record("stop", at, *person(one), world.devices[0], "a"),
        Record("start", at + timedelta(seconds=1), *person(one), world.devices[0], "b"),
        Record("stop", at, *person(other), world.devices[1], "c"),
        Record("suppress", at, *person(one), reason="complaint"),
        # Of an account that the database has forgotten.
        Record("stop", at, 77, b"x", world.devices[1], "d"),
    ]
    kept = KeptWords("dispatch-1", words, begins=at - timedelta(days=1))
    as_dispatch = RestoreStore(world.stores.hand._postgres)
    assert await replay(as_dispatch, held, kept) == 4
    assert await replay(as_dispatch, held, kept) == 0
    assert (await world.restores.held()).journals == {"dispatch-1": 4}
    found = await world.connection.fetch("SELECT phone_hash, reason FROM suppression ORDER BY reason")
    assert found == [(one["phone_hash"], "complaint"), (other["phone_hash"], "stop_word")]
    assert await world.connection.fetchval("SELECT count(*) FROM enrollment WHERE state = 'stopped'") == 2


@pytest.mark.parametrize(
    ("then", "left"), [([], [True]), (["stop"], [False]), (["start"], []), (["confirm"], [False])]
)
async def test_what_was_perhaps_a_stop_is_in_doubt_again(world, then, left):
    await world.forget()
    await world.restores.settle(9)
    held = await world.restores.held()
    [one, _] = await world.connection.fetch("SELECT account_id, phone_hash FROM lead ORDER BY id")
    at = datetime.now(UTC)
    words = [Record("perhaps", at, *person(one), world.devices[0], "a")]
    words += [Record(kind, at, *person(one), world.devices[0], "b") for kind in then]
    kept = KeptWords("dispatch-1", words, begins=at - timedelta(days=1))
    as_dispatch = RestoreStore(world.stores.hand._postgres)
    assert await replay(as_dispatch, held, kept) == len(words)
    found = await world.connection.fetch("SELECT doubted_at IS NOT NULL FROM suppression")
    assert [row[0] for row in found] == left
    assert await world.connection.fetchval("SELECT count(*) FROM enrollment WHERE state = 'stopped'") == 1


@pytest.mark.parametrize(
    ("confirmed_after_s", "knows_hash", "knows_lead", "is_doubted"),
    [
        (1, True, False, False),
        # The row of the lead has a newer hash than the journal.
        (1, False, True, False),
        (1, False, False, True),
        # A doubt of later than the decision is another one.
        (-1, True, True, True),
    ],
)
async def test_a_decision_ends_the_doubts_that_its_person_had_before(
    world, confirmed_after_s, knows_hash, knows_lead, is_doubted
):
    await world.forget()
    await world.restores.settle(9)
    held = await world.restores.held()
    [one, _] = await world.connection.fetch("SELECT id, account_id, phone_hash FROM lead ORDER BY id")
    at = datetime.now(UTC)
    decision = Record(
        "confirm",
        at + timedelta(seconds=confirmed_after_s),
        one["account_id"],
        one["phone_hash"] if knows_hash else b"another hash",
        lead_id=one["id"] if knows_lead else 0,
    )
    words = [Record("perhaps", at, *person(one), world.devices[0], "a"), decision]
    await replay(world.restores, held, KeptWords("gateway-1", words))
    assert await world.connection.fetchval("SELECT doubted_at IS NOT NULL FROM suppression") == is_doubted


async def test_whoever_was_erased_and_is_back_gets_nothing_though_no_operator_reads_the_journal(world):
    await world.forget()
    await world.restores.settle(9)
    held = await world.restores.held()
    at = datetime.now(UTC)
    erased = Record("erase", at, world.account, lead_id=world.leads[0])
    kept = KeptWords("gateway-1", [erased], begins=at - timedelta(days=1))
    assert await replay(RestoreStore(world.stores.hand._postgres), held, kept) == 0
    await world.restores.release(20, None)
    withheld = "SELECT id FROM lead WHERE withheld_at IS NOT NULL"
    assert await world.connection.fetch(withheld) == [(world.leads[0],)]


def listed(row, request_id: str, at: datetime) -> Record:
    return Record("import", at, row["account_id"], request_id=request_id, people=(row["phone_hash"],))


async def remembered(world, request_id: str) -> int:
    """An import that the restored database knows."""
    return await world.connection.fetchval(
        "INSERT INTO import (account_id, request_id, options_hash, size, kind)"
        " VALUES ($1, $2, '', 0, 'suppressions') RETURNING id",
        world.account, uuid.UUID(request_id),
    )  # fmt: skip


@pytest.mark.parametrize("is_remembered", [True, False])
async def test_what_a_list_suppressed_comes_back_as_the_lists_own(world, is_remembered):
    request_id, at = str(uuid.uuid4()), datetime.now(UTC)
    number = await remembered(world, request_id) if is_remembered else None
    await world.forget()
    await world.restores.settle(9)
    held = await world.restores.held()
    [one, other] = await world.connection.fetch("SELECT account_id, phone_hash FROM lead ORDER BY id")
    # A person who is no lead, and one of an account that the database has forgotten.
    stranger = b"s" * 32
    words = [*of_import(at, world.account, request_id, [one["phone_hash"], stranger])]
    words += [Record("import", at, 77, request_id=request_id, people=(stranger,))]
    # The second lead was on the list, and then said STOP: taking the list back leaves that.
    words += [listed(other, request_id, at), Record("stop", at, *person(other), world.devices[1], "a")]
    kept = KeptWords("gateway-1", words, begins=at - timedelta(days=1))
    as_dispatch = RestoreStore(world.stores.hand._postgres)
    assert await replay(as_dispatch, held, kept) == 4
    assert await replay(as_dispatch, held, kept) == 0
    found = await world.connection.fetch("SELECT phone_hash, reason, import_id FROM suppression")
    left = {one["phone_hash"]: number, stranger: number, other["phone_hash"]: None}
    assert {row["phone_hash"]: row["import_id"] for row in found} == left
    assert await world.connection.fetchval("SELECT count(*) FROM enrollment WHERE state = 'stopped'") == 2


async def test_who_said_no_in_a_list_is_left_alone_until_somebody_decides(world):
    at = datetime.now(UTC)
    await world.connection.execute("UPDATE lead SET consent_at = NULL")
    await world.forget()
    await world.restores.settle(9)
    held = await world.restores.held()
    [one, other] = await world.connection.fetch("SELECT account_id, phone_hash FROM lead ORDER BY id")
    # The second has said yes since; the third is a lead that the database has forgotten.
    await world.connection.execute(
        "UPDATE lead SET consent_at = now() WHERE phone_hash = $1", other["phone_hash"]
    )
    people = [one["phone_hash"], other["phone_hash"], b"s" * 32]
    words = of_import(at, world.account, str(uuid.uuid4()), people, "refuse")
    kept = KeptWords("gateway-1", words, begins=at - timedelta(days=1))
    as_dispatch = RestoreStore(world.stores.hand._postgres)
    assert await replay(as_dispatch, held, kept) == 2
    assert await replay(as_dispatch, held, kept) == 0
    found = await world.connection.fetch("SELECT phone_hash, doubted_at, reason FROM suppression")
    left = {one["phone_hash"]: (at, "stop_word"), b"s" * 32: (at, "stop_word")}
    assert {row["phone_hash"]: (row["doubted_at"], row["reason"]) for row in found} == left
    assert await world.connection.fetchval("SELECT count(*) FROM enrollment WHERE state = 'stopped'") == 1


@pytest.mark.parametrize("undone_by", ["gateway-1", "gateway-2"])
async def test_what_was_taken_back_does_not_come_back(world, undone_by):
    mine, others, at = str(uuid.uuid4()), str(uuid.uuid4()), datetime.now(UTC)
    number = await remembered(world, mine)
    [one, other] = await world.connection.fetch("SELECT account_id, phone_hash FROM lead ORDER BY id")
    # Suppressed before the backup, taken back after it.
    await world.connection.execute(
        "INSERT INTO suppression (account_id, phone_hash, reason, import_id) VALUES ($1, $2, 'import', $3)",
        *person(one), number,
    )  # fmt: skip
    await world.forget()
    await world.restores.settle(9)
    held = await world.restores.held()
    undo = Record("undo", at + timedelta(minutes=1), world.account, request_id=mine)
    journals = {name: KeptWords(name, begins=at - timedelta(days=1)) for name in ("gateway-1", "gateway-2")}
    journals["gateway-1"].words += [listed(one, mine, at), listed(other, mine, at)]
    journals[undone_by].words.append(undo)
    journals["gateway-2"].words.append(listed(other, others, at))
    # Whichever is read first.
    for name in ("gateway-2", "gateway-1"):
        await replay(world.restores, held, journals[name], undone(journals.values()))
    found = await world.connection.fetch("SELECT phone_hash, import_id FROM suppression")
    assert found == [(other["phone_hash"], None)]


async def test_an_operators_word_after_a_list_stays_when_the_list_is_taken_back(world):
    request_id, at = str(uuid.uuid4()), datetime.now(UTC)
    await remembered(world, request_id)
    await world.forget()
    await world.restores.settle(9)
    held = await world.restores.held()
    [one, _] = await world.connection.fetch("SELECT account_id, phone_hash FROM lead ORDER BY id")
    words = [
        listed(one, request_id, at),
        Record("suppress", at + timedelta(seconds=1), *person(one), reason="operator"),
    ]
    await replay(world.restores, held, KeptWords("gateway-1", words, begins=at))
    assert await world.connection.fetchval("SELECT import_id IS NULL FROM suppression")
    undo = Record("undo", at, world.account, request_id=request_id)
    await replay(world.restores, held, KeptWords("gateway-1", [undo]))
    assert await world.connection.fetchval("SELECT count(*) FROM suppression") == 1


async def test_a_journal_that_begins_later_does_not_count(world):
    await world.forget()
    held = await world.restores.held()
    late = KeptWords("dispatch-1", begins=held.known_until + timedelta(seconds=1))
    torn = KeptWords("dispatch-2", begins=held.known_until)
    torn.missing_until = held.known_until + timedelta(seconds=1)
    for kept in (late, torn):
        await replay(world.restores, held, kept)
    held = await world.restores.held()
    assert (held.journals, held.incomplete) == ({}, {"dispatch-2"})
