"""EnrollmentSpans of traces."""

from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from services.enrollment.tracing import EnrollmentSpans
from services.runtime.telemetry import trace_id


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[TracerProvider]:
    """A provider for this test alone: OpenTelemetry lets nobody replace the process's own."""
    provider = TracerProvider()
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    yield provider
    provider.shutdown()


def test_without_a_provider_there_are_no_spans() -> None:
    assert not isinstance(trace.get_tracer_provider(), TracerProvider)
    made = EnrollmentSpans([1, 2], sequence_id=7, message_count=11)
    assert made.traceparents == ["", ""]
    made.end({1: 10})


def test_one_trace_a_lead_and_only_the_enrolled_are_exported(provider: TracerProvider) -> None:
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    made = EnrollmentSpans([1, 2, 3], sequence_id=7, message_count=11)
    parents = made.traceparents
    assert len({trace_id(parent) for parent in parents}) == 3
    made.end({2: 20})
    (span,) = exporter.get_finished_spans()
    assert span.name == "enroll"
    assert span.kind is trace.SpanKind.PRODUCER
    assert span.parent is None
    assert span.attributes is not None
    assert span.attributes["kompang.enrollment.id"] == 20
    assert span.attributes["messaging.batch.message_count"] == 11
    assert format(span.context.trace_id, "032x") == trace_id(parents[1])


def test_what_is_not_sampled_leaves_no_traceparent(provider: TracerProvider) -> None:
    provider.sampler = ALWAYS_OFF
    made = EnrollmentSpans([1, 2], sequence_id=7, message_count=11)
    assert made.traceparents == ["", ""]
    made.end({1: 10, 2: 20})
