"""How fast enrollment writes: 100,000 leads × 11 messages through the real code, on a durable Postgres.

`raw` is the same rows written by one bare INSERT … SELECT a batch: no locks, no checks, no enrollments,
no events, as many connections. The ratio says what being right costs.
"""

import asyncio
import time

import asyncpg
from pydantic import SecretStr

from infra.local.servers.stack import LocalStack
from services.enrollment.chain import Chain, flatten
from services.enrollment.scan import Scanner
from services.enrollment.settings import EnrollmentSettings
from services.enrollment.store import EnrollmentStore, Listener
from services.runtime.lifecycle import Life
from services.runtime.postgres import Postgres
from tests.integration.enrollment.book import Book
from tests.support.database import Databases

Figure = tuple[str, float, str]

DEVICES = 3000

_RAW = """
INSERT INTO kompang.message (lead_id, enrollment_id, step_id, scheduled_at, account_id, device_id, position)
SELECT lead.id, lead.id, step.id, now() + make_interval(secs => step.offset_s),
       $1, lead.device_id, step.position
FROM kompang.lead
CROSS JOIN unnest($3::bigint[], $4::float8[]) WITH ORDINALITY AS step (id, offset_s, position)
WHERE lead.id = ANY($2::bigint[])
ORDER BY lead.id, step.position
"""


async def run(stack: LocalStack, *, leads: int = 100_000) -> list[Figure]:
    """Needs a stack started with `durable=True`, and nobody else at its Postgres."""
    async with Databases(stack) as databases, databases.fresh() as database:
        settings = EnrollmentSettings(
            postgres_dsn=SecretStr(database.dsn("enrollment")), enrollment_leads_per_second=0
        )
        async with database.connection() as owner, Postgres(settings, application="bench") as postgres:
            book = await Book.open(owner, devices=DEVICES)
            head = await book.chain()
            await book.leads(leads)
            await book.analyze()
            listener, store = Listener(book.account_id, head), EnrollmentStore(postgres)
            started = time.perf_counter()
            enrolled = await Scanner(store, settings, Life()).scan(listener)
            rate = enrolled.messages / (time.perf_counter() - started)
            started = time.perf_counter()
            again = await Scanner(store, settings, Life()).scan(listener)
            rescan_s = time.perf_counter() - started
            tally = await book.tally(head)
            chain = flatten(head, await store.links(listener))
            await owner.execute("TRUNCATE kompang.message")
            raw = await _raw_rate(database.owner_dsn, book, chain, settings)
    if (enrolled.leads, again.leads, tally.messages, tally.uneven) != (leads, 0, leads * len(chain), 0):
        raise AssertionError(f"enrollment was not exactly once: {enrolled}, {again}, {tally}")
    return [
        ("enroll_messages_per_s", rate, "1/s"),
        ("enroll_raw_messages_per_s", raw, "1/s"),
        ("enroll_ratio_to_raw", rate / raw, ""),
        ("enroll_rescan_leads_per_s", leads / rescan_s, "1/s"),
    ]


async def _raw_rate(dsn: str, book: Book, chain: Chain, settings: EnrollmentSettings) -> float:
    rows = await book.connection.fetch("SELECT id FROM kompang.lead ORDER BY device_id, id")
    ids = [row["id"] for row in rows]
    size = settings.enrollment_batch_leads
    batches = iter([ids[start : start + size] for start in range(0, len(ids), size)])
    width = settings.enrollment_batches_in_flight

    async def write(pool: asyncpg.Pool) -> None:
        for batch in batches:
            await pool.execute(_RAW, book.account_id, batch, chain.step_ids, chain.offsets_s, timeout=10)

    async with asyncpg.create_pool(dsn, ssl=False, min_size=width, max_size=width) as pool:
        started = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(width):
                group.create_task(write(pool))
        return len(ids) * len(chain) / (time.perf_counter() - started)
