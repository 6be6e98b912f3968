"""gRPC channels: how one process calls another, and the options that both ends have to agree on."""

import grpc
from opentelemetry.instrumentation.grpc import aio_client_interceptors

from services.runtime.address import PLAINTEXT_REMEDY, is_loopback
from services.runtime.errors import Unavailable

# The largest message either way: a frame of 250 longest texts in four-byte letters is 4 MB.
MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""Between our own processes; a server of strangers takes less (`services.runtime.receiving.Sizes`)."""
_SIZES = (
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
)

OPTIONS = (
    *_SIZES,
    # A half-open connection is noticed in 4 + 2 s; the server permits pings this often.
    ("grpc.keepalive_time_ms", 4000),
    ("grpc.keepalive_timeout_ms", 2000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    # Callers pause by `services.runtime.retry`; gRPC's own backoff of 1 to 120 s would come on top.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
)
"""The options of a client's channel. `connect` uses them; a synchronous channel takes them from here."""

SERVER_OPTIONS = (
    *_SIZES,
    # Clients ping every 4 s (see `OPTIONS`); by default a server permits one ping in 5 minutes.
    ("grpc.http2.min_ping_interval_without_data_ms", 2000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.keepalive_time_ms", 10000),
    ("grpc.keepalive_timeout_ms", 5000),
    ("grpc.http2.max_pings_without_data", 0),
    # Two processes must not share a port.
    ("grpc.so_reuseport", 0),
)
"""The options of every server, also of one that is not a `services.runtime.server.Server`."""

# The proxy of the user's environment cannot reach this machine's own loopback addresses.
_NO_PROXY = ("grpc.enable_http_proxy", 0)

# In spite of its name it is the time that one attempt to connect may take: TLS asks for more ways and work.
_HANDSHAKE = (("grpc.min_reconnect_backoff_ms", 2000),)

ENDED_WHILE_WRITING = "Internal error from Core"
"""The details that gRPC gives, with `INTERNAL`, to a stream that the other end ended during a write.

The status of the other end is lost then, also when it came before: the next attempt gets it.
"""

_OF_STREAMS = (grpc.aio.StreamUnaryClientInterceptor, grpc.aio.StreamStreamClientInterceptor)


class PlaintextRefused(Unavailable):
    """The address is another machine's, and this process may speak to it through TLS alone."""


def connect(
    address: str,
    credentials: grpc.ChannelCredentials | None = None,
    *,
    server_name: str = "",
    plaintext: bool = False,
    traced: bool = True,
) -> grpc.aio.Channel:
    """A channel to host:port that connects lazily; close it yourself, or use it as `async with`.

    Give every call on it a `timeout=`. A `traced` channel makes a span of each unary call and carries its
    context; streams carry their context in their frames. Without `traced` it adds nothing to a call.
    With `credentials` it is TLS, and the certificate of the other end must name `server_name`, or the host of
    the address. Raises PlaintextRefused without them, unless the address is loopback or `plaintext` is set.
    """
    # Of a stream that the other end has ended, gRPC's own interception leaves a task behind that waits for
    # ever, and says so when it is collected.
    unary = (
        [each for each in aio_client_interceptors() if not isinstance(each, _OF_STREAMS)] if traced else []
    )
    options = (*OPTIONS, _NO_PROXY) if is_loopback(address) else OPTIONS
    if credentials is None:
        if not (plaintext or is_loopback(address)):
            raise PlaintextRefused(f"{address} is not dialled without TLS; {PLAINTEXT_REMEDY}")
        return grpc.aio.insecure_channel(address, options=options, interceptors=unary)
    named = (("grpc.ssl_target_name_override", server_name),) if server_name else ()
    return grpc.aio.secure_channel(
        address, credentials, options=(*options, *_HANDSHAKE, *named), interceptors=unary
    )
