"""OpenTelemetry: the providers of a process, and trace context as the strings that rows and frames carry.

Exporters and samplers follow OpenTelemetry's own environment variables. Without an
`OTEL_EXPORTER_OTLP_*ENDPOINT` nothing is recorded: with one for traces spans are, with one for metrics the
instruments of docs/metrics.md, with one for all both.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, TraceFlags

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    from services.runtime.metric_export import Metrics

_FLUSH_MS = 2000
_SAMPLED = "01"
_UNSAMPLED = "00"
# Samplers describe themselves so, by OpenTelemetry's specification.
_RATIO = re.compile(r"(?:ParentBased\{root:)?(?:AlwaysOnSampler|TraceIdRatioBased\{(?P<ratio>[^}]+)\})")


@contextmanager
def configured(service: str, instance: str) -> Iterator[None]:
    """Installs the process's providers of traces and of metrics; what is buffered is sent at the end.

    Safe to enter more than once in a process (tests run several services in one): the first
    providers stay.
    """
    traces, instruments = _traces(service, instance), _instruments(service, instance)
    if traces is not None:
        trace.set_tracer_provider(traces)
    if instruments is not None:
        metrics.set_meter_provider(instruments)
    try:
        yield
    finally:
        for provider in (traces, instruments):
            if provider is not None:
                provider.force_flush(timeout_millis=_FLUSH_MS)


def has_provider() -> bool:
    """Whether spans are made at all: without a provider OpenTelemetry has a stand-in that makes none."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider | trace.NoOpTracerProvider)


def _traces(service: str, instance: str) -> "TracerProvider | None":
    if not _is_wanted("TRACES") or has_provider():
        return None
    # Imported here: it costs 10 MB and 0.2 s, and most tests and tools export nothing.
    from services.runtime.span_export import exporting  # noqa: PLC0415

    return exporting(_resource(service, instance))


def _instruments(service: str, instance: str) -> "Metrics | None":
    if not _is_wanted("METRICS"):
        return None
    from services.runtime.metric_export import Metrics  # noqa: PLC0415 - as above

    return (
        None if isinstance(metrics.get_meter_provider(), Metrics) else Metrics(_resource(service, instance))
    )


def _is_wanted(signal: str) -> bool:
    """By OpenTelemetry's own variables: where the signal goes, and whether an exporter is forbidden."""
    environ = os.environ
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")
    return environ.get(f"OTEL_{signal}_EXPORTER") != "none" and any(environ.get(name) for name in endpoints)


def _resource(service: str, instance: str) -> "Resource":
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - as above

    return Resource.create(
        {"service.namespace": "kompang", "service.name": service, "service.instance.id": instance}
    )


def traceparent(span: Span) -> str:
    """The W3C form of a span's context; empty when it is not sampled, so that nobody below pays for it."""
    return identity(span) if span.get_span_context().trace_flags.sampled else ""


def identity(span: Span) -> str:
    """The W3C form of a span's context, sampled or not; empty when there is no tracer provider."""
    context = span.get_span_context()
    if not context.is_valid:
        return ""
    flags = _SAMPLED if context.trace_flags.sampled else _UNSAMPLED
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{flags}"


def ratio() -> float:
    """The share of new traces that this process records; 0 where the sampler is not OpenTelemetry's own."""
    sampler = getattr(trace.get_tracer_provider(), "sampler", None)
    found = _RATIO.match(sampler.get_description()) if sampler else None
    return float(found["ratio"] or 1.0) if found else 0.0


def sampled(value: str) -> bool:
    """Whether a stored or received traceparent asks for spans."""
    return value.endswith("-" + _SAMPLED)


def trace_id(value: str) -> str:
    """The 32 hex digits of the trace, or an empty string."""
    parts = value.split("-")
    return parts[1] if len(parts) == 4 else ""  # noqa: PLR2004 - the four fields of version 00


def parent(value: str) -> Context:
    """The context to start a child span in. A malformed value gives an empty context: a new trace."""
    context = _remote(value)
    return Context() if context is None else trace.set_span_in_context(NonRecordingSpan(context), Context())


def links(value: str) -> list[Link]:
    """A link to the span of a stored traceparent; none where the value is empty or malformed."""
    context = _remote(value)
    return [] if context is None else [Link(context)]


def _remote(value: str) -> SpanContext | None:
    try:
        _, trace_hex, span_hex, flags = value.split("-")
        return SpanContext(
            int(trace_hex, 16), int(span_hex, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16))
        )
    except ValueError:
        return None
