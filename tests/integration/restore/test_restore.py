"""What a restored database forgets, and what is done about it."""

import uuid
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import asyncpg
import pytest

from services.dispatch.hand.store import Candidate
from services.dispatch.outcomes.store import Result
from services.dispatch.stores import PLANNER, Stores
from services.enrollment.store import Cursor, EnrollmentStore, Listener
from services.journal.reading import KeptWords
from services.journal.record import Record, of_import
from services.message.state import MessageState
from services.restore.replay import replay, undone
from services.restore.store import Fence, RestoreStore
from services.runtime.errors import Unavailable
from services.runtime.postgres import Postgres
from services.runtime.settings import PostgresSettings
from tests.support import rows
from tests.support.secret import HASHES

FORGET = "UPDATE cluster SET lineage = 'another/00000001'"
STREAM = 7


class World:
    """An account with two devices, of which only the first can repeat, and a lead with a message on each."""

    def __init__(self, database, connection, owner, dispatch) -> None:
        self.database = database
        self.connection = connection
        self.restores = RestoreStore(owner)
        self.stores = Stores.on(dispatch, 20, HASHES)
        self.fence = Fence(until_settled=True)

    async def make(self) -> None:
        self.account = await rows.account(self.connection)
        [repeats] = await rows.devices(self.connection, self.account, 1)
        self.devices = [repeats]
        self.devices.append(
            await self.connection.fetchval(
                "WITH made AS (INSERT INTO device (account_id, phone, shard, transport)"
                " VALUES ($1, '+60110', 0, 'neonize') RETURNING id)"
                " INSERT INTO device_pace (device_id) SELECT id FROM made RETURNING device_id",
                self.account,
            )
        )
        self.leads = await rows.leads(self.connection, self.account, self.devices, 2)
        self.plan = await rows.sequence(self.connection, self.account, 1)
        await rows.enrolled(self.connection, self.account, self.plan, self.leads)
        incarnation = uuid.uuid4()
        await self.stores.leases.attach(str(incarnation), "host", "session", STREAM, 600)
        await self.connection.execute("UPDATE shard_lease SET epoch = 5, incarnation = $1", incarnation)

    async def forget(self) -> None:
        """The database is another one from now on, and somebody connects."""
        await self.connection.execute(FORGET)
        await self.restores.beat(self.fence)

    async def message(self, device: int = 0) -> asyncpg.Record:
        return await self.connection.fetchrow(
            "SELECT * FROM message WHERE device_id = $1", self.devices[device]
        )

    async def hand(self, device: int = 0) -> str:
        row = await self.message(device)
        candidate = Candidate(row["device_id"], row["id"], row["scheduled_at"], STREAM, 0.5, device == 0)
        [decision] = await self.stores.hand.hand([candidate], 0.3)
        return decision.verdict

    async def states(self) -> list[str]:
        return [
            row[0]
            for row in await self.connection.fetch("SELECT state::text FROM message ORDER BY device_id")
        ]


@pytest.fixture
async def world(database):
    owner = PostgresSettings(postgres_dsn=database.owner_dsn)
    dispatch = PostgresSettings(postgres_dsn=database.dsn("dispatch"))
    async with (
        database.connection() as connection,
        Postgres(owner, application="test") as as_owner,
        Postgres(dispatch, application="test", session=PLANNER) as as_dispatch,
    ):
        made = World(database, connection, as_owner, as_dispatch)
        await made.make()
        yield made


async def test_a_restored_database_hands_nothing_although_nobody_has_noticed(world):
    await world.connection.execute(FORGET)
    assert await world.hand() == "restored"
    assert await world.states() == ["pending", "pending"]


async def test_one_process_that_notices_stops_all(world):
    # A snapshot of the disk has the same history: only who has seen a later moment can know.
    await world.restores.beat(world.fence)
    await world.connection.execute("UPDATE cluster SET alive_at = alive_at - interval '1 s'")
    assert await world.hand() == "hand"
    await world.connection.execute("UPDATE message SET state = 'pending'")
    await world.connection.execute("UPDATE device_pace SET in_flight_id = NULL, in_flight_at = NULL")
    assert (await world.restores.beat(world.fence)).is_news
    assert await world.hand() == "restored"
    assert not (await world.restores.beat(Fence(until_settled=True))).is_news


@pytest.mark.parametrize(
    ("role", "is_refused"), [("dispatch", True), ("enrollment", True), ("gateway", False)]
)
async def test_a_new_connection_notices_before_anything_is_written(world, role, is_refused):
    await world.connection.execute(FORGET)
    settings = PostgresSettings(postgres_dsn=world.database.dsn(role))
    fence = Fence(until_settled=is_refused)
    async with Postgres(settings, application="test", on_connect=fence.check) as postgres:
        if is_refused:
            with pytest.raises(Unavailable, match="restored"):
                await postgres.fetch_value("SELECT 1")
            await world.restores.settle(3)
        assert await postgres.fetch_value("SELECT 1") == 1
    assert await world.connection.fetchval("SELECT held_by IS NOT NULL FROM cluster")


NUMBERS = """SELECT c.relname, pg_sequence_last_value(c.oid) AS last, s.seqtypid = 'bigint'::regtype AS is_big
    FROM pg_class c JOIN pg_sequence s ON s.seqrelid = c.oid WHERE c.relnamespace = 'kompang'::regnamespace"""


async def test_no_id_is_given_twice_in_any_history(world):
    """Two histories that begin in the same backup: the ids of each are disjoint, at 2^20 a second."""
    given: list[tuple[int, int]] = [(1, (await world.message(1))["id"])]
    for second in range(1, 4):
        transaction = world.connection.transaction()
        await transaction.start()
        # Each begins from the same backup, a second after the one before.
        at = datetime.now(UTC) + timedelta(seconds=second)
        await world.connection.execute("SELECT move_sequences($1)", at)
        first = await world.connection.fetchval("SELECT nextval('message_id_seq')")
        given.append((first, first + 2**20 - 2))
        # setval is not undone by a rollback: the next history begins below again.
        await world.connection.execute("SELECT setval('message_id_seq', 2)")
        await transaction.rollback()
    for before, after in pairwise(given):
        assert before[1] < after[0]
    assert given[-1][1] < 2**53


async def test_every_sequence_of_the_schema_is_moved(world):
    before = {row["relname"]: row for row in await world.connection.fetch(NUMBERS)}
    await world.forget()
    seconds = int((datetime.now(UTC) - datetime(2020, 1, 1, tzinfo=UTC)).total_seconds())
    for row in await world.connection.fetch(NUMBERS):
        least = (seconds - 60) << 20 if row["is_big"] else seconds - 60
        assert row["last"] >= max(least, before[row["relname"]]["last"] or 0), row["relname"]


# How a message stood at the restore point, and whether it may have been sent since.
POSSIBLE = [
    ("state = 'pending'", True),
    ("state = 'handed', epoch = 5, attempts = 1, handed_at = now()", True),
    ("state = 'pending', not_before = now() - interval '1 s'", True),
    # A reply holds it; an operator may have resumed the lead.
    ("state = 'pending', not_before = '9999-01-01', reason = 'replied'", True),
    ("state = 'pending', not_before = now() + interval '1 h', reason = 'quiet_hours'", False),
    ("state = 'sent', attempts = 1", False),
    ("state = 'unknown', attempts = 1, reason = 'no_answer'", False),
]


@pytest.mark.parametrize(("stood", "may_have_gone"), POSSIBLE, ids=[each[0] for each in POSSIBLE])
async def test_what_may_have_been_sent_is_unknown(world, stood, may_have_gone):
    await world.connection.execute(f"UPDATE message SET {stood}")  # noqa: S608
    before = await world.connection.fetch("SELECT state::text, reason FROM message")
    await world.forget()
    await world.restores.settle(9)
    found = await world.connection.fetch("SELECT state::text, reason FROM message")
    assert found == ([("unknown", "restored")] * 2 if may_have_gone else before)
    assert await world.connection.fetchval(
        "SELECT bool_and(epoch = 10 AND incarnation IS NULL) FROM shard_lease"
    )


async def test_a_message_of_tomorrow_was_not_sent(world):
    later = await rows.leads(world.connection, await rows.account(world.connection, "b"), world.devices, 1)
    [message] = await rows.enrolled(world.connection, world.account, world.plan, later, first_in_s=3600)
    await world.forget()
    await world.restores.settle(9)
    assert (
        await world.connection.fetchval("SELECT state::text FROM message WHERE id = $1", message) == "pending"
    )


async def test_epochs_come_down_to_a_consul_that_was_restored_too(world):
    await world.connection.execute("UPDATE shard_lease SET epoch = 2 ^ 40")
    await world.forget()
    await world.restores.settle(9)
    claims = [(0, 9), (1, 10), (2, 11)]
    claimed = await world.stores.leases.claim(claims, str(uuid.uuid4()), STREAM, set(claims))
    assert [(each.shard, each.is_stale) for each in claimed] == [(0, True), (1, False), (2, False)]


ON_UNKNOWN = [("hold", "unknown"), ("resend", "pending"), ("give_up", "failed")]


@pytest.mark.parametrize(("policy", "state"), ON_UNKNOWN)
async def test_release_repeats_where_the_network_knows_ids_and_else_asks_the_policy(world, policy, state):
    await world.connection.execute("UPDATE sequence SET on_unknown = $1", policy)
    await world.forget()
    await world.restores.settle(9)
    assert await world.states() == ["unknown", "unknown"]
    again, left, withheld = await world.restores.release(20, None)
    assert await world.states() == ["pending", state]
    assert (again, left, withheld) == (1 + (state == "pending"), int(state != "pending"), 0)
    # An attempt that the network cannot recognise counts as one.
    assert [(await world.message(device))["attempts"] for device in (0, 1)] == [0, 1]


async def test_a_late_answer_is_recorded_though_the_hand_was_forgotten(world):
    await world.forget()
    await world.restores.settle(9)
    row = await world.message()
    sent = Result(
        row["id"], row["scheduled_at"], row["device_id"], 5, MessageState.SENT, None,
        0.0, b"12345678", 1.0, was_sent=True, stays=False, stops=False,
    )  # fmt: skip
    assert await world.stores.outcomes.record_outcomes([sent]) == {row["id"]: "sent"}


async def test_what_was_in_flight_is_not_handed_as_if_it_had_never_been_received(world):
    assert await world.hand() == "hand"
    await world.forget()
    await world.restores.settle(9)
    await world.restores.release(20, None)
    # The same host under the same epoch, as if no lock had been needed.
    await world.connection.execute(
        "UPDATE shard_lease SET epoch = 5, incarnation = (SELECT incarnation FROM host)"
    )
    row = await world.message()
    candidate = Candidate(row["device_id"], row["id"], row["scheduled_at"], STREAM, 0.5, repeatable=True)
    [decision] = await world.stores.hand.hand([candidate], 60)
    assert (decision.verdict, decision.is_repeat) == ("hand", True)


async def test_whom_a_scan_would_enroll_may_have_been_enrolled(world):
    await world.connection.execute("DELETE FROM message")
    await world.connection.execute("DELETE FROM enrollment")
    await world.connection.execute("UPDATE lead SET trigger = 'COLD'")
    await world.forget()
    await world.restores.settle(9)
    await world.restores.release(20, None)
    settings = PostgresSettings(postgres_dsn=world.database.dsn("enrollment"))
    async with Postgres(settings, application="test") as postgres:
        store = EnrollmentStore(postgres)
        page = await store.page(Listener(world.account, world.plan), Cursor(), 10)
        assert page.lead_ids == ()
        await world.connection.execute("UPDATE lead SET withheld_at = NULL")
        page = await store.page(Listener(world.account, world.plan), Cursor(), 10)
        assert sorted(page.lead_ids) == world.leads


@pytest.mark.parametrize(
    ("stood", "doubtful"),
    [
        ("'launching', now()", True),
        ("'scheduled', now()", True),
        ("'scheduled', now() + interval '1 h'", False),
    ],
)
async def test_a_campaign_that_may_have_been_launched_waits_for_an_operator(world, stood, doubtful):
    await world.connection.execute(f"INSERT INTO campaign (account_id, state, starts_at) SELECT 1, {stood}")
    await world.forget()
    await world.restores.settle(9)
    assert await world.connection.fetchval("SELECT is_doubtful FROM campaign") == doubtful


async def test_without_a_journal_whoever_was_written_to_is_withheld(world):
    await world.forget()
    await world.restores.settle(9)
    _, _, withheld = await world.restores.release(20, timedelta(days=7))
    assert withheld == 2
    await world.connection.execute("UPDATE shard_lease SET incarnation = (SELECT incarnation FROM host)")
    await world.connection.execute("UPDATE device_pace SET last_sent_at = NULL")
    assert await world.hand() == "withheld"
    row = await world.message()
    assert (row["state"], row["reason"], row["not_before"].year) == ("pending", "restored", 9999)


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
    torn = KeptWords("dispatch-2", begins=held.known_until, gaps=[held.known_until + timedelta(seconds=1)])
    for kept in (late, torn):
        await replay(world.restores, held, kept)
    assert (await world.restores.held()).journals == {}


async def test_nothing_lost_leaves_everything_as_it_was(world):
    await world.forget()
    await world.restores.trust()
    assert await world.hand() == "hand"
