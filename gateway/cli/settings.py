"""What the `kompang` command reads from the environment to call a gateway."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from gateway.client import Trust
from gateway.client.dial import HTTPS
from services.runtime.address import is_loopback
from services.runtime.settings import File, PostgresSettings, SecretSettings, Settings


def _is_address(value: str) -> str:
    target = value.removeprefix(HTTPS)
    host, colon, port = target.rpartition(":")
    if not (host and colon and port.isdecimal()) or "/" in target or any(map(str.isspace, value)):
        raise ValueError("must be host:port of a gateway, such as 127.0.0.1:7000 or https://kompang:7000")
    return value


def _is_key(value: SecretStr) -> SecretStr:
    """Refused here: a call with a character that no header may have never ends."""
    text = value.get_secret_value()
    if not (text.isascii() and text.isprintable() and text.startswith("kpg_")) or " " in text:
        raise ValueError(
            "is no API key; set it as `kompang admin create-account` printed it: kpg_…, in one line"
            " and without anything around it"
        )
    return value


class ClientSettings(Settings):
    """Every field is read from `KOMPANG_<FIELD>`. Raises `pydantic.ValidationError`."""

    gateway_address: Annotated[str, AfterValidator(_is_address)] = Field(
        description="host:port of a gateway; https:// before it asks for TLS."
    )
    api_key: Annotated[SecretStr, AfterValidator(_is_key)] = Field(
        description="As `kompang admin create-account` printed it: kpg_…"
    )

    tls_ca_file: File = Field(
        default=None, description="The authorities of the gateway, PEM; the public ones when empty."
    )
    tls_certificate_file: File = Field(
        default=None, description="The caller's own certificate, where the gateway asks for one; PEM."
    )
    tls_key_file: File = Field(default=None, description="Its private key; PEM, not encrypted.")
    plaintext: str = Field(
        default="loopback",
        pattern="^(loopback|allow)$",
        description="Where the key may go without TLS: to loopback addresses only, or anywhere.",
    )

    @model_validator(mode="after")
    def _is_protected(self) -> Self:
        has_tls = self.gateway_address.startswith(HTTPS) or self.tls_ca_file
        if not (has_tls or self.plaintext == "allow" or is_loopback(self.gateway_address)):
            raise ValueError(
                "KOMPANG_GATEWAY_ADDRESS: the API key would go to another machine in plain text; write"
                " https:// before it, and name a private authority in KOMPANG_TLS_CA_FILE, or set"
                " KOMPANG_PLAINTEXT=allow where the network itself is protected"
            )
        return self

    @property
    def trust(self) -> Trust:
        """What a connection is made with."""
        return Trust(
            self.tls_ca_file, self.tls_certificate_file, self.tls_key_file, self.plaintext == "allow"
        )

    @property
    def key(self) -> str:
        """The key itself, for the metadata of a call."""
        return self.api_key.get_secret_value()


class AdminSettings(PostgresSettings):
    """Of `kompang admin`, which writes to the database itself."""

    key_lifetime_days: int = Field(
        default=365, ge=0, le=36_500, description="After so many days a new API key expires; 0 for never."
    )


class HashSettings(PostgresSettings, SecretSettings):
    """Of commands that hash numbers: the secrets are those of the mesh, the newest first."""
