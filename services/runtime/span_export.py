"""How spans leave the process, where an exporter is set.

No number, name or text leaves the process. The message of an exception may hold one (Postgres puts the
values of a row into it), and OpenTelemetry and gRPC's instrumentation write messages into the events and the
status of a span; so of an exception only its type is exported, and of a status only its code.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status

# The attributes of events that are exported: never `exception.message`, nor `exception.stacktrace`, which
# ends with the message.
_EXPORTED = ("exception.type", "exception.escaped")


def exporting(resource: Resource) -> TracerProvider:
    """A provider that sends every recorded span where OpenTelemetry's environment variables say."""
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(Types())
    provider.add_span_processor(
        BatchSpanProcessor(
            WordlessExporter(OTLPSpanExporter(timeout=5)), max_queue_size=16384, schedule_delay_millis=1000
        )
    )
    return provider


class Types(SpanProcessor):
    """Of an exception a span keeps the type alone, from its start.

    OpenTelemetry describes each exception that passes a span with its traceback, and the lines of code in it.
    That took longer than the rest of a refused call, and the exporter drops it.
    """

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002
        """Takes the place of the span's own method."""
        span.record_exception = partial(_record_type, span)  # type: ignore[method-assign]


def _record_type(span: Span, exception: BaseException, *_: Any, **__: Any) -> None:
    kind = type(exception)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    span.add_event("exception", {"exception.type": name})


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
