"""Every process reads its environment once, at boot, here and nowhere else."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError
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
        env_prefix=_PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    instance: str = Field(default="", description="This process among its like; made up when empty.")
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
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


class ServerSettings(Settings):
    """For processes that serve gRPC."""

    listen: str = Field(default="127.0.0.1:0", description="host:port; port 0 takes a free one.")
    advertise: str = Field(default="", description="host:port for others; the bound one when empty.")


class ConsulSettings(Settings):
    """For processes that find, or are found."""

    consul_address: str = Field(default="127.0.0.1:8500", description="host:port of Consul's HTTP API.")
    consul_prefix: str = Field(default="kompang", description="Keys and services live below this.")


class PostgresSettings(Settings):
    """For processes with a store.

    The seed of this product asked for pools of 500 connections over all; here each process holds a
    few, because messages travel in batches.
    """

    postgres_dsn: Dsn = Field(description="postgresql://role@host:port/database")
    postgres_pool_max: int = Field(default=10, ge=1, le=500)
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
    """For dispatch. Figures of the seed: 100 connections, 3 retries."""

    redis_url: SecretStr = Field(default=SecretStr("redis://127.0.0.1:6379/0"))
    redis_connections: int = Field(default=100, ge=1)
    redis_retries: int = Field(default=3, ge=0)
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
    return "; ".join(
        f"{_PREFIX}{'_'.join(str(part) for part in one['loc']).upper()}:"
        f" {_SET_IT if one['type'] == 'missing' else one['msg'].removeprefix(_OURS)}"
        for one in error.errors(include_input=False)
    )
