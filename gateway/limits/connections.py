"""What gRPC itself holds strangers to, before anything of ours is called."""

from gateway.limits.settings import LimitSettings

# As many as may come at one moment from callers who mean well, three hundred clients after a deploy for
# instance; to refuse so many takes 0.15 s of a processor.
_MOST_WAITING = 300
_READ_BYTES = 64 * 1024


def options(settings: LimitSettings) -> list[tuple[str, int]]:
    """The options of the gateway's server."""
    return [
        ("grpc.max_concurrent_streams", settings.streams_of_connection),
        ("grpc.max_connection_idle_ms", int(settings.connection_idle_s * 1000)),
        # Callers then connect anew, to another replica perhaps, and resume.
        ("grpc.max_connection_age_ms", int(settings.connection_age_s * 1000)),
        ("grpc.max_connection_age_grace_ms", int(settings.connection_grace_s * 1000)),
        # Of a body that nobody has asked for yet, a caller may send 64 KiB; with the probe, some MB.
        ("grpc.http2.bdp_probe", 0),
        # What gRPC has taken it works on, also when the connection has ended: by default 4 MB.
        ("grpc.experimental.tcp_max_read_chunk_size", _READ_BYTES),
        # Calls that this process has not looked at yet. Nobody knows whose they are, so they wait in one
        # line, behind those of a flood: gRPC ends what comes beyond (CANCELLED), and callers try again.
        ("grpc.server.max_pending_requests", _MOST_WAITING),
        ("grpc.server.max_pending_requests_hard_limit", _MOST_WAITING + 100),
    ]
