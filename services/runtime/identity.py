"""Who this process is to those it calls: it shows its certificate, and knows what a server's must say."""

from functools import partial
from typing import Protocol

import grpc

from services.runtime import channel
from services.runtime.server_settings import TlsSettings
from services.runtime.tls import credentials
from services.runtime.tls.certificates import Certificates
from services.runtime.tls.names import server_name
from services.runtime.tls.watched import WatchedCertificates


class Dial(Protocol):
    """Opens a channel to a server of one role."""

    def __call__(self, address: str, *, traced: bool = True) -> grpc.aio.Channel:
        """As `services.runtime.channel.connect`."""


class Identity:
    """One a process. Without certificates it speaks plaintext, where the settings let it."""

    def __init__(self, settings: TlsSettings) -> None:
        """Raises CertificateError."""
        files = settings.certificates
        self._watched = WatchedCertificates(files, settings.prove) if files else None
        self._domain = settings.tls_domain
        self._plaintext = settings.plaintext == "allow"

    @property
    def certificates(self) -> Certificates | None:
        """The newest: another object after each rotation. A channel goes on with those it was opened with."""
        return self._watched.newest if self._watched else None

    def dialling(self, role: str) -> Dial:
        """Opens channels to servers whose certificate names this role; a stranger fails the handshake."""
        return partial(self._connect, role)

    def _connect(self, role: str, address: str, *, traced: bool = True) -> grpc.aio.Channel:
        certificates = self.certificates
        if certificates is None:
            return channel.connect(address, plaintext=self._plaintext, traced=traced)
        return channel.connect(
            address,
            credentials.of_client(certificates),
            server_name=server_name(role, self._domain),
            traced=traced,
        )
