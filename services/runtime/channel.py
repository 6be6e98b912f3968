"""Client channels: how one process calls another."""

import grpc
from opentelemetry.instrumentation.grpc import aio_client_interceptors

_FRAME_BYTES = 16 * 1024 * 1024

OPTIONS = [
    ("grpc.max_send_message_length", _FRAME_BYTES),
    ("grpc.max_receive_message_length", _FRAME_BYTES),
    # A half-open connection is noticed in 4 + 2 s; the server permits pings this often.
    ("grpc.keepalive_time_ms", 4000),
    ("grpc.keepalive_timeout_ms", 2000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    # Hosts reconnect themselves, and sooner than gRPC's own 1–120 s backoff.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
]

_OF_STREAMS = (grpc.aio.StreamUnaryClientInterceptor, grpc.aio.StreamStreamClientInterceptor)


def connect(address: str) -> grpc.aio.Channel:
    """A channel that connects lazily and carries the trace context of unary calls; close it yourself.

    Give every call on it a `timeout=`; streams carry their context in their frames.
    """
    # Of a stream that the other end has ended, gRPC's own interception leaves a task behind that waits for
    # ever, and says so when it is collected.
    unary = [each for each in aio_client_interceptors() if not isinstance(each, _OF_STREAMS)]
    return grpc.aio.insecure_channel(address, options=OPTIONS, interceptors=unary)
