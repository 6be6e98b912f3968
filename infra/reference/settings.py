"""The settings of every process, read from their classes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from gateway.cli.settings import AdminSettings, ClientSettings, HashSettings
from gateway.settings import GatewaySettings
from infra.reference.table import table
from services.dispatch.settings import DispatchSettings
from services.enrollment.settings import EnrollmentSettings
from services.runtime.settings import Settings
from services.schema.settings import SchemaSettings
from shardhost.settings import HostSettings

PROCESSES: Mapping[str, tuple[type[Settings], ...]] = {
    "gateway": (GatewaySettings,),
    "enrollment": (EnrollmentSettings,),
    "dispatch": (DispatchSettings,),
    "shard host": (HostSettings,),
    "migrations": (SchemaSettings,),
    "the command": (ClientSettings,),
    "admin commands": (AdminSettings, HashSettings),
}
_UNITS = {"_s": "s", "_mb": "MB", "_days": "days"}
_BOUNDS = (("gt", "more than {}"), ("ge", "{} or more"), ("lt", "less than {}"), ("le", "{} at most"))


@dataclass(frozen=True)
class Variable:
    """One environment variable, as some processes read it."""

    name: str
    default: str
    unit: str
    allowed: str
    description: str


def document() -> str:
    """The tables of docs/settings.md: what several processes share, then the rest of each."""
    readers: dict[Variable, list[str]] = {}
    for process, kinds in PROCESSES.items():
        for variable in dict.fromkeys(each for kind in kinds for each in variables(kind)):
            readers.setdefault(variable, []).append(process)
    groups: dict[str, list[Variable]] = {}
    for variable, processes in readers.items():
        groups.setdefault(_title(processes), []).append(variable)
    return "\n".join(f"### {title}\n\n{_table(rows)}" for title, rows in sorted(groups.items(), key=_place))


def variables(kind: type[Settings]) -> Iterator[Variable]:
    """Those of one class. Raises `ValueError` for one that does not say what it is for."""
    secrets = kind.secrets()
    for field, info in kind.model_fields.items():
        # The file of a secret stands beside the secret.
        if field.endswith("_file") and field.removesuffix("_file") in secrets:
            continue
        if not info.description:
            raise ValueError(f"{kind.__name__}.{field} has no description")
        name = str(info.validation_alias or f"KOMPANG_{field}").upper()
        yield Variable(
            f"`{name}`, `{name}_FILE`" if field in secrets and info.validation_alias is None else f"`{name}`",
            _default(info),
            _unit(field, info),
            _allowed(info),
            info.description,
        )


def _title(processes: list[str]) -> str:
    if len(processes) == len(PROCESSES):
        return "Every process"
    return ", ".join(processes).capitalize()


def _place(group: tuple[str, object]) -> tuple[int, str]:
    return -group[0].count(",") - 10 * (group[0] == "Every process"), group[0]


def _table(rows: list[Variable]) -> str:
    return table(
        ("variable", "default", "unit", "allowed", "what for"),
        ((each.name, each.default, each.unit, each.allowed, each.description) for each in rows),
    )


def _default(info: FieldInfo) -> str:
    value = info.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "must be set"
    if value is None or value == "":
        return "none"
    return f"`{_shown(value)}`"


def _shown(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, timedelta):
        # As pydantic reads it: ISO 8601.
        return f"P{value.days}D" if not value.seconds else f"PT{int(value.total_seconds())}S"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Enum):
        return str(value.value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _unit(field: str, info: FieldInfo) -> str:
    if info.annotation is timedelta:
        return "duration"
    return next((unit for ending, unit in _UNITS.items() if field.endswith(ending)), "")


def _allowed(info: FieldInfo) -> str:
    found = []
    for rule in info.metadata:
        found += [words.format(_shown(getattr(rule, name))) for name, words in _BOUNDS if hasattr(rule, name)]
        if (pattern := getattr(rule, "pattern", None)) and pattern.startswith("^("):
            found.append(" or ".join(f"`{each}`" for each in pattern.strip("^$()").split("|")))
    return ", ".join(found)
