"""A message that may have gone, where that can be found out: asked about, then settled or sent anew."""

from datetime import timedelta

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.hand.store import Candidate
from services.dispatch.outcomes.store import Result
from services.dispatch.policy import Attempt, decide
from services.dispatch.settings import DispatchSettings
from services.message.reason import MessageReason
from services.message.state import MessageState
from tests.integration.dispatch.conftest import replica
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import ALL, states
from tests.integration.dispatch.test_hand import world as mesh
from tests.integration.dispatch.test_verdicts import STREAM, world  # noqa: F401 - a fixture
from tests.support.eventually import eventually
from tests.support.secret import SECRET

TRACEABLE = "simulated_traceable"
AMBIGUOUS, NEVER = pb.Outcome.RESULT_AMBIGUOUS, pb.Outcome.RESULT_NEVER_SENT
STOP = "INSERT INTO suppression (account_id, phone_hash) SELECT account_id, phone_hash FROM lead"
MESSAGE = "SELECT * FROM message ORDER BY id LIMIT 1"


async def handed(host, devices, epoch=1):
    await host.claim(ALL, epoch)
    await host.ready(devices)
    [message] = await host.messages(1)
    return message


async def test_what_never_went_is_sent_anew(database):
    async with replica(database, retry_s=0.05) as address, database.connection() as connection:
        devices, _, _ = await mesh(connection, devices=1, leads=1, transport=TRACEABLE)
        async with attached(address) as host:
            first = await handed(host, devices)
            assert (first.repeat, first.trace_only, first.attempt) == (False, False, 1)
            await host.report([first], AMBIGUOUS, text_hash=b"12345678", attempt=1)
            [asked] = await host.messages(1)
            assert (asked.repeat, asked.trace_only, asked.attempt) == (True, True, 2)
            assert (asked.wire_id, asked.recipient) == (first.wire_id, first.recipient)
            # Who only asks needs to know nothing of the person, nor what is said.
            assert (asked.name, dict(asked.attributes), asked.template_id, asked.wait_ms) == ("", {}, 0, 0)
            await host.report([asked], NEVER, attempt=2)
            [again] = await host.messages(1)
            assert (again.repeat, again.trace_only, again.attempt) == (False, False, 3)
            assert (again.wire_id, again.template_id) == (first.wire_id, first.template_id)
            await host.report([again], text_hash=b"87654321", attempt=3)
        assert await states(connection) == {"sent": 1}
        assert (await connection.fetchrow(MESSAGE))["text_hash"] == b"87654321"


async def test_what_went_is_sent_and_keeps_its_text(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await mesh(connection, devices=1, leads=1, transport=TRACEABLE)
        async with attached(dispatch) as host:
            first = await handed(host, devices)
            await host.report([first], AMBIGUOUS, text_hash=b"12345678")
            [asked] = await host.messages(1)
            await host.report([asked], age_ms=60_000)
        row = await connection.fetchrow(MESSAGE)
        assert (row["state"], row["text_hash"]) == ("sent", b"12345678")
        assert await connection.fetchval("SELECT now() - sent_at FROM message") > timedelta(seconds=59)


async def test_what_stays_unclear_goes_by_the_policy(database):
    async with replica(database, repeats=3) as address, database.connection() as connection:
        # Nothing goes by a question: it waits for no gap.
        hour = {"min_s": 3600, "max_s": 3600}
        devices, _, _ = await mesh(connection, devices=1, leads=1, transport=TRACEABLE, **hour)
        await connection.execute("UPDATE sequence SET on_unknown = 'give_up'")
        async with attached(address) as host:
            first = await handed(host, devices)
            await host.report([first], AMBIGUOUS)
            [asked] = await host.messages(1)
            began = await connection.fetchval("SELECT last_sent_at FROM device_pace")
            await host.report([asked], AMBIGUOUS)
            [asked] = await host.messages(1)
            assert asked.trace_only
            assert await connection.fetchval("SELECT last_sent_at FROM device_pace") == began
            await host.report([asked], AMBIGUOUS, ready=False)
            # It may have gone a moment ago: the gap begins when it is given up.
            assert await connection.fetchval("SELECT last_sent_at FROM device_pace") > began
        assert await states(connection) == {"failed": 1}
        assert (await connection.fetchrow(MESSAGE))["reason"] == "gave_up"


async def test_who_said_stop_meanwhile_gets_nothing_and_the_truth_is_known(database):
    async with replica(database, retry_s=0.05) as address, database.connection() as connection:
        devices, _, _ = await mesh(connection, devices=1, leads=2, transport=TRACEABLE)
        async with attached(address) as host:
            await handed(host, devices)
            await connection.execute(STOP)
            # As the next host: under a newer lease.
            asked = await handed(host, devices, 2)
            assert asked.trace_only
            await host.report([asked], NEVER)

            async def is_over() -> bool:
                return await states(connection) == {"suppressed": 2}

            await eventually(is_over)


async def ask(connection, store, **can):
    row = await connection.fetchrow(MESSAGE)
    candidate = Candidate(row["device_id"], row["id"], row["scheduled_at"], STREAM, 0.5, **can)
    [decision] = await store.hand.hand([candidate], 0.3)
    return decision


async def test_nothing_that_keeps_a_message_back_keeps_a_question_back(world):  # noqa: F811
    connection, store = world
    first = await ask(connection, store, repeatable=False, traceable=True)
    assert (first.verdict, first.is_trace_only) == ("hand", False)
    # Handed under this very epoch and not received: nothing is in doubt.
    again = await ask(connection, store, repeatable=False, traceable=True)
    assert (again.verdict, again.is_trace_only, again.is_repeat) == ("hand", False, False)
    await connection.execute(STOP)
    await connection.execute("""
        UPDATE shard_lease SET epoch = 6;
        UPDATE enrollment SET state = 'stopped';
        UPDATE device SET state = 'held', held_until = now() + interval '1 h';
        UPDATE device SET first_contacts_held_until = 'infinity';
        UPDATE message SET not_before = now() + interval '1 h';
        UPDATE lead SET withheld_at = now();
        UPDATE account SET quiet_from = '00:00', quiet_until = '23:59';
        UPDATE device_pace SET last_sent_at = now()""")
    asked = await ask(connection, store, repeatable=False, traceable=True)
    assert (asked.verdict, asked.is_trace_only, asked.is_repeat, asked.wait_s) == ("hand", True, True, 0)
    # Of a database that has forgotten something even a question is none.
    await connection.execute("UPDATE cluster SET lineage = 'another'")
    assert (await ask(connection, store, repeatable=False, traceable=True)).verdict == "restored"


def never(row, **changes):
    """The outcome of a question: nothing went."""
    said = {
        "message_id": row["id"],
        "scheduled_at": row["scheduled_at"],
        "device_id": row["device_id"],
        "epoch": row["epoch"],
        "state": MessageState.PENDING,
        "reason": MessageReason.NOT_SENT,
        "retry_s": 0.0,
        "text_hash": None,
        "age_s": 0.0,
        "was_sent": False,
        "stays": False,
        "stops": False,
        "never_sent": True,
        "attempt": row["attempts"],
    }
    return Result(**(said | changes))


async def test_never_sent_settles_all_attempts_of_its_own_hand_alone(world):  # noqa: F811
    connection, store = world
    can = {"repeatable": False, "traceable": True}
    await ask(connection, store, **can)
    await connection.execute("UPDATE message SET text_hash = '12345678'; UPDATE shard_lease SET epoch = 6")
    assert (await ask(connection, store, **can)).is_trace_only
    row = await connection.fetchrow(MESSAGE)
    for stale in ({"epoch": 5}, {"attempt": 1}, {"attempt": 3}, {"device_id": row["device_id"] + 1}):
        assert await store.outcomes.record_outcomes([never(row, **stale)]) == {}
    # That the question itself came to nothing settles nothing.
    assert await store.outcomes.record_outcomes([never(row, never_sent=False, stays=True)]) == {
        row["id"]: "unknown"
    }
    assert (await ask(connection, store, **can)).is_trace_only
    row = await connection.fetchrow(MESSAGE)
    assert await store.outcomes.record_outcomes([never(row)]) == {row["id"]: "pending"}
    settled = await connection.fetchrow(MESSAGE)
    kept = ("state", "reason", "handed_at", "text_hash")
    assert [settled[name] for name in kept] == ["pending", "not_sent", None, None]
    assert await connection.fetchval("SELECT in_flight_id FROM device_pace") is None
    # Handed anew, it is a first attempt; the answer of before, told once more, does not end it.
    fresh = await ask(connection, store, **can)
    assert (fresh.is_repeat, fresh.is_trace_only, fresh.attempts) == (False, False, row["attempts"] + 1)
    assert await store.outcomes.record_outcomes([never(row)]) == {}
    sent = never(row, state=MessageState.SENT, reason=None, never_sent=False)
    assert await store.outcomes.record_outcomes([sent]) == {row["id"]: "sent"}
    assert await store.outcomes.record_outcomes([never(row, attempt=0)]) == {}


def test_never_sent_waits_and_is_no_failure():
    settings = DispatchSettings(
        secret=SECRET, postgres_dsn="postgresql://nowhere/none", attempts=3, retry_s=4
    )
    for number, least, most in ((1, 0.5, 0.5), (2, 0.5, 0.5), (3, 2, 4), (9, 16, 32)):
        attempt = Attempt(number, is_repeat=number > 1, may_ask=True)
        action = decide(pb.Outcome(result=NEVER), attempt, settings)
        assert (action.state, action.reason) == (MessageState.PENDING, MessageReason.NOT_SENT)
        assert (action.never_sent, action.was_sent, action.stays) == (True, False, False)
        # Not for long after a host's end; longer where one attempt after the other does not go.
        assert least <= action.retry_s <= most
