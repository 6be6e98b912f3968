"""Trace context as strings."""

import pytest
from opentelemetry import trace

from services.runtime import telemetry

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
