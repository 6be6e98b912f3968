"""Each message of a campaign has a trace of its own, found from the message, linked to its launch."""

from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, DEFAULT_ON, Decision, ParentBased, TraceIdRatioBased

from kompang.v1 import messages_pb2
from services.runtime import telemetry
from tests.integration.campaigns.conftest import Shop
from tests.support import rows


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[TracerProvider]:
    """A provider for this test alone: OpenTelemetry lets nobody replace the process's own."""
    provider = TracerProvider(sampler=DEFAULT_ON)
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    yield provider
    provider.shutdown()


async def people(shop: Shop, count: int) -> None:
    account = await shop.owner.fetchval("SELECT id FROM account")
    devices = await rows.devices(shop.owner, account, 3)
    await rows.leads(shop.owner, account, devices, count)


async def traceparents(shop: Shop) -> dict[int, str]:
    found = await shop.owner.fetch(
        "SELECT m.id, message_traceparent(NULL, m.campaign_id, m.id) AS traceparent FROM message m"
    )
    return {row["id"]: row["traceparent"] for row in found}


async def shown(shop: Shop, message_id: int) -> str:
    request = messages_pb2.GetMessageRequest(name=f"messages/{message_id}")
    return str((await shop.client.call(shop.client.messages.GetMessage, request)).trace_id)


async def test_every_message_of_a_launch_has_a_trace_of_its_own(shop: Shop, provider: TracerProvider) -> None:
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    await people(shop, 30)
    await shop.launched()
    found = await traceparents(shop)
    assert len({telemetry.trace_id(each) for each in found.values()}) == 30
    assert all(telemetry.sampled(each) for each in found.values())
    for message_id, each in found.items():
        assert await shown(shop, message_id) == telemetry.trace_id(each)
    # The launch is a trace of one span, which names the campaign; the row carries its context.
    (span,) = [span for span in exporter.get_finished_spans() if span.name == "launch"]
    assert span.attributes is not None
    assert span.attributes["messaging.batch.message_count"] == 30
    stored = await shop.owner.fetchval("SELECT traceparent FROM campaign")
    assert stored == f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-01"


async def test_the_list_of_a_campaign_names_the_same_traces(shop: Shop, provider: TracerProvider) -> None:
    await people(shop, 5)
    campaign = await shop.launched()
    request = messages_pb2.ListMessagesRequest(campaign=campaign.name)
    listed = (await shop.client.call(shop.client.messages.ListMessages, request)).messages
    found = await traceparents(shop)
    assert {int(each.name.rpartition("/")[2]): each.trace_id for each in listed} == {
        message_id: telemetry.trace_id(each) for message_id, each in found.items()
    }


@pytest.mark.parametrize("sampler", [ParentBased(TraceIdRatioBased(0.3)), TraceIdRatioBased(0.3)])
async def test_the_ratio_of_the_sampler_decides_for_each_message(
    shop: Shop, provider: TracerProvider, sampler: ParentBased
) -> None:
    provider.sampler = sampler
    await people(shop, 300)
    await shop.launched()
    launch, ratio = await shop.owner.fetchrow("SELECT traceparent, trace_ratio FROM campaign")
    assert ratio == 0.3
    found = await traceparents(shop)
    assert 50 < sum(telemetry.sampled(each) for each in found.values()) < 130
    for message_id, each in found.items():
        always = await shop.owner.fetchval("SELECT campaign_traceparent($1, 1, $2)", launch, message_id)
        decision = sampler.should_sample(None, int(telemetry.trace_id(always), 16), "hand").decision
        assert each == (always if decision is Decision.RECORD_AND_SAMPLE else "")


@pytest.mark.parametrize("has_provider", [True, False])
async def test_where_nothing_is_recorded_a_message_names_no_trace(
    shop: Shop, has_provider: bool, request: pytest.FixtureRequest
) -> None:
    if has_provider:
        request.getfixturevalue("provider").sampler = ALWAYS_OFF
    await people(shop, 3)
    await shop.launched()
    found = await traceparents(shop)
    assert set(found.values()) == {""}
    assert await shown(shop, next(iter(found))) == ""
