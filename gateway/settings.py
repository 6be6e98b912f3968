"""What the gateway reads from the environment."""

from datetime import timedelta
from typing import ClassVar, Self

from pydantic import Field, model_validator

from gateway.limits.settings import LimitSettings
from services.callers import Role
from services.runtime.server_settings import ServerSettings
from services.runtime.settings import ConsulSettings, File, JournalSettings, PostgresSettings, SecretSettings
from services.runtime.tls.certificates import (
    CertificateError,
    CertificateFiles,
    Certificates,
    Proof,
    proven_public,
)

_PUBLIC_FILES = "KOMPANG_TLS_PUBLIC_CERTIFICATE_FILE, KOMPANG_TLS_PUBLIC_KEY_FILE"


class GatewaySettings(
    ServerSettings, ConsulSettings, PostgresSettings, SecretSettings, LimitSettings, JournalSettings
):
    """Every field is read from `KOMPANG_<FIELD>`."""

    role: ClassVar[str] = Role.GATEWAY
    is_public: ClassVar[bool] = True

    tls_public_certificate_file: File = Field(
        default=None,
        description="The certificate of the public port, where it is not that of the mesh; PEM.",
    )
    tls_public_key_file: File = Field(default=None, description="Its private key; PEM, not encrypted.")
    tls_public_client_ca_file: File = Field(
        default=None,
        description="With it, callers need a certificate of these authorities beside their API key; PEM.",
    )
    key_cache_s: float = Field(
        default=5.0,
        ge=0.05,
        le=5,
        description="How long an API key may still be taken for good after it was revoked, or after the"
        " database last said so; open calls end then.",
    )
    request_retention: timedelta = Field(
        default=timedelta(days=7), description="How long a request_id is remembered."
    )
    event_poll_s: float = Field(
        default=0.25, gt=0, description="Between two looks for new events, while somebody watches."
    )
    event_buffer: int = Field(
        default=10_000, ge=1, description="Events kept for one slow watcher before it is cut off."
    )
    enrollment_timeout_s: float = Field(
        default=300.0, gt=0, description="Deadline of RunEnrollment for a caller without one."
    )
    imports_at_once: int = Field(
        default=4, ge=1, description="ImportLeads calls that one gateway takes at a time."
    )
    imports_of_account: int = Field(default=2, ge=1, description="Of them, those of one account.")
    import_silence_s: float = Field(
        default=60.0, gt=0, description="An ImportLeads call ends when its caller sends nothing for so long."
    )
    import_retention: timedelta = Field(
        default=timedelta(days=30),
        description="How long a caller can continue an import and fetch its refused rows.",
    )
    message_retention: timedelta = Field(
        default=timedelta(days=400),
        ge=timedelta(weeks=6),
        description="How long a message is kept that is neither pending, on its way nor unknown; by weeks.",
    )
    event_retention: timedelta = Field(
        default=timedelta(days=90), ge=timedelta(weeks=1), description="How long an event is kept; by weeks."
    )
    audit_retention: timedelta = Field(
        default=timedelta(days=400), description="How long it is kept who called what."
    )
    campaign_watch_s: float = Field(
        default=1.0, gt=0, description="Between two looks at a campaign that somebody watches."
    )
    overview_watch_s: float = Field(
        default=1.0, gt=0, description="Between two looks at an account that somebody watches."
    )

    @property
    def port_certificates(self) -> CertificateFiles | None:
        """Those of the public port, else those of the mesh; callers have API keys and need none."""
        certificate = self.tls_public_certificate_file or self.tls_certificate_file
        key = self.tls_public_key_file or self.tls_key_file
        if certificate is None or key is None:
            return None
        return CertificateFiles(certificate, key, self.tls_public_client_ca_file)

    def prove_port(self, certificates: Certificates) -> Proof:
        """Raises CertificateError when the port cannot be served with them."""
        return proven_public(certificates)

    @model_validator(mode="after")
    def _port_is_provable(self) -> Self:
        if bool(self.tls_public_certificate_file) != bool(self.tls_public_key_file):
            raise ValueError(f"{_PUBLIC_FILES}: set both, or none")
        files = self.port_certificates
        if files is None and self.tls_public_client_ca_file:
            raise ValueError(
                f"KOMPANG_TLS_PUBLIC_CLIENT_CA_FILE: needs a certificate too; set {_PUBLIC_FILES}"
            )
        try:
            if files is not None:
                proven_public(Certificates.read(files))
        except CertificateError as error:
            raise ValueError(f"{_PUBLIC_FILES}: {error}") from error
        return self
