"""Certificate, key and authorities from files, proven before they are used.

The proof is a handshake in memory, of the certificate with itself as server and as caller: so a key of
another certificate, one that has expired or is not yet valid, one of another authority, and one that may not
be used both ways are found at boot, and never during the first call. It needs nothing but the standard
library.
"""

import os
import ssl
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.runtime.tls.names import Peer, peer_of

# Many times a chain, or the authorities of a large company.
_MOST_BYTES = 1024 * 1024


class CertificateError(Exception):
    """The files are no good; the message says which, and what is wrong, and never what is in them."""


@dataclass(frozen=True)
class CertificateFiles:
    """Where they are. Without an authority a server asks its callers for no certificate."""

    certificate: Path
    key: Path
    authority: Path | None

    @property
    def paths(self) -> tuple[Path, ...]:
        """All of them."""
        return tuple(path for path in (self.certificate, self.key, self.authority) if path)


@dataclass(frozen=True)
class Certificates:
    """What the files held at one moment, as PEM."""

    certificate: bytes
    key: bytes = field(repr=False)
    authority: bytes | None

    @classmethod
    def read(cls, files: CertificateFiles) -> "Certificates":
        """Raises CertificateError naming the file that cannot be read."""
        authority = _content(files.authority) if files.authority else None
        return cls(_content(files.certificate), _content(files.key), authority)


def _content(path: Path) -> bytes:
    """Of a small regular file alone: reading a pipe would wait for ever, and a device has no end."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > _MOST_BYTES:
            raise CertificateError(
                f"{path} cannot be read: it is no regular file of at most {_MOST_BYTES} bytes"
            )
        return path.read_bytes()
    except OSError as error:
        raise CertificateError(f"{path} cannot be read: {error.strerror}") from error


@dataclass(frozen=True)
class Proof:
    """What a certificate says of itself."""

    dns_names: tuple[str, ...]
    expires: datetime

    def peer(self, domain: str) -> Peer:
        """The process it is for."""
        return peer_of(self.dns_names, domain)


def proven(certificates: Certificates) -> Proof:
    """Raises CertificateError when no other process would accept it."""
    try:
        with _in_memory(certificates.key + b"\n" + certificates.certificate) as own:
            return _shaken(_serving(own, certificates.authority), _calling(own, certificates))
    except (ssl.SSLError, ValueError) as error:
        raise CertificateError(_explained(error)) from error


def proven_public(certificates: Certificates) -> Proof:
    """As `proven`, of a port for strangers. Raises CertificateError.

    Who issued its certificate is known to its callers alone; the authority, if there is one, is theirs.
    """
    proof = proven(replace(certificates, authority=None))
    try:
        if certificates.authority is not None:
            _trusting(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), certificates.authority)
    except (ssl.SSLError, ValueError) as error:
        raise CertificateError(_explained(error)) from error
    return proof


def _trusting(context: ssl.SSLContext, authority: bytes) -> ssl.SSLContext:
    context.load_verify_locations(cadata=authority.decode("ascii"))
    context.verify_mode = ssl.CERT_REQUIRED
    return context


@contextmanager
def _in_memory(content: bytes) -> Iterator[str]:
    """A path to it: the standard library reads a key from files only, and this one must not reach a disk."""
    handle = os.memfd_create("certificate")
    try:
        os.write(handle, content)
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)


def _serving(own: str, authority: bytes | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Without a password OpenSSL would ask for that of an encrypted key at the terminal.
    context.load_cert_chain(own, password="")
    return context if authority is None else _trusting(context, authority)


def _calling(own: str, certificates: Certificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_cert_chain(own, password="")
    # Who issued a public certificate is known to its callers alone: it is its own authority here.
    trusted = certificates.authority or certificates.certificate
    if certificates.authority is None:
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return _trusting(context, trusted)


def _shaken(serving: ssl.SSLContext, calling: ssl.SSLContext) -> Proof:
    """Both ends in turn until both are satisfied."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [calling.wrap_bio(down, up), serving.wrap_bio(up, down, server_side=True)]
    caller = ends[0]
    while ends:
        ends = [end for end in ends if not _is_done(end)]
    described: Mapping[str, Any] = caller.getpeercert() or {}
    names = (value for kind, value in described.get("subjectAltName", ()) if kind == "DNS")
    expires = datetime.fromtimestamp(ssl.cert_time_to_seconds(described["notAfter"]), UTC)
    return Proof(tuple(names), expires)


def _is_done(end: ssl.SSLObject) -> bool:
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def _explained(error: Exception) -> str:
    """In the words of OpenSSL, without its numbers."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate does not pass: {error.verify_message}"
    if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
        return "the key is not that of the certificate"
    why = str(getattr(error, "reason", "") or "it is no PEM").replace("_", " ").lower()
    return f"certificate, key or authority cannot be read: {why}"
