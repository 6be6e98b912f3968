"""What the `kompang` command reads from the environment to call a gateway."""

from pydantic import Field, SecretStr

from services.runtime.settings import Settings


class ClientSettings(Settings):
    """Every field is read from `KOMPANG_<FIELD>`. Raises `pydantic.ValidationError` where one is missing."""

    gateway_address: str = Field(min_length=1, description="host:port of a gateway.")
    api_key: SecretStr = Field(
        min_length=1, description="As `kompang admin create-account` printed it: kpg_…"
    )

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """Of every call."""
        return (("authorization", f"Bearer {self.api_key.get_secret_value()}"),)
