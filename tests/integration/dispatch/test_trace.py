"""The hand of a campaign's message begins in the message's own trace and links to the launch."""

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.dispatch.hand import outgoing as sending
from services.runtime import telemetry
from tests.integration.dispatch.test_campaigns import change, running  # noqa: F401 - a fixture
from tests.integration.dispatch.test_verdicts import ask, world  # noqa: F401 - a fixture

LAUNCH = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(sending, "tracer", provider.get_tracer("test"))
    return exporter


async def test_a_recorded_message_has_a_span_of_its_hand(running, spans):  # noqa: F811
    connection, store = running
    await change(connection, traceparent=LAUNCH, trace_ratio=1.0)
    verdict = await ask(connection, store)
    outgoing = sending.outgoing(verdict, 0.0, 0)
    (span,) = spans.get_finished_spans()
    told = await connection.fetchval(
        "SELECT message_traceparent(NULL, campaign_id, id) FROM message WHERE id = $1", verdict.message_id
    )
    assert (
        f"{span.context.trace_id:032x}"
        == telemetry.trace_id(told)
        == telemetry.trace_id(outgoing.traceparent)
    )
    assert telemetry.trace_id(told) != telemetry.trace_id(LAUNCH)
    (link,) = span.links
    assert f"{link.context.trace_id:032x}" == telemetry.trace_id(LAUNCH)


async def test_a_message_outside_the_ratio_has_no_span(running, spans):  # noqa: F811
    connection, store = running
    await change(connection, traceparent=LAUNCH, trace_ratio=0.0)
    outgoing = sending.outgoing(await ask(connection, store), 0.0, 0)
    assert outgoing.traceparent == ""
    assert spans.get_finished_spans() == ()
