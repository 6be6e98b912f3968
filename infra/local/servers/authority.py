"""A certificate authority of its own, for one local run: made at the start, gone with the run's folder.

For an installation see docs/security.md: there certificates come from cert-manager, SPIRE or openssl.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from infra.local.servers.ports import LOOPBACK
from services.runtime.tls.names import server_name

DOMAIN = "kompang.internal"

_LONG = timedelta(days=365)
# The clocks of some tests are stepped back.
_BEFORE = timedelta(hours=1)


@dataclass(frozen=True)
class IssuedFiles:
    """A certificate and its key, both PEM."""

    certificate: Path
    key: Path
    authority: Path

    def environment(self) -> dict[str, str]:
        """The settings of a process that uses them."""
        return {
            "KOMPANG_TLS_CERTIFICATE_FILE": str(self.certificate),
            "KOMPANG_TLS_KEY_FILE": str(self.key),
            "KOMPANG_TLS_CA_FILE": str(self.authority),
        }


class Authority:
    """Issues certificates into a folder; `file` is its own certificate."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = _signed(_subject(name), self._key.public_key(), None, self._key, _LONG, [])
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self.pem)

    @property
    def pem(self) -> bytes:
        """Its certificate."""
        return bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def for_process(self, role: str, instance: str) -> IssuedFiles:
        """As a process of the mesh needs it: the role, for its callers; itself; and this machine."""
        names = (server_name(role, DOMAIN), f"{instance}.{server_name(role, DOMAIN)}", "localhost")
        return self.issue(instance, *names)

    def issue(self, file_name: str, *dns_names: str, valid: timedelta = _LONG) -> IssuedFiles:
        """A certificate with these names and this machine's address, valid for so long (from now)."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject, public = _subject(file_name), key.public_key()
        made = _signed(subject, public, self._certificate, self._key, valid, dns_names)
        files = IssuedFiles(self._folder / f"{file_name}.pem", self._folder / f"{file_name}.key", self.file)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        _replace(files.key, private)
        _replace(files.certificate, made.public_bytes(serialization.Encoding.PEM))
        return files


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name[:64])])


def _signed(
    subject: x509.Name,
    public: ec.EllipticCurvePublicKey,
    issuer: x509.Certificate | None,
    key: ec.EllipticCurvePrivateKey,
    valid: timedelta,
    dns_names: Sequence[str],
) -> x509.Certificate:
    """Without an issuer it is an authority's own."""
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, now + valid) - _BEFORE)
        .not_valid_after(now + valid)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if issuer is not None:
        names = [*map(x509.DNSName, dns_names), x509.IPAddress(ip_address(LOOPBACK))]
        built = built.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return built.sign(key, hashes.SHA256())


def _replace(path: Path, content: bytes) -> None:
    """At once, as those do who rotate certificates; readable by this user alone."""
    new = path.with_suffix(f"{path.suffix}.new")
    new.touch(mode=0o600)
    new.write_bytes(content)
    new.rename(path)
