"""Runs: owned by the process, one an account, joined while they wait."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.enrollment.run_queue import RunQueue
from services.enrollment.scan import Draining, Enrolled, NotListening, Scanner
from services.enrollment.settings import EnrollmentSettings
from services.enrollment.store import EnrollmentStore, Listener
from services.runtime.lifecycle import Life
from tests.integration.enrollment.book import Book, Tally
from tests.support.eventually import eventually
from tests.support.slowness import patient


@pytest.fixture
async def runs(store: EnrollmentStore, scanner: Scanner, life: Life) -> AsyncIterator[RunQueue]:
    async with asyncio.TaskGroup() as group:
        yield RunQueue(store, scanner, group, life)


async def test_all_sequences_with_a_trigger_enroll_the_lead(book: Book, runs: RunQueue) -> None:
    chain = await book.chain()
    other = await book.sequence("other", [0], trigger="COLDEXSTART")
    await book.leads(10)
    assert await runs.now(book.account_id) == Enrolled(20, 120)
    assert await book.tally(chain) == Tally(10, 110, 0)
    assert await book.tally(other) == Tally(10, 10, 0)


async def test_every_account_has_its_turn(book: Book, runs: RunQueue) -> None:
    stranger = await Book.open(book.connection, "stranger")
    for one in (book, stranger):
        await one.chain()
        await one.leads(4)
    assert await runs.every_account() == Enrolled(8, 88)


async def test_one_bad_sequence_does_not_keep_the_others_from_their_leads(book: Book, runs: RunQueue) -> None:
    empty = await book.sequence("empty", [], trigger="COLDEXSTART")
    await book.chain()
    await book.leads(4)
    assert await runs.now(book.account_id) == Enrolled(4, 44)
    with pytest.raises(Exception, match="add one"):
        await runs.now(book.account_id, empty)
    with pytest.raises(NotListening):
        await runs.now(book.account_id, 10**6)


async def test_a_run_outlives_its_caller(book: Book, runs: RunQueue) -> None:
    head = await book.chain()
    await book.leads(2000)
    caller = asyncio.create_task(runs.now(book.account_id))

    async def begun() -> bool:
        return (await book.tally(head)).leads > 0

    await eventually(begun)
    caller.cancel()
    await asyncio.wait([caller])
    # Waits its turn, so it ends after the abandoned one.
    await runs.now(book.account_id)
    assert await book.tally(head) == Tally(2000, 22000, 0)


async def test_callers_join_the_run_that_has_not_begun(
    book: Book, store: EnrollmentStore, settings: EnrollmentSettings, life: Life
) -> None:
    scans, going, go_on = [], asyncio.Event(), asyncio.Event()

    class Held(Scanner):
        async def scan(self, listener: Listener) -> Enrolled:
            scans.append(listener)
            going.set()
            await go_on.wait()
            return Enrolled(1, 11)

    head = await book.chain()
    async with asyncio.timeout(patient(20)), asyncio.TaskGroup() as group:
        runs = RunQueue(store, Held(store, settings, life), group, life)
        first = asyncio.create_task(runs.now(book.account_id, head))
        await going.wait()
        # They were not there when the first began, so they share one that begins later.
        later = [asyncio.create_task(runs.now(book.account_id, head)) for _ in range(5)]
        await asyncio.sleep(0)
        go_on.set()
        assert await asyncio.gather(first, *later) == [Enrolled(1, 11)] * 6
    assert len(scans) == 2


async def test_a_draining_replica_takes_no_run(book: Book, runs: RunQueue, life: Life) -> None:
    life.drain()
    with pytest.raises(Draining):
        await runs.now(book.account_id)
    assert await runs.every_account() == Enrolled()
