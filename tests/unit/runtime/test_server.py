"""Which calls a server makes spans of."""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import grpc
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from kompang.dispatch.v1 import dispatch_pb2 as pb
from kompang.dispatch.v1 import dispatch_pb2_grpc
from services.runtime.channel import connect
from services.runtime.server import Server
from services.runtime.server_settings import ServerSettings


class Refusing(dispatch_pb2_grpc.DispatchServiceServicer):
    """Ends every stream at once."""

    async def Attach(  # noqa: N802 - the name of the RPC
        self, _requests: AsyncIterator[pb.AttachRequest], context: grpc.aio.ServicerContext
    ) -> AsyncIterator[pb.AttachResponse]:
        await context.abort(grpc.StatusCode.UNAVAILABLE, "refused by the test")
        yield pb.AttachResponse()


@pytest.mark.parametrize(("streams", "names"), [((), ["Attach"]), (("Attach",), [])])
async def test_a_stream_that_lasts_as_its_connection_has_no_span(
    monkeypatch: pytest.MonkeyPatch, streams: Sequence[str], names: Sequence[str]
) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    registration = (dispatch_pb2_grpc.add_DispatchServiceServicer_to_server, Refusing())
    settings = ServerSettings(listen="127.0.0.1:0", drain_s=0.1)
    async with (
        Server(settings, [registration], ["kompang.dispatch.v1.DispatchService"], streams=streams) as server,
        connect(server.address, traced=False) as channel,
    ):
        call = dispatch_pb2_grpc.DispatchServiceStub(channel).Attach(timeout=5)
        with suppress(grpc.aio.AioRpcError):
            await call.read()
        assert await call.code() is grpc.StatusCode.UNAVAILABLE
    assert [span.name.rpartition("/")[2] for span in exporter.get_finished_spans()] == names
