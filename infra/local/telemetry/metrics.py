"""Metrics as lines of a file, one JSON object each: what the local receiver writes and tests read."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric, NumberDataPoint

from infra.local.telemetry.attributes import read_attributes


@dataclass(frozen=True)
class Measured:
    """What one instrument of a process has come to at a time: of a counter since the process began."""

    name: str
    kind: str
    """counter or gauge."""
    unit: str
    description: str
    service: str
    """`service.name` of the process."""
    value: float
    attributes: dict[str, Any]
    time_ns: int
    """Nanoseconds since 1970."""

    def to_line(self) -> str:
        """One line of JSON, with its end of line."""
        return json.dumps(asdict(self), separators=(",", ":")) + "\n"


def read_metrics(path: Path) -> list[Measured]:
    """Everything in the file, in the order received; nothing when there is no file yet."""
    if not path.exists():
        return []
    # A last line without its end is being written right now.
    lines = path.read_text().splitlines(keepends=True)
    return [Measured(**json.loads(line)) for line in lines if line.endswith("\n")]


def exported_metrics(request: ExportMetricsServiceRequest) -> Iterator[Measured]:
    """The counters and gauges of one OTLP export; the product has no others."""
    for resource_metrics in request.resource_metrics:
        service = str(read_attributes(resource_metrics.resource.attributes).get("service.name", ""))
        for scope_metrics in resource_metrics.scope_metrics:
            for metric in scope_metrics.metrics:
                yield from (_measured(metric, service, kind, point) for kind, point in _points(metric))


def _measured(metric: Metric, service: str, kind: str, point: NumberDataPoint) -> Measured:
    return Measured(
        name=metric.name,
        kind=kind,
        unit=metric.unit,
        description=metric.description,
        service=service,
        value=float(point.as_int if point.WhichOneof("value") == "as_int" else point.as_double),
        attributes=read_attributes(point.attributes),
        time_ns=point.time_unix_nano,
    )


def _points(metric: Metric) -> Iterable[tuple[str, NumberDataPoint]]:
    yield from (("counter", point) for point in metric.sum.data_points)
    yield from (("gauge", point) for point in metric.gauge.data_points)
