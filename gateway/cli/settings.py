"""What the `kompang` command reads from the environment to call a gateway."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from services.runtime.settings import Settings


def _is_address(value: str) -> str:
    host, colon, port = value.rpartition(":")
    if not (host and colon and port.isdecimal()) or "/" in value or any(map(str.isspace, value)):
        raise ValueError("must be host:port of a gateway, such as 127.0.0.1:7000")
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
        description="host:port of a gateway."
    )
    api_key: Annotated[SecretStr, AfterValidator(_is_key)] = Field(
        description="As `kompang admin create-account` printed it: kpg_…"
    )

    @property
    def key(self) -> str:
        """The key itself, for the metadata of a call."""
        return self.api_key.get_secret_value()
