"""The settings of a process that serves others: where, and how both sides prove who they are."""

from typing import ClassVar, Self

from pydantic import Field, model_validator

from services.runtime.address import PLAINTEXT_REMEDY, is_loopback
from services.runtime.settings import File, Settings
from services.runtime.tls.certificates import (
    CertificateError,
    CertificateFiles,
    Certificates,
    Proof,
    proven,
)
from services.runtime.tls.names import Name, server_name

_TLS_FILES = "KOMPANG_TLS_CERTIFICATE_FILE, KOMPANG_TLS_KEY_FILE, KOMPANG_TLS_CA_FILE"


class TlsSettings(Settings):
    """How a process proves who it is to the others, and whom it believes (docs/security.md)."""

    role: ClassVar[str] = ""
    is_called: ClassVar[bool] = False
    """Whether other processes look for the name of the role in its certificate."""

    tls_certificate_file: File = Field(
        default=None, description="This process's certificate, then those up to the authority; PEM."
    )
    tls_key_file: File = Field(default=None, description="Its private key; PEM, not encrypted.")
    tls_ca_file: File = Field(default=None, description="The authorities of the mesh; PEM.")
    tls_domain: str = Field(
        default="kompang.internal",
        pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)*$",
        description="The domain below which certificates name processes.",
    )
    plaintext: str = Field(
        default="loopback",
        pattern="^(loopback|allow)$",
        description="Where gRPC may go without TLS: on loopback addresses only, or anywhere.",
    )

    @property
    def member(self) -> str:
        """The name that this process gives itself; empty when nobody has to believe it."""
        return self.instance

    @property
    def certificates(self) -> CertificateFiles | None:
        """The files of the mesh; None without TLS."""
        certificate, key = self.tls_certificate_file, self.tls_key_file
        return CertificateFiles(certificate, key, self.tls_ca_file) if certificate and key else None

    def prove(self, certificates: Certificates) -> Proof:
        """Raises CertificateError when they are no good, or another process's."""
        proof = proven(certificates)
        peer = proof.peer(self.tls_domain)
        own = self.role in peer.roles and (not self.member or peer.may_be(self.role, self.member))
        if self.role and not (own and (not self.is_called or Name(self.role) in peer.names)):
            expected = server_name(self.role, self.tls_domain)
            either = f" or {self.member}.{expected}" if self.member and not self.is_called else ""
            names = ", ".join(proof.dns_names) or "nobody"
            raise CertificateError(f"the certificate names {names}; this process needs {expected}{either}")
        return proof

    @model_validator(mode="after")
    def _is_provable(self) -> Self:
        given = (self.tls_certificate_file, self.tls_key_file, self.tls_ca_file)
        if any(given) and not all(given):
            raise ValueError(f"{_TLS_FILES}: set all three, or none (docs/security.md)")
        try:
            if self.certificates is not None:
                self.prove(Certificates.read(self.certificates))
        except CertificateError as error:
            raise ValueError(f"{_TLS_FILES}: {error}") from error
        return self


class ServerSettings(TlsSettings):
    """For processes that serve gRPC."""

    is_public: ClassVar[bool] = False
    """Whether callers prove who they are by something else than certificates of the mesh."""

    listen: str = Field(default="127.0.0.1:0", description="host:port; port 0 takes a free one.")
    advertise: str = Field(default="", description="host:port for others; the bound one when empty.")
    handshake_timeout_s: float = Field(
        default=10.0, gt=0, description="A connection that has not said hello by then is closed."
    )
    body_timeout_s: float = Field(
        default=30.0, gt=0, description="How long the request of a unary call may take to arrive."
    )
    reflection: str = Field(
        default="loopback",
        pattern="^(loopback|allow|off)$",
        description="Who may ask without a key which methods there are: nobody, whoever reaches the port, or"
        " that where the port is a loopback address.",
    )
    health: bool = Field(
        default=True,
        description="Whether the port answers health checks, which need no key and say of the process as a"
        " whole whether it serves; else KOMPANG_HEALTH_LISTEN alone does.",
    )
    health_listen: str = Field(
        default="127.0.0.1:0",
        description="host:port of the health checks, used with TLS or without KOMPANG_HEALTH: a prober has no"
        " certificate of the mesh. It is plaintext and serves nothing else; Consul and Kubernetes must reach"
        " it.",
    )

    @property
    def port_certificates(self) -> CertificateFiles | None:
        """What the port is served with; None for plaintext."""
        return self.certificates

    def prove_port(self, certificates: Certificates) -> Proof:
        """Raises CertificateError when the port should not be served with them."""
        return self.prove(certificates)

    @model_validator(mode="after")
    def _is_protected(self) -> Self:
        if self.port_certificates is None and self.plaintext != "allow" and not is_loopback(self.listen):
            raise ValueError(
                f"KOMPANG_LISTEN: {self.listen} can be reached from other machines, and nobody would have to"
                f" prove who he is; {PLAINTEXT_REMEDY}"
            )
        return self
