"""Who is enrolled, in what, and how often."""

import asyncio

import pytest

from services.enrollment.chain import flatten
from services.enrollment.scan import Draining, Enrolled, NotListening, Scanner
from services.enrollment.settings import EnrollmentSettings
from services.enrollment.store import Batch, Cursor, EnrollmentStore, Listener
from services.runtime import retry
from services.runtime.errors import Aborted, FailedPrecondition, Unavailable
from services.runtime.lifecycle import Life
from services.runtime.postgres import Postgres
from tests.integration.enrollment.book import HOUR, Book, Tally
from tests.support.database import Database


async def test_each_lead_gets_the_eleven_messages_of_the_chain(book: Book, scanner: Scanner) -> None:
    head = await book.chain()
    (lead,) = await book.leads(1)
    assert await scanner.scan(Listener(book.account_id, head)) == Enrolled(1, 11)
    rows = await book.connection.fetch(
        "SELECT m.*, extract(epoch FROM m.scheduled_at - e.created_at)::float8 AS offset_s, s.slug"
        " FROM kompang.message m JOIN kompang.enrollment e ON e.id = m.enrollment_id"
        " JOIN kompang.sequence_step st ON st.id = m.step_id JOIN kompang.sequence s ON s.id = st.sequence_id"
        " ORDER BY m.id"
    )
    assert [row["offset_s"] for row in rows] == [300.0, *(k * 12 * HOUR for k in range(1, 11))]
    assert [row["slug"] for row in rows] == ["cold"] * 5 + ["warm"] * 4 + ["hot"] * 2
    assert [row["position"] for row in rows] == list(range(1, 12))
    device = await book.connection.fetchval("SELECT device_id FROM kompang.lead WHERE id = $1", lead)
    assert {(row["lead_id"], row["account_id"], row["device_id"], row["state"]) for row in rows} == {
        (lead, book.account_id, device, "pending")
    }
    event = await book.connection.fetchrow("SELECT * FROM kompang.event")
    assert (event["type"], event["lead_id"], event["sequence_id"]) == ("lead_enrolled", lead, head)


async def test_a_second_scan_finds_only_new_leads(book: Book, scanner: Scanner) -> None:
    head = await book.chain()
    await book.leads(1500)
    listener = Listener(book.account_id, head)
    assert await scanner.scan(listener) == Enrolled(1500, 16500)
    assert await scanner.scan(listener) == Enrolled()
    await book.leads(3)
    assert await scanner.scan(listener) == Enrolled(3, 33)
    assert await book.tally(head) == Tally(1503, 16533, 0)


@pytest.mark.parametrize(
    ("first", "then"), [("cold", "warm"), ("cold", "hot"), ("warm", "cold"), ("hot", "warm")]
)
async def test_a_lead_goes_through_a_chain_once_wherever_it_got_in(
    book: Book, scanner: Scanner, first: str, then: str
) -> None:
    await book.chain()
    [lead] = await book.leads(1)
    await book.connection.execute("UPDATE kompang.sequence SET trigger = 'AT' || slug, is_active = true")
    found = await book.connection.fetch("SELECT slug, id FROM kompang.sequence")
    numbers = {row["slug"]: row["id"] for row in found}

    async def enrolled_at(slug: str) -> int:
        await book.connection.execute(
            "UPDATE kompang.lead SET trigger = 'AT' || $2 WHERE id = $1", lead, slug
        )
        return (await scanner.scan(Listener(book.account_id, numbers[slug]))).leads

    assert await enrolled_at(first) == 1
    assert await enrolled_at(then) == 0


async def test_consent_suppression_and_trigger_decide(book: Book, scanner: Scanner) -> None:
    head = await book.chain()
    await book.leads(5, consents=False)
    await book.leads(5, suppressed=True)
    await book.leads(5, trigger="")
    await book.leads(5, trigger="OTHER")
    wanted = await book.leads(2)
    stranger = await Book.open(book.connection, "stranger")
    await stranger.leads(5)
    assert await scanner.scan(Listener(book.account_id, head)) == Enrolled(2, 22)
    rows = await book.connection.fetch("SELECT lead_id FROM kompang.enrollment ORDER BY lead_id")
    assert [row["lead_id"] for row in rows] == wanted


async def test_a_batch_asks_again_what_the_page_has_seen(book: Book, store: EnrollmentStore) -> None:
    head = await book.chain()
    leads = await book.leads(6)
    listener = Listener(book.account_id, head)
    chain = flatten(head, await store.links(listener))
    await store.ensure_partitions(chain.length_s)
    page = await store.page(listener, Cursor(), 100)
    assert sorted(page.lead_ids) == leads
    await book.suppress(leads[:2])
    await book.connection.execute("UPDATE kompang.lead SET consent_at = NULL WHERE id = $1", leads[2])
    await book.connection.execute("UPDATE kompang.lead SET trigger = 'OTHER' WHERE id = $1", leads[3])
    stranger = await Book.open(book.connection, "stranger")
    asked = [*page.lead_ids, *await stranger.leads(1)]
    assert sorted(await store.enroll(Batch(listener, chain, asked, [""] * 7))) == leads[4:]
    await book.connection.execute("UPDATE kompang.sequence SET is_active = false WHERE id = $1", head)
    await book.leads(1)
    late = await store.page(listener, Cursor(), 100)
    assert await store.enroll(Batch(listener, chain, late.lead_ids, [""])) == {}


async def test_pages_show_every_lead_once(book: Book, store: EnrollmentStore) -> None:
    listener = Listener(book.account_id, await book.chain())
    leads = await book.leads(20)
    seen: list[int] = []
    page = await store.page(listener, Cursor(), 4)
    while not page.is_last:
        seen += page.lead_ids
        page = await store.page(listener, page.cursor, 4)
    assert sorted(seen) == leads
    assert page.lead_ids == ()


async def test_inactive_unknown_and_foreign_sequences_enroll_nobody(book: Book, scanner: Scanner) -> None:
    head = await book.chain()
    silent = await book.sequence("silent", [0], is_active=False, trigger="COLDEXSTART")
    linked = await book.sequence("linked", [0])
    stranger = await Book.open(book.connection, "stranger")
    await book.leads(3)
    for account_id, sequence_id in [
        (book.account_id, silent),
        (book.account_id, linked),
        (book.account_id, 10**6),
        (stranger.account_id, head),
    ]:
        with pytest.raises(NotListening):
            await scanner.scan(Listener(account_id, sequence_id))
    assert await book.connection.fetchval("SELECT count(*) FROM kompang.message") == 0


async def test_a_chain_that_cannot_be_enrolled_in_says_why(book: Book, scanner: Scanner) -> None:
    empty = await book.sequence("empty", [], trigger="EMPTY")
    first = await book.sequence("first", [0], trigger="CIRCLE")
    second = await book.sequence("second", [0], next_id=first)
    await book.connection.execute("UPDATE kompang.sequence SET next_id = $1 WHERE id = $2", second, first)
    for head, why in [(empty, "add one"), (first, "linked twice")]:
        with pytest.raises(FailedPrecondition, match=why):
            await scanner.scan(Listener(book.account_id, head))


async def test_a_new_revision_is_for_new_leads(book: Book, scanner: Scanner) -> None:
    head = await book.sequence("news", [0, 60], trigger="COLDEXSTART")
    (old,) = await book.leads(1)
    listener = Listener(book.account_id, head)
    await scanner.scan(listener)
    await book.revise(head, [10, 20, 30])
    (new,) = await book.leads(1)
    assert await scanner.scan(listener) == Enrolled(1, 3)
    rows = await book.connection.fetch(
        "SELECT lead_id, st.revision, count(*) FROM kompang.message m"
        " JOIN kompang.sequence_step st ON st.id = m.step_id GROUP BY 1, 2 ORDER BY 1"
    )
    assert [tuple(row) for row in rows] == [(old, 1, 2), (new, 2, 3)]


async def test_a_chain_of_months_makes_its_own_partitions(book: Book, scanner: Scanner) -> None:
    head = await book.sequence("yearly", [0, 365 * 24 * HOUR], trigger="COLDEXSTART")
    await book.leads(1)
    assert await scanner.scan(Listener(book.account_id, head)) == Enrolled(1, 2)


async def test_two_replicas_at_once_enroll_each_lead_once(
    book: Book, store: EnrollmentStore, settings: EnrollmentSettings
) -> None:
    head = await book.chain()
    await book.leads(800)
    listener = Listener(book.account_id, head)
    # Six pages of many batches: the two meet again and again.
    small = settings.model_copy(update={"enrollment_page_leads": 140, "enrollment_batch_leads": 10})
    async with Postgres(settings, application="second") as postgres:
        replicas = [Scanner(each, small, Life()) for each in (store, EnrollmentStore(postgres))]
        both = await asyncio.gather(*(replica.scan(listener) for replica in replicas))
    # What the one skipped because the other held it, the other wrote.
    assert sum(both, Enrolled()) == Enrolled(800, 8800)
    assert await book.tally(head) == Tally(800, 8800, 0)


async def test_a_lead_locked_by_somebody_waits_for_the_next_scan(
    book: Book, scanner: Scanner, database: Database
) -> None:
    head = await book.chain()
    leads = await book.leads(4)
    listener = Listener(book.account_id, head)
    async with database.connection() as editor, editor.transaction():
        await editor.execute("UPDATE kompang.lead SET display_name = 'x' WHERE id = $1", leads[0])
        assert await scanner.scan(listener) == Enrolled(3, 33)
    assert await scanner.scan(listener) == Enrolled(1, 11)


async def test_a_drain_stops_between_batches_and_says_so(book: Book, scanner: Scanner, life: Life) -> None:
    head = await book.chain()
    await book.leads(10)
    life.drain()
    with pytest.raises(Draining):
        await scanner.scan(Listener(book.account_id, head))
    assert await book.tally(head) == Tally(0, 0, 0)


async def test_a_deactivated_sequence_ends_a_scan_midway(
    book: Book, store: EnrollmentStore, settings: EnrollmentSettings, life: Life
) -> None:
    head = await book.chain()
    await book.leads(30)

    class SwitchesOff(EnrollmentStore):
        async def enroll(self, batch: Batch) -> dict[int, int]:
            written = await store.enroll(batch)
            await book.connection.execute("UPDATE kompang.sequence SET is_active = false WHERE id = $1", head)
            return written

    slow = settings.model_copy(update={"enrollment_page_leads": 10, "enrollment_batches_in_flight": 1})
    scanner = Scanner(SwitchesOff(store._postgres), slow, life)
    assert await scanner.scan(Listener(book.account_id, head)) == Enrolled(10, 110)


async def test_a_deadlock_or_a_restart_of_the_database_is_repeated(
    book: Book, scanner: Scanner, store: EnrollmentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    enroll, failures = store.enroll, [Aborted("deadlock"), Unavailable("restart")]

    async def stumbling(batch: Batch) -> dict[int, int]:
        if failures:
            raise failures.pop()
        return await enroll(batch)

    monkeypatch.setattr(store, "enroll", stumbling)
    monkeypatch.setattr(retry, "delay", lambda failures, *_: 0.01 * failures)
    head = await book.chain()
    await book.leads(3)
    assert await scanner.scan(Listener(book.account_id, head)) == Enrolled(3, 33)


async def test_an_answer_that_was_lost_after_the_commit_enrolls_nobody_twice(
    book: Book, scanner: Scanner, store: EnrollmentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    enroll, losses = store.enroll, [Unavailable("connection lost")]

    async def lossy(batch: Batch) -> dict[int, int]:
        written = await enroll(batch)
        if losses:
            raise losses.pop()
        return written

    monkeypatch.setattr(store, "enroll", lossy)
    monkeypatch.setattr(retry, "delay", lambda failures, *_: 0.01 * failures)
    head = await book.chain()
    await book.leads(60)
    await scanner.scan(Listener(book.account_id, head))
    assert await book.tally(head) == Tally(60, 660, 0)


async def test_a_database_that_stays_away_is_unavailable(
    book: Book, scanner: Scanner, store: EnrollmentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(batch: Batch) -> dict[int, int]:
        raise Unavailable("away")

    monkeypatch.setattr(store, "enroll", away)
    monkeypatch.setattr(retry, "delay", lambda failures, *_: 0.01 * failures)
    head = await book.chain()
    await book.leads(200)
    with pytest.raises(Unavailable, match="away"):
        await scanner.scan(Listener(book.account_id, head))
