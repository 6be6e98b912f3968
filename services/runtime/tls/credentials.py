"""What gRPC makes of certificates: at each handshake of a server, at each new channel of a client."""

import grpc

from services.runtime.tls.certificates import Certificates
from services.runtime.tls.watched import WatchedCertificates


def of_server(watched: WatchedCertificates) -> grpc.ServerCredentials:
    """A server with the newest certificates; a caller must have one when they name an authority."""
    used = watched.newest

    def changed() -> grpc.ServerCertificateConfiguration | None:
        nonlocal used
        newest = watched.newest
        if newest is used:
            return None
        used = newest
        return _configuration(newest)

    return grpc.dynamic_ssl_server_credentials(
        _configuration(used), changed, require_client_authentication=used.authority is not None
    )


def of_client(certificates: Certificates) -> grpc.ChannelCredentials:
    """A client that shows its own certificate; its channel keeps it, so rotation asks for a new channel."""
    return grpc.ssl_channel_credentials(certificates.authority, certificates.key, certificates.certificate)


def _configuration(certificates: Certificates) -> grpc.ServerCertificateConfiguration:
    pair = (certificates.key, certificates.certificate)
    return grpc.ssl_server_certificate_configuration([pair], certificates.authority)
