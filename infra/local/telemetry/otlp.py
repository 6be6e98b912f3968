"""A small OTLP/gRPC receiver: every span becomes a line of a file, there before the export is answered.

Metrics become lines of the file `metrics.jsonl` beside it.

`python -m infra.local.telemetry PATH --port N` runs it as a process until SIGTERM or SIGINT.
"""

from contextlib import ExitStack
from pathlib import Path
from typing import Self, TextIO

import grpc
import grpc.aio
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import (
    MetricsServiceServicer,
    add_MetricsServiceServicer_to_server,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)

from infra.local.servers.ports import LOOPBACK
from infra.local.telemetry.metrics import exported_metrics
from infra.local.telemetry.spans import exported_spans
from services.runtime.channel_options import SERVER_OPTIONS

_CONCURRENT_EXPORTS = 64
_STOP_SECONDS = 2.0


class OtlpReceiver:
    """`async with OtlpReceiver(path) as receiver:` listens on loopback until the block ends."""

    def __init__(self, path: Path, port: int = 0) -> None:
        """Nothing listens yet; port 0 takes a free one, an existing file is continued."""
        self._path = path
        self._port = port
        self._files = ExitStack()
        self._server: grpc.aio.Server

    @property
    def metrics_path(self) -> Path:
        """Where metrics are written."""
        return self._path.with_name("metrics.jsonl")

    @property
    def endpoint(self) -> str:
        """For OTEL_EXPORTER_OTLP_ENDPOINT."""
        return f"http://{LOOPBACK}:{self._port}"

    async def __aenter__(self) -> Self:
        """Start to listen.

        Raises:
            OSError: the file cannot be written.
            RuntimeError: the port is taken.

        """
        spans = self._files.enter_context(self._path.open("a"))
        metrics = self._files.enter_context(self.metrics_path.open("a"))
        self._server = grpc.aio.server(options=SERVER_OPTIONS, maximum_concurrent_rpcs=_CONCURRENT_EXPORTS)
        add_TraceServiceServicer_to_server(_Traces(spans), self._server)  # type: ignore[no-untyped-call]
        add_MetricsServiceServicer_to_server(_Metrics(metrics), self._server)  # type: ignore[no-untyped-call]
        self._port = self._server.add_insecure_port(f"{LOOPBACK}:{self._port}")
        await self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let running exports end, then close the file."""
        await self._server.stop(_STOP_SECONDS)
        self._files.close()


class _Traces(TraceServiceServicer):
    def __init__(self, file: TextIO) -> None:
        self._file = file

    async def Export(  # noqa: N802 - the name is OTLP's
        self, request: ExportTraceServiceRequest, context: object
    ) -> ExportTraceServiceResponse:
        """Called by exporters, not idempotent: an export repeated after a lost answer is written twice."""
        del context
        self._file.writelines(span.to_line() for span in exported_spans(request))
        self._file.flush()
        return ExportTraceServiceResponse()


class _Metrics(MetricsServiceServicer):
    def __init__(self, file: TextIO) -> None:
        self._file = file

    async def Export(  # noqa: N802 - the name is OTLP's
        self, request: ExportMetricsServiceRequest, context: object
    ) -> ExportMetricsServiceResponse:
        """Called by exporters; an export repeated after a lost answer is written twice."""
        del context
        self._file.writelines(measured.to_line() for measured in exported_metrics(request))
        self._file.flush()
        return ExportMetricsServiceResponse()
