"""Receipts that come ahead of the outcome of their message, or while it is recorded."""

from typing import Any

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.outcomes import reading
from services.dispatch.receipts.store import Receipt, ReceiptStore
from services.message.state import MessageState
from services.runtime.postgres import Postgres
from services.runtime.settings import PostgresSettings
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import states
from tests.integration.dispatch.test_receipts import events, handed, receipt, steps

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def test_an_outcome_after_its_receipt_ends_the_trace_and_plans_no_attempt(
    database, dispatch, monkeypatch
):
    spans, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    monkeypatch.setattr(reading, "tracer", provider.get_tracer("test"))
    async with database.connection() as connection, attached(dispatch) as host:
        message = await handed(connection, host)
        await host.tell(receipt(message))
        failed: dict[str, Any] = {
            "failure": pb.FAILURE_TRANSIENT,
            "text_hash": b"12345678",
            "traceparent": TRACE,
        }
        for _ in range(2):  # the second time on a new stream
            await host.report([message], pb.Outcome.RESULT_REFUSED, **failed)
        row = await connection.fetchrow("SELECT state::text, text_hash, not_before, handed_at FROM message")
        assert (row["state"], row["text_hash"], row["not_before"]) == ("delivered", b"12345678", None)
        assert row["handed_at"] is not None
    [span] = spans.get_finished_spans()
    told = dict(span.attributes or {})
    assert (span.name, told["kompang.message.state"], "error.type" in told) == ("outcome", "delivered", False)


async def test_an_outcome_gives_no_text_back_to_who_was_erased(database, dispatch):
    async with database.connection() as connection, attached(dispatch) as host:
        message = await handed(connection, host)
        await host.tell(receipt(message))
        await connection.execute("UPDATE lead SET erased_at = now()")
        await host.report([message], text_hash=b"12345678")
        assert await connection.fetchval("SELECT text_hash FROM message") is None


async def test_an_outcome_between_the_two_statements_counts_once(database, dispatch):
    async with (
        database.connection() as connection,
        attached(dispatch) as host,
        Postgres(PostgresSettings(postgres_dsn=database.dsn("dispatch")), application="test") as postgres,
    ):
        store, message = ReceiptStore(postgres), await handed(connection, host)
        told = Receipt(message.device_id, message.wire_id, MessageState.DELIVERED, None)
        [named] = await store.record([told])
        assert (named.state, named.is_moved) == (MessageState.HANDED, False)
        await host.report([message], text_hash=b"12345678")
        assert await store.settle([named]) == 0
        assert (await states(connection), await steps(connection)) == ({"delivered": 1}, (1, 1, 0))
        assert await events(connection) == ["sent", "delivered"]
        assert await connection.fetchval("SELECT sent_count FROM device_pace") == 1
