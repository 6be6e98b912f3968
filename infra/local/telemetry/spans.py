"""Spans as lines of a file, one JSON object each: what the local trace receiver writes and tests read."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from infra.local.telemetry.attributes import read_attributes


@dataclass(frozen=True)
class Link:
    """Another span that this one points to; ids in hex."""

    trace_id: str
    span_id: str


@dataclass(frozen=True)
class Event:
    """What happened during a span, an exception for example."""

    name: str
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Span:
    """One finished span; ids in hex, times in nanoseconds since 1970."""

    trace_id: str
    span_id: str
    parent_span_id: str
    """Empty for the head of a trace."""
    name: str
    kind: str
    """INTERNAL, SERVER, CLIENT, PRODUCER or CONSUMER."""
    service: str
    """`service.name` of the process that made it."""
    start_ns: int
    end_ns: int
    status: str
    """UNSET, OK or ERROR."""
    attributes: dict[str, Any] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    events: tuple[Event, ...] = ()
    status_description: str = ""

    def to_line(self) -> str:
        """One line of JSON, with its end of line."""
        return json.dumps(asdict(self), separators=(",", ":")) + "\n"

    @classmethod
    def from_line(cls, line: str) -> "Span":
        """What `to_line` wrote."""
        fields = json.loads(line)
        links = tuple(Link(**link) for link in fields["links"])
        events = tuple(Event(**event) for event in fields["events"])
        return cls(**{**fields, "links": links, "events": events})


def read_spans(path: Path) -> list[Span]:
    """Every span in the file, in the order received; none when there is no file yet."""
    if not path.exists():
        return []
    # A last line without its end is being written right now.
    lines = path.read_text().splitlines(keepends=True)
    return [Span.from_line(line) for line in lines if line.endswith("\n")]


def exported_spans(request: ExportTraceServiceRequest) -> Iterator[Span]:
    """The spans of one OTLP export."""
    for resource_spans in request.resource_spans:
        service = str(read_attributes(resource_spans.resource.attributes).get("service.name", ""))
        for scope_spans in resource_spans.scope_spans:
            for message in scope_spans.spans:
                yield _span(message, service)


def _span(message: SpanMessage, service: str) -> Span:
    return Span(
        trace_id=message.trace_id.hex(),
        span_id=message.span_id.hex(),
        parent_span_id=message.parent_span_id.hex(),
        name=message.name,
        kind=SpanMessage.SpanKind.Name(message.kind).removeprefix("SPAN_KIND_"),
        service=service,
        start_ns=message.start_time_unix_nano,
        end_ns=message.end_time_unix_nano,
        status=Status.StatusCode.Name(message.status.code).removeprefix("STATUS_CODE_"),
        attributes=read_attributes(message.attributes),
        links=tuple(Link(link.trace_id.hex(), link.span_id.hex()) for link in message.links),
        events=tuple(Event(event.name, read_attributes(event.attributes)) for event in message.events),
        status_description=message.status.message,
    )
