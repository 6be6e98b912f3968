"""Durations as people write them: `5m`, `12h`, `1d12h`, `1.5s`."""

import re
from datetime import timedelta

import typer
from google.protobuf import duration_pb2

_UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_PART = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,6}))?(ms|[dhms])\s*")
_MICRO = timedelta(microseconds=1)

FORM = "is no duration; write it like 30s, 5m, 12h, 2d or 1d12h"


def parse_duration(text: str) -> timedelta:
    """To the microsecond; `0` needs no unit. Raises `ValueError` with the remedy, also beyond 9,999 days."""
    if text == "0":
        return timedelta()
    total, at = timedelta(), 0
    while found := _PART.match(text, at):
        whole, fraction, unit = found.groups()
        total += int(whole) * _UNITS[unit]
        if fraction:
            total += _UNITS[unit] * int(fraction) / 10 ** len(fraction)
        at = found.end()
    if not text or at != len(text) or total.days > 9_999:  # noqa: PLR2004 - longer than anybody means
        raise ValueError(FORM)
    return total


def checked(value: str | None) -> str | None:
    """For an option that may be left out or empty. Raises `BadParameter`."""
    if value:
        try:
            parse_duration(value)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
    return value


def format_duration(value: timedelta) -> str:
    """The shortest that `parse_duration` reads as the same: `1d12h`, `0`. Not for negative ones."""
    parts = []
    for unit in ("d", "h", "m"):
        count, value = divmod(value, _UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    if value:
        parts.append(f"{value / _MICRO / 1e6:.6f}".rstrip("0").rstrip(".") + "s")
    return "".join(parts) or "0"


def to_proto(value: timedelta) -> duration_pb2.Duration:
    """For a request."""
    made = duration_pb2.Duration()
    made.FromTimedelta(value)
    return made
