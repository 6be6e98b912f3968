"""The trace receiver, fed by the real exporter."""

import asyncio
import sys
from pathlib import Path

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Link, SpanKind, Status, StatusCode

from infra.local.servers.stack import LocalStack
from infra.local.telemetry.otlp import OtlpReceiver
from infra.local.telemetry.spans import read_spans
from tests.integration.local.until import until


def export_two(endpoint: str) -> None:
    provider = TracerProvider(resource=Resource({"service.name": "dispatch"}), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint, insecure=True, timeout=10)))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span(
        "enroll", kind=SpanKind.PRODUCER, attributes={"steps": [1, 2], "ok": True}
    ) as head:
        links = [Link(head.get_span_context())]
        with tracer.start_as_current_span("hand", kind=SpanKind.PRODUCER, links=links) as span:
            span.set_status(Status(StatusCode.ERROR))
    provider.shutdown()


async def test_exported_spans_become_lines_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "spans"
    async with OtlpReceiver(path) as receiver:
        await asyncio.to_thread(export_two, receiver.endpoint)

    hand, enroll = read_spans(path)
    assert (enroll.name, enroll.kind, enroll.service, enroll.status) == (
        "enroll",
        "PRODUCER",
        "dispatch",
        "UNSET",
    )
    assert enroll.attributes == {"steps": [1, 2], "ok": True}
    assert enroll.parent_span_id == ""
    assert (hand.trace_id, hand.parent_span_id) == (enroll.trace_id, enroll.span_id)
    assert [(link.trace_id, link.span_id) for link in hand.links] == [(enroll.trace_id, enroll.span_id)]
    assert hand.status == "ERROR"
    assert enroll.start_ns <= hand.start_ns <= hand.end_ns <= enroll.end_ns


async def test_the_receiver_runs_as_a_process(stack: LocalStack) -> None:
    path = stack.path / "spans"
    process = await stack.spawn("otlp", [sys.executable, "-m", "infra.local.telemetry", str(path)])
    await until(lambda: process.tail() != "")

    await asyncio.to_thread(export_two, process.tail(1))

    assert [span.name for span in read_spans(path)] == ["hand", "enroll"]
    assert await process.stop() == 0


def test_a_missing_file_has_no_spans(tmp_path: Path) -> None:
    assert read_spans(tmp_path / "none") == []
