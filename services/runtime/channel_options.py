"""The options of gRPC that both ends of a channel have to agree on."""

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
    ("grpc.max_reconnect_backoff_ms", 1000),
    # In spite of its name it is the time that one attempt to connect may take: TLS asks for more ways and
    # work, and both ends may wait for a busy processor.
    ("grpc.min_reconnect_backoff_ms", 2000),
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
