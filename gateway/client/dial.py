"""A channel to a gateway: `https://host:port` is TLS, and so is `host:port` with a file of authorities.

An API key travels with every call, so plaintext goes to this machine's own addresses alone, unless that is
allowed.
"""

from dataclasses import dataclass
from pathlib import Path

import grpc

from services.runtime.channel import connect

HTTPS = "https://"


@dataclass(frozen=True)
class Trust:
    """Files, all PEM: the authorities of the gateway, and the caller's own certificate if the gateway asks.

    Without authorities those count that gRPC brings along, which are the public ones.
    """

    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    plaintext: bool = False
    """Whether the key may go to another machine without TLS."""


def dial(address: str, trust: Trust | None = None, *, traced: bool = False) -> grpc.aio.Channel:
    """Connects at the first call. Raises OSError for a file, PlaintextRefused for plaintext to elsewhere."""
    trust = trust or Trust()
    target = address.removeprefix(HTTPS)
    if target != address or trust.ca_file:
        return connect(target, _credentials(trust), traced=traced)
    return connect(target, plaintext=trust.plaintext, traced=traced)


def _credentials(trust: Trust) -> grpc.ChannelCredentials:
    files = (trust.ca_file, trust.key_file, trust.certificate_file)
    return grpc.ssl_channel_credentials(*(path and path.read_bytes() for path in files))
