"""gRPC channels: how one process calls another."""

from collections.abc import Sequence

import grpc

from services.runtime.address import PLAINTEXT_REMEDY, is_loopback
from services.runtime.channel_options import OPTIONS
from services.runtime.errors import Unavailable

# The proxy of the user's environment cannot reach this machine's own loopback addresses.
_NO_PROXY = ("grpc.enable_http_proxy", 0)

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
    unary = _tracing() if traced else ()
    options = (*OPTIONS, _NO_PROXY) if is_loopback(address) else OPTIONS
    if credentials is None:
        if not (plaintext or is_loopback(address)):
            raise PlaintextRefused(f"{address} is not dialled without TLS; {PLAINTEXT_REMEDY}")
        return grpc.aio.insecure_channel(address, options=options, interceptors=unary)
    named = (("grpc.ssl_target_name_override", server_name),) if server_name else ()
    return grpc.aio.secure_channel(address, credentials, options=(*options, *named), interceptors=unary)


def _tracing() -> Sequence[grpc.aio.ClientInterceptor]:
    # Imported here: it takes 40 ms, and a command at a terminal traces nothing.
    from opentelemetry.instrumentation.grpc import aio_client_interceptors  # noqa: PLC0415

    # Of a stream that the other end has ended, gRPC's own interception leaves a task behind that waits for
    # ever, and says so when it is collected.
    return [each for each in aio_client_interceptors() if not isinstance(each, _OF_STREAMS)]
