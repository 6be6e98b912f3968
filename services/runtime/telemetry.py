"""OpenTelemetry: the provider of a process, and trace context as the strings that rows and frames carry.

Exporters and samplers follow OpenTelemetry's own environment variables. Without an
`OTEL_EXPORTER_OTLP_*ENDPOINT` nothing is recorded.

No number, name or text leaves the process. The message of an exception may hold one (Postgres puts the
values of a row into it), and OpenTelemetry and gRPC's instrumentation write messages into the events and the
status of a span; so of an exception only its type is exported, and of a status only its code.
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, Status, TraceFlags

_SAMPLED = "01"
_UNSAMPLED = "00"
# The attributes of events that are exported: never `exception.message`, nor `exception.stacktrace`, which
# ends with the message.
_EXPORTED = ("exception.type", "exception.escaped")
# Samplers describe themselves so, by OpenTelemetry's specification.
_RATIO = re.compile(r"(?:ParentBased\{root:)?(?:AlwaysOnSampler|TraceIdRatioBased\{(?P<ratio>[^}]+)\})")


@contextmanager
def configured(service: str, instance: str) -> Iterator[None]:
    """Installs the process's tracer provider; what is buffered is flushed at the end.

    Safe to enter more than once in a process (tests run several services in one): the first
    provider stays.
    """
    provider = _provider(service, instance)
    if provider is None:
        yield
        return
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        provider.force_flush(timeout_millis=2000)


def _provider(service: str, instance: str) -> TracerProvider | None:
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    if not any(os.environ.get(name) for name in endpoints):
        return None
    if isinstance(trace.get_tracer_provider(), TracerProvider):
        return None
    # Imported here: the exporter costs 10 MB, and most tests and tools export nothing.
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

    resource = Resource.create(
        {"service.namespace": "kompang", "service.name": service, "service.instance.id": instance}
    )
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(
        BatchSpanProcessor(
            WordlessExporter(OTLPSpanExporter(timeout=5)), max_queue_size=16384, schedule_delay_millis=1000
        )
    )
    return provider


class WordlessExporter(SpanExporter):
    """Exports spans without the words of errors; the log says where an error was raised, by its trace id."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Gives the spans on."""
        return self._exporter.export([_wordless(span) for span in spans])

    def shutdown(self) -> None:
        """Ends the exporter behind."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Whether the exporter behind has exported everything."""
        return self._exporter.force_flush(timeout_millis)


def _wordless(span: ReadableSpan) -> ReadableSpan:
    if not span.events and not span.status.description:
        return span
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=span.attributes,
        events=[_wordless_event(event) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _wordless_event(event: Event) -> Event:
    given = event.attributes or {}
    return Event(event.name, {name: given[name] for name in _EXPORTED if name in given}, event.timestamp)


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
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        return 0.0
    found = _RATIO.match(provider.sampler.get_description())
    if found is None:
        return 0.0
    return float(found["ratio"] or 1.0)


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
