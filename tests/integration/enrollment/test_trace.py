"""The head of each lead's trace is stored with its enrollment."""

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.enrollment.scan import Scanner
from services.enrollment.store import Listener
from tests.integration.enrollment.book import Book


async def test_the_row_carries_the_context_of_its_own_span(
    book: Book, scanner: Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    head = await book.chain()
    await book.leads(60)
    await scanner.scan(Listener(book.account_id, head))
    rows = await book.connection.fetch("SELECT id, traceparent FROM kompang.enrollment")
    spans = {(span.attributes or {})["kompang.enrollment.id"]: span for span in exporter.get_finished_spans()}
    assert len(rows) == len(spans) == 60
    for row in rows:
        context = spans[row["id"]].context
        assert row["traceparent"] == f"00-{context.trace_id:032x}-{context.span_id:016x}-01"
    assert len({row["traceparent"] for row in rows}) == 60


async def test_without_telemetry_the_row_carries_nothing(book: Book, scanner: Scanner) -> None:
    head = await book.chain()
    await book.leads(2)
    await scanner.scan(Listener(book.account_id, head))
    rows = await book.connection.fetch("SELECT DISTINCT traceparent FROM kompang.enrollment")
    assert [row["traceparent"] for row in rows] == [""]
