"""How metrics leave the process, where an exporter is set: its sums, every minute and at its end.

An attribute is a word of the code, never a person's, nor the id of a message or a device: each new value is a
series that is kept for ever.
"""

import logging

from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

log = logging.getLogger(__name__)

_TIMEOUT_S = 2.0


class Metrics(MeterProvider):
    """Sends what every instrument has counted where OpenTelemetry's environment variables say."""

    def __init__(self, resource: Resource) -> None:
        # Its own `atexit` would wait half a minute for a receiver that is away.
        super().__init__(
            [PeriodicExportingMetricReader(OTLPMetricExporter(timeout=_TIMEOUT_S))],
            resource=resource,
            shutdown_on_exit=False,
        )

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Whether everything was sent; a receiver that is away ends no process otherwise than well."""
        try:
            return super().force_flush(timeout_millis)
        except Exception as error:  # noqa: BLE001 - OpenTelemetry raises nothing narrower
            log.warning("the last metrics were not sent", extra={"error": type(error).__qualname__})
            return False
