"""The spans of the simulated network."""

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from infra.local.network.behavior import Refusal
from infra.local.network.ledger import Receipt
from infra.local.network.spans import record_acceptance
from kompang.simulation.v1 import behavior_pb2, network_pb2

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    return exporter


def send(flags: str) -> network_pb2.Send:
    return network_pb2.Send(
        recipient="60999", text="secret", wire_id="w", traceparent=f"00-{TRACE}-{PARENT}-{flags}"
    )


def test_a_sampled_send_has_a_span_below_its_sender(spans: InMemorySpanExporter) -> None:
    record_acceptance(send("01"), 10.0, 10.25, None, Receipt(1.0, repeat=True))
    (span,) = spans.get_finished_spans()
    assert (span.name, span.kind) == ("accept", SpanKind.SERVER)
    assert span.context is not None
    assert span.parent is not None
    assert f"{span.context.trace_id:032x}" == TRACE
    assert f"{span.parent.span_id:016x}" == PARENT
    assert span.start_time is not None
    assert span.end_time is not None
    assert span.end_time - span.start_time == 250_000_000
    assert span.attributes is not None
    assert span.attributes["kompang.accepted"]
    assert span.attributes["kompang.repeat"]


def test_a_refusal_is_an_error_with_its_class(spans: InMemorySpanExporter) -> None:
    record_acceptance(send("01"), 10.0, 10.0, Refusal(behavior_pb2.FAILURE_RATE_LIMITED), None)
    (span,) = spans.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes is not None
    assert span.attributes["error.type"] == "rate_limited"


def test_no_number_and_no_text_in_a_span(spans: InMemorySpanExporter) -> None:
    record_acceptance(send("01"), 10.0, 10.0, None, Receipt(1.0, repeat=False))
    told = spans.get_finished_spans()[0].to_json()
    assert "60999" not in told
    assert "secret" not in told


def test_a_send_that_is_not_sampled_has_no_span(spans: InMemorySpanExporter) -> None:
    record_acceptance(send("00"), 10.0, 10.0, None, None)
    assert spans.get_finished_spans() == ()
