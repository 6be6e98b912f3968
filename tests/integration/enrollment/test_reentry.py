"""Once more through the chain: only where the sequence says so, and only when the trigger was set anew."""

import asyncio

import pytest

from services.enrollment.chain import flatten
from services.enrollment.scan import Enrolled, Scanner
from services.enrollment.store import Batch, EnrollmentStore, Listener
from tests.integration.enrollment.book import Book


async def chain(book: Book, on_reenter: str) -> Listener:
    head = await book.chain()
    await book.connection.execute("INSERT INTO kompang.device_pace (device_id) SELECT id FROM kompang.device")
    await book.connection.execute("UPDATE kompang.sequence SET on_reenter = $1", on_reenter)
    return Listener(book.account_id, head)


async def trigger_anew(book: Book) -> None:
    await book.connection.execute("UPDATE kompang.lead SET triggered_at = clock_timestamp()")


async def finish(book: Book) -> None:
    await book.connection.execute("UPDATE kompang.message SET state = 'sent'")
    await book.connection.execute("UPDATE kompang.enrollment SET state = 'finished', ended_at = now()")


async def rounds(book: Book) -> list[tuple[int, str, str]]:
    rows = await book.connection.fetch("SELECT round, state, reason FROM kompang.enrollment ORDER BY id")
    return [tuple(row) for row in rows]


async def states(book: Book) -> dict[str, int]:
    rows = await book.connection.fetch("SELECT state::text, count(*) FROM kompang.message GROUP BY 1")
    return {row[0]: row[1] for row in rows}


async def test_never_is_never(book: Book, scanner: Scanner) -> None:
    listener = await chain(book, "never")
    await book.leads(1)
    assert await scanner.scan(listener) == Enrolled(1, 11)
    await finish(book)
    await trigger_anew(book)
    assert await scanner.scan(listener) == Enrolled()


@pytest.mark.parametrize("on_reenter", ["after_finish", "restart"])
async def test_nobody_goes_round_by_himself(book: Book, scanner: Scanner, on_reenter: str) -> None:
    listener = await chain(book, on_reenter)
    await book.leads(1)
    assert await scanner.scan(listener) == Enrolled(1, 11)
    assert await scanner.scan(listener) == Enrolled()
    await finish(book)
    assert await scanner.scan(listener) == Enrolled()
    await book.connection.execute("UPDATE kompang.lead SET triggered_at = NULL")
    assert await scanner.scan(listener) == Enrolled()


async def test_after_finish_waits_for_the_end(book: Book, scanner: Scanner) -> None:
    listener = await chain(book, "after_finish")
    await book.leads(1)
    await scanner.scan(listener)
    await trigger_anew(book)
    for state in ("active", "held"):
        await book.connection.execute("UPDATE kompang.enrollment SET state = $1", state)
        assert await scanner.scan(listener) == Enrolled()
    await finish(book)
    assert await scanner.scan(listener) == Enrolled(1, 11)
    assert await scanner.scan(listener) == Enrolled()
    assert await rounds(book) == [(1, "finished", ""), (2, "active", "")]
    assert await states(book) == {"sent": 11, "pending": 11}


async def test_restart_drops_what_is_left(book: Book, scanner: Scanner) -> None:
    listener = await chain(book, "restart")
    leads = await book.leads(2)
    await scanner.scan(listener)
    await book.connection.execute("UPDATE kompang.message SET state = 'sent' WHERE position = 1")
    await book.connection.execute(
        "UPDATE kompang.lead SET triggered_at = clock_timestamp() WHERE id = $1", leads[0]
    )
    assert await scanner.scan(listener) == Enrolled(1, 11)
    assert await rounds(book) == [(1, "stopped", "restarted"), (1, "active", ""), (2, "active", "")]
    assert await states(book) == {"sent": 2, "cancelled": 10, "pending": 10 + 11}
    told = await book.connection.fetchval("SELECT count(*) FROM kompang.event WHERE reason = 'restarted'")
    assert told == 10


async def test_a_restart_happens_once_however_many_replicas_see_it(
    book: Book, scanner: Scanner, store: EnrollmentStore
) -> None:
    listener = await chain(book, "restart")
    leads = await book.leads(40)
    await scanner.scan(listener)
    await trigger_anew(book)
    whole = flatten(listener.sequence_id, await store.links(listener))
    batch = Batch(listener, whole, leads, [""] * len(leads))
    await asyncio.gather(*(store.enroll(batch) for _ in range(8)))
    await store.enroll(batch)
    assert await states(book) == {"cancelled": 440, "pending": 440}
    assert sorted(await rounds(book)) == [(1, "stopped", "restarted")] * 40 + [(2, "active", "")] * 40
