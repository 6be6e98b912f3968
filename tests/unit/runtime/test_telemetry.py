"""Trace context as strings."""

import grpc
import pytest
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    DEFAULT_ON,
    ParentBased,
    Sampler,
    TraceIdRatioBased,
)

from services.runtime import span_export, telemetry

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_parent_gives_its_trace():
    context = telemetry.parent(PARENT)
    found = trace.get_current_span(context)
    assert telemetry.traceparent(found) == PARENT
    assert telemetry.trace_id(PARENT) == "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize("text", ["", "x", "00-zz-11-01", "00-1-2"])
def test_nonsense_starts_a_new_trace(text):
    assert not trace.get_current_span(telemetry.parent(text)).get_span_context().is_valid
    assert not telemetry.sampled(text) or text == "00-zz-11-01"


def test_what_is_not_sampled_costs_nobody_below_anything():
    unsampled = PARENT[:-2] + "00"
    assert not telemetry.sampled(unsampled)
    assert telemetry.traceparent(trace.get_current_span(telemetry.parent(unsampled))) == ""


def test_the_identity_of_a_span_is_told_also_where_it_is_not_sampled():
    unsampled = PARENT[:-2] + "00"
    for each in (PARENT, unsampled):
        assert telemetry.identity(trace.get_current_span(telemetry.parent(each))) == each
    assert telemetry.identity(trace.INVALID_SPAN) == ""


def test_a_link_names_the_span_of_a_traceparent():
    (link,) = telemetry.links(PARENT)
    assert f"{link.context.trace_id:032x}-{link.context.span_id:016x}" == PARENT[3:-3]
    assert telemetry.links("") == telemetry.links("x") == []


@pytest.mark.parametrize(
    ("sampler", "ratio"),
    [
        (ALWAYS_ON, 1),
        (ALWAYS_OFF, 0),
        (DEFAULT_ON, 1),
        (TraceIdRatioBased(0.25), 0.25),
        (ParentBased(TraceIdRatioBased(0.01)), 0.01),
        (ParentBased(ALWAYS_OFF), 0),
    ],
)
def test_the_ratio_is_that_of_new_traces(monkeypatch: pytest.MonkeyPatch, sampler: Sampler, ratio: float):
    assert telemetry.ratio() == 0
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: TracerProvider(sampler=sampler))
    assert telemetry.ratio() == ratio


def test_an_error_is_its_type_and_no_traceback_is_made_of_it(monkeypatch: pytest.MonkeyPatch):
    """OpenTelemetry made one, with the lines of code, for each level: half of what a refused call took."""

    def described(*_: object) -> str:
        raise AssertionError("described")

    monkeypatch.setattr("traceback.format_exception", described)
    provider = span_export.exporting(Resource({}))
    span = provider.get_tracer("test").start_span("call")
    assert isinstance(span, ReadableSpan)
    for error in (KeyError("+60123456789"), grpc.RpcError("+60123456789")):
        span.record_exception(error)
    assert [event.attributes for event in span.events] == [
        {"exception.type": "KeyError"},
        {"exception.type": "grpc.RpcError"},
    ]
    provider.shutdown()
