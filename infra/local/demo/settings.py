"""How large the demo is: read from the environment, here and nowhere else in it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.phones import Notation
from infra.local import sample
from infra.local.errors import LocalError


class BadInput(LocalError):
    """What the user gave cannot be used; the text says what, and how to give it."""


@dataclass(frozen=True)
class DemoSettings:
    """Every field is an environment variable `DEMO_<FIELD>`."""

    csv: Path = sample.LEADS
    leads: int | None = None
    """None: as many as the file has. More than that: further ones are made up."""
    devices: int = 60
    hosts: int = 3
    kill_at: float = 0.5
    """The part of all messages that has ended when the host is killed."""
    hour_s: float = 1.0
    """How many seconds an hour of the sequences takes."""
    country: str = "MY"
    """Whose local notation the file's numbers without `+` are in."""
    traceable: float = 0.0
    """The part of the devices whose network does not know ids again, and can be asked what became of one."""

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> "DemoSettings":
        """Raises BadInput, naming the variable."""
        csv = Path(environ.get("DEMO_CSV") or sample.LEADS)
        if not csv.is_file():
            raise BadInput(f"DEMO_CSV is {csv}, which is no file: give the path of a CSV file with a header")
        return cls(
            csv=csv,
            leads=whole(environ, "DEMO_LEADS", 1_000_000) if environ.get("DEMO_LEADS") else None,
            devices=whole(environ, "DEMO_DEVICES", 3000, cls.devices),
            hosts=whole(environ, "DEMO_HOSTS", 32, cls.hosts),
            kill_at=_number(environ, "DEMO_KILL_AT", 0.0, 1.0, cls.kill_at),
            hour_s=_number(environ, "DEMO_HOUR_S", 0.01, 3600.0, cls.hour_s),
            country=_country(environ, "DEMO_COUNTRY", cls.country),
            traceable=_number(environ, "DEMO_TRACEABLE", 0.0, 1.0, cls.traceable),
        )


def whole(environ: Mapping[str, str], name: str, most: int, default: int = 1, *, least: int = 1) -> int:
    """A variable's whole number. Raises BadInput, naming it, for what is none or beyond the limits."""
    text = environ.get(name) or str(default)
    number = int(text) if text.isascii() and text.isdecimal() else 0
    if not least <= number <= most:
        raise BadInput(f"{name} is {text!r}: give a whole number from {least} to {most}")
    return number


def _number(environ: Mapping[str, str], name: str, least: float, most: float, default: float) -> float:
    text = environ.get(name) or str(default)
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not least <= number <= most:
        raise BadInput(f"{name} is {text!r}: give a number from {least:g} to {most:g}")
    return number


def _country(environ: Mapping[str, str], name: str, default: str) -> str:
    text = (environ.get(name) or default).upper()
    try:
        Notation(text)
    except ValueError:
        raise BadInput(f"{name} is {text!r}: give the two letters of a country, such as MY") from None
    return text
