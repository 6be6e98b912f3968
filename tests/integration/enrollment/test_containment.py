"""One bad lead, sequence or account stops that one; the others go on, and the process lives."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import asyncpg
import pytest

from services.enrollment import failed_leads
from services.enrollment.campaigns.store import PLANNER
from services.enrollment.moves import mover as moving
from services.enrollment.moves.mover import MoveFailed, Mover, MoveRequest
from services.enrollment.moves.store import MoveStore, Place
from services.enrollment.run_queue import RunQueue
from services.enrollment.scan import Enrolled, Scanner, TooManyFailures
from services.enrollment.settings import EnrollmentSettings
from services.enrollment.store import Batch, EnrollmentStore, Listener
from services.runtime import containment
from services.runtime.errors import KompangError, Unavailable
from services.runtime.lifecycle import Life
from services.runtime.postgres import Postgres
from tests.integration.enrollment.book import HOUR, Book, Tally
from tests.support.poison import poison

UNEXPECTED = [asyncpg.DataError("+60123456789"), ValueError("+60123456789"), KeyError("+60123456789")]


@pytest.fixture
def contained(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What was contained in this test, by place."""
    counts = Counter[str]()
    monkeypatch.setattr(containment, "counts", counts)
    # What earlier tests reported in the same minute must not keep this one from the log.
    monkeypatch.setattr(containment, "_lines", {})
    return counts


@pytest.fixture
async def runs(store: EnrollmentStore, scanner: Scanner, life: Life) -> AsyncIterator[RunQueue]:
    async with asyncio.TaskGroup() as group:
        yield RunQueue(store, scanner, group, life)


def raising(error: Exception, is_bad: Callable[..., bool], call: Any) -> Any:
    """`call`, but it raises where its arguments are bad."""

    async def wrapped(*args: Any) -> Any:
        if is_bad(*args):
            raise error
        return await call(*args)

    return wrapped


async def test_a_lead_whose_row_fails_is_left_out_and_its_batch_is_enrolled(
    book: Book, scanner: Scanner, contained: Counter[str], caplog: pytest.LogCaptureFixture
) -> None:
    head = await book.chain()
    leads = await book.leads(120)
    await poison(book.connection, "message", f"NEW.lead_id = {leads[57]}")
    with caplog.at_level(logging.ERROR):
        assert await scanner.scan(Listener(book.account_id, head)) == Enrolled(119, 1309)
    assert await book.tally(head) == Tally(119, 1309, 0)
    assert contained == {"enrollment.lead": 1}
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert (record.__dict__["lead_id"], record.__dict__["sequence_id"]) == (leads[57], head)
    assert "+60123456789" not in caplog.text + str(record.__dict__)


@pytest.mark.parametrize("error", UNEXPECTED)
async def test_a_lead_that_raises_is_left_out_and_its_batch_is_enrolled(
    book: Book,
    scanner: Scanner,
    store: EnrollmentStore,
    contained: Counter[str],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    head = await book.chain()
    leads = await book.leads(60)

    def is_bad(batch: Batch) -> bool:
        return leads[3] in batch.lead_ids

    monkeypatch.setattr(store, "enroll", raising(error, is_bad, store.enroll))
    assert await scanner.scan(Listener(book.account_id, head)) == Enrolled(59, 649)
    assert contained == {"enrollment.lead": 1}


async def test_a_sequence_that_fails_with_every_lead_is_given_up(
    book: Book,
    scanner: Scanner,
    store: EnrollmentStore,
    contained: Counter[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries = 0

    def is_bad(_: Batch) -> bool:
        nonlocal tries
        tries += 1
        return True

    monkeypatch.setattr(store, "enroll", raising(ValueError(), is_bad, store.enroll))
    head = await book.chain()
    await book.leads(2000)
    with pytest.raises(TooManyFailures):
        await scanner.scan(Listener(book.account_id, head))
    assert tries < 1500
    assert contained["enrollment.lead"] < 700


async def test_a_scan_gets_behind_leads_that_fail_in_a_row(
    book: Book, scanner: Scanner, contained: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    head = await book.sequence("cold", [300.0], trigger="COLDEXSTART")
    leads = await book.leads(900)
    in_order = await book.connection.fetch("SELECT id FROM kompang.lead ORDER BY device_id, id")
    bad = [row["id"] for row in in_order[:250]]
    await poison(book.connection, "message", f"NEW.lead_id = ANY ('{{{','.join(map(str, bad))}}}')")
    listener = Listener(book.account_id, head)
    with pytest.raises(TooManyFailures):
        await scanner.scan(listener)
    for _ in range(3):
        with suppress(TooManyFailures):
            await scanner.scan(listener)
    assert (await book.tally(head)).leads == len(leads) - len(bad)
    assert contained == {"enrollment.lead": len(bad)}
    # They are tried again when they have rested.
    await book.connection.execute("DROP TRIGGER poison_message_insert ON kompang.message")
    assert await scanner.scan(listener) == Enrolled()
    monkeypatch.setattr(failed_leads, "REST_S", 0.0)
    assert await scanner.scan(listener) == Enrolled(len(bad), len(bad))


@pytest.mark.parametrize("error", UNEXPECTED)
async def test_a_sequence_that_raises_does_not_keep_the_others_from_their_leads(
    book: Book,
    runs: RunQueue,
    store: EnrollmentStore,
    contained: Counter[str],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    bad = await book.sequence("bad", [0], trigger="COLDEXSTART")
    good = await book.chain()
    await book.leads(4)
    monkeypatch.setattr(
        store, "links", raising(error, lambda listener: listener.sequence_id == bad, store.links)
    )
    assert await runs.now(book.account_id) == Enrolled(4, 44)
    assert await book.tally(good) == Tally(4, 44, 0)
    assert contained == {"enrollment.sequence": 1}


@pytest.mark.parametrize("error", UNEXPECTED)
async def test_an_account_that_raises_does_not_keep_the_others_from_their_turn(
    book: Book,
    runs: RunQueue,
    store: EnrollmentStore,
    contained: Counter[str],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    stranger = await Book.open(book.connection, "stranger")
    for one in (book, stranger):
        await one.chain()
        await one.leads(4)
    listeners = store.listeners

    async def stumbling(account_id: int = 0) -> list[Listener]:
        if account_id == book.account_id:
            raise error
        return await listeners(account_id)

    monkeypatch.setattr(store, "listeners", stumbling)
    assert await runs.every_account() == Enrolled(4, 44)
    assert contained == {"enrollment.run": 1}
    # Whoever asks for that account is told that the run failed; a later run is another one.
    with pytest.raises(KompangError) as raised:
        await runs.now(book.account_id)
    assert "+60123456789" not in raised.value.message
    monkeypatch.setattr(store, "listeners", listeners)
    assert await runs.now(book.account_id) == Enrolled(4, 44)


@pytest.fixture
async def mover(settings: EnrollmentSettings, life: Life) -> AsyncIterator[Mover]:
    async with Postgres(settings, application="test", session=PLANNER) as postgres:
        yield Mover(MoveStore(postgres), settings, life)


async def enrolled_and_edited(book: Book, scanner: Scanner) -> tuple[int, list[int]]:
    """A sequence that got a second step when sixty leads were on their enrollment through it; those leads."""
    await book.connection.execute("INSERT INTO kompang.device_pace (device_id) SELECT id FROM kompang.device")
    head = await book.sequence("cold", [300.0], trigger="COLDEXSTART")
    leads = await book.leads(60)
    await scanner.scan(Listener(book.account_id, head))
    await book.revise(head, [300.0, HOUR])
    return head, leads


async def moved_leads(book: Book) -> set[int]:
    rows = await book.connection.fetch("SELECT lead_id FROM kompang.enrollment WHERE message_count = 2")
    return {row["lead_id"] for row in rows}


async def test_a_lead_whose_row_fails_stays_and_its_batch_is_moved(
    book: Book, scanner: Scanner, mover: Mover, contained: Counter[str]
) -> None:
    head, leads = await enrolled_and_edited(book, scanner)
    await poison(book.connection, "message", f"NEW.lead_id = {leads[9]}")
    moved, place = await mover.run(MoveRequest(book.account_id, head, Place(), is_dry=False, budget_s=60))
    assert (moved.leads, place) == (59, None)
    assert await moved_leads(book) == {*leads} - {leads[9]}
    assert contained == {"enrollment.move": 1}


@pytest.mark.parametrize("error", UNEXPECTED)
@pytest.mark.parametrize("is_dry", [True, False])
async def test_a_lead_whose_plan_raises_stays_and_its_batch_is_moved(
    book: Book,
    scanner: Scanner,
    mover: Mover,
    contained: Counter[str],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    is_dry: bool,
) -> None:
    head, leads = await enrolled_and_edited(book, scanner)
    plan = moving.__dict__["move"]

    def stumbling(enrollment: Any, *rest: Any) -> Any:
        if enrollment.lead_id == leads[9]:
            raise error
        return plan(enrollment, *rest)

    monkeypatch.setattr(moving, "move", stumbling)
    moved, _ = await mover.run(MoveRequest(book.account_id, head, Place(), is_dry=is_dry, budget_s=60))
    assert moved.leads == 59
    assert await moved_leads(book) == (set() if is_dry else {*leads} - {leads[9]})
    assert contained == {"enrollment.move": 1}


@pytest.mark.parametrize("is_dry", [True, False])
@pytest.mark.parametrize("error", UNEXPECTED)
async def test_a_call_that_fails_with_every_lead_is_no_success(
    book: Book,
    scanner: Scanner,
    mover: Mover,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    is_dry: bool,
) -> None:
    head, _ = await enrolled_and_edited(book, scanner)

    def failing(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(moving, "move", failing)
    with pytest.raises(MoveFailed) as raised:
        await mover.run(MoveRequest(book.account_id, head, Place(), is_dry=is_dry, budget_s=60))
    assert "+60123456789" not in raised.value.message


async def test_a_call_whose_statement_the_server_refuses_may_be_repeated(
    book: Book, scanner: Scanner, mover: Mover, monkeypatch: pytest.MonkeyPatch
) -> None:
    head, _ = await enrolled_and_edited(book, scanner)

    def refused(*_: Any) -> Any:
        raise asyncpg.UndefinedTableError("+60123456789")

    monkeypatch.setattr(moving, "move", refused)
    with pytest.raises(Unavailable) as raised:
        await mover.run(MoveRequest(book.account_id, head, Place(), is_dry=False, budget_s=60))
    assert "+60123456789" not in raised.value.message


async def test_a_call_whose_only_lead_fails_is_no_success(book: Book, scanner: Scanner, mover: Mover) -> None:
    head, leads = await enrolled_and_edited(book, scanner)
    await book.connection.execute(
        "UPDATE kompang.enrollment SET state = 'stopped', ended_at = now() WHERE lead_id <> $1", leads[9]
    )
    await poison(book.connection, "message", f"NEW.lead_id = {leads[9]}")
    with pytest.raises(MoveFailed):
        await mover.run(MoveRequest(book.account_id, head, Place(), is_dry=False, budget_s=60))
