"""Every process reads its environment once, at boot, here and nowhere else."""

import os
import ssl
import sys
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

_PREFIX = "KOMPANG_"
_SET_IT = "must be set"
_LEAST_SECRET = 32
# Pydantic puts this before the words of a `ValueError`.
_OURS = "Value error, "


def _is_dsn(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("must have the form postgresql://role:password@host:port/database")
    return value


Dsn = Annotated[SecretStr, AfterValidator(_is_dsn)]


class Settings(BaseSettings):
    """The settings all processes share; each process adds its own in a subclass.

    Every field is read from `KOMPANG_<FIELD>`, a secret also from the file that `KOMPANG_<FIELD>_FILE` names:
    an environment is seen by more people than a file. Bad values raise `pydantic.ValidationError` at boot.
    """

    # A bad value may be a secret.
    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True, allow_inf_nan=False
    )

    instance: str = Field(default="", description="This process among its like; made up when empty.")
    log_level: str = Field(
        default="INFO",
        pattern="^(DEBUG|INFO|WARNING|ERROR)$",
        description="The least that is written to the log, one JSON object a line on stderr.",
    )
    drain_s: float = Field(default=20.0, gt=0, description="Seconds a drain may take before it is cut short.")

    @classmethod
    def secrets(cls) -> list[str]:
        """The fields that are read from a file too."""
        kinds = (SecretStr, SecretStr | None)
        return [name for name, field in cls.model_fields.items() if field.annotation in kinds]

    @model_validator(mode="before")
    @classmethod
    def _with_secret_files(cls, data: Any) -> Any:
        given = dict(data)
        for name in cls.secrets():
            path = os.environ.get(f"{_PREFIX}{name}_file".upper())
            if path:
                given[name] = _content(name, path, is_given=name in given)
        return given


def _content(name: str, path: str, *, is_given: bool) -> SecretStr:
    """The secret in a file, without the spaces and lines around it."""
    try:
        if is_given:
            raise ValueError(f"is set beside {_PREFIX}{name.upper()}; set either")
        text = Path(path).read_text(encoding="ascii").strip()
        if not text:
            raise ValueError("names an empty file; write the secret into it")
        return SecretStr(text)
    except OSError as error:
        why = f"names a file that cannot be read ({error.strerror})"
    except UnicodeDecodeError:
        why = "names a file that is not plain ASCII text"
    except ValueError as error:
        why = str(error)
    kind = PydanticCustomError("secret_file", why)
    problem = InitErrorDetails(type=kind, loc=(f"{name}_file",), input=None)
    raise ValidationError.from_exception_data("Settings", [problem], hide_input=True) from None


# A variable that is set and empty, as deployment tools leave it, names no file.
File = Annotated[Path | None, BeforeValidator(lambda value: value or None)]


class ConsulSettings(Settings):
    """For processes that find, or are found."""

    consul_address: str = Field(
        default="127.0.0.1:8500", description="host:port of Consul's HTTP API, or https://host:port."
    )
    consul_prefix: str = Field(default="kompang", description="Keys and services live below this.")
    consul_token: SecretStr | None = Field(
        default=None, description="The ACL token of this process; in a file it is read again when it changes."
    )
    consul_token_file: Path | None = None
    consul_http_token: SecretStr | None = Field(
        default=None,
        validation_alias="CONSUL_HTTP_TOKEN",
        description="Consul's own variable for the token, used where this product's is not set.",
    )
    consul_ca_file: Path | None = Field(
        default=None,
        description="The authorities that Consul's certificate may be of; PEM. The system's if unset.",
    )
    consul_certificate_file: Path | None = Field(
        default=None, description="This process's certificate for Consul; PEM."
    )
    consul_key_file: Path | None = Field(default=None, description="Its private key; PEM, not encrypted.")

    @property
    def consul_secret(self) -> str:
        """The token; empty without one."""
        token = self.consul_token or self.consul_http_token
        return token.get_secret_value() if token else ""

    @model_validator(mode="after")
    def _is_consul_reachable(self) -> Self:
        files = (self.consul_ca_file, self.consul_certificate_file, self.consul_key_file)
        if bool(self.consul_certificate_file) != bool(self.consul_key_file):
            raise ValueError("KOMPANG_CONSUL_CERTIFICATE_FILE, KOMPANG_CONSUL_KEY_FILE: set both, or none")
        if any(files) and not self.consul_address.startswith("https://"):
            raise ValueError("KOMPANG_CONSUL_ADDRESS: must begin with https:// when Consul's files are set")
        token = self.consul_secret
        if token and not (token.isascii() and token.isprintable()):
            raise ValueError("KOMPANG_CONSUL_TOKEN: must be one line of plain ASCII text")
        try:
            if self.consul_ca_file:
                ssl.create_default_context(cafile=str(self.consul_ca_file))
            if self.consul_certificate_file and self.consul_key_file:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.load_cert_chain(self.consul_certificate_file, self.consul_key_file)
        except OSError as error:
            names = "KOMPANG_CONSUL_CA_FILE, KOMPANG_CONSUL_CERTIFICATE_FILE, KOMPANG_CONSUL_KEY_FILE"
            raise ValueError(f"{names}: cannot be used ({error.strerror or type(error).__name__})") from None
        return self


class PostgresSettings(Settings):
    """For processes with a store. Each holds a few connections, because messages travel in batches."""

    postgres_dsn: Dsn = Field(description="postgresql://role@host:port/database")
    postgres_pool_max: int = Field(
        default=10, ge=1, le=500, description="The most connections to Postgres that this process holds."
    )
    postgres_timeout_s: float = Field(default=10.0, gt=0, description="Deadline of one statement.")


class JournalSettings(Settings):
    """For processes that keep what a restored database must not forget: docs/reliability.md."""

    journal_dir: Path | None = Field(
        default=None, description="A folder on another disk than the database's; none: no journal is kept."
    )
    # Shorter than the month for which the database knows a reply again.
    journal_days: int = Field(default=14, ge=1, le=28, description="Older files of the journal are deleted.")
    journal_mb: int = Field(default=64, ge=1, le=100_000, description="The oldest are deleted beyond this.")


def _is_root_secret(value: SecretStr) -> SecretStr:
    if any(len(each.encode()) < _LEAST_SECRET for each in value.get_secret_value().split() or [""]):
        raise ValueError(
            f"must be {_LEAST_SECRET} characters drawn at random, or more; make it with: openssl rand -hex 32"
        )
    return value


class SecretSettings(Settings):
    """For processes that derive keys from the installation's root secret (`services.runtime.secret`)."""

    secret: Annotated[SecretStr, AfterValidator(_is_root_secret)] = Field(
        description="The root secret, the same for all replicas and never in the database; after it,"
        " separated by spaces or lines, older ones that are still accepted."
    )


class RedisSettings(Settings):
    """For dispatch."""

    redis_url: SecretStr = Field(
        default=SecretStr("redis://127.0.0.1:6379/0"),
        description="Where the due window is kept; without Redis it is in the memory of dispatch.",
    )
    redis_connections: int = Field(default=100, ge=1, description="The most connections to Redis.")
    redis_retries: int = Field(default=3, ge=0, description="How often a round trip is tried again.")
    redis_timeout_s: float = Field(default=0.5, gt=0, description="Deadline of one round trip.")


AnySettings = TypeVar("AnySettings", bound=Settings)


def read(kind: type[AnySettings], process: str) -> AnySettings:
    """The settings of a process, or its end with code 2 and one line that names the bad variables."""
    try:
        return kind()
    except ValidationError as error:
        print(f"{process}: {explained(error)}", file=sys.stderr)  # noqa: T201 - before there is a log
        sys.exit(2)


def explained(error: ValidationError) -> str:
    """The fault of each variable; never its value."""
    return "; ".join(_explained(one) for one in error.errors(include_input=False))


def _explained(one: ErrorDetails) -> str:
    said = _SET_IT if one["type"] == "missing" else one["msg"].removeprefix(_OURS)
    # What is wrong with several variables together names them itself.
    name = "_".join(str(part) for part in one["loc"]).upper()
    return f"{_PREFIX}{name}: {said}" if name else said
