"""What the options of `kompang campaigns` are written like."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from google.protobuf import duration_pb2, timestamp_pb2

from gateway.cli.names import named
from kompang.v1 import campaigns_pb2 as pb

_LENGTH = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)?")
_UNIT_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def length(value: str) -> str:
    """Checks a length of time such as `5s`."""
    if value and not _LENGTH.fullmatch(value):
        raise typer.BadParameter("a length of time is written like 500ms, 5s, 10m, 1h or 2d")
    return value


Name = Annotated[
    str, typer.Argument(callback=named("campaigns"), metavar="CAMPAIGN", help="campaigns/12, or 12.")
]


def duration(value: str) -> duration_pb2.Duration | None:
    """None for nothing said."""
    found = _LENGTH.fullmatch(value)
    if found is None:
        return None
    made = duration_pb2.Duration()
    made.FromTimedelta(timedelta(seconds=float(found[1]) * _UNIT_S[found[2] or "s"]))
    return made


def audience(filter_: str, leads: Path | None) -> pb.Audience | None:
    """A filter, or a file with a lead a line."""
    if filter_ and leads:
        raise typer.BadParameter("give --filter or --leads, not both")
    if leads:
        return pb.Audience(leads=pb.LeadList(leads=list(_lines(leads))))
    return pb.Audience(filter=filter_) if filter_ else None


def start(at: str, timezone: str) -> dict[str, Any]:
    """Fields of a request with `start`; a time must say its offset, or the zone must be named."""
    if not at:
        return {}
    if timezone:
        return {"local_start_time": pb.LocalTime(date_time=at, timezone=timezone)}
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise typer.BadParameter(f"--at {at} is no time; write it like 2026-12-01T09:00") from None
    if moment.tzinfo is None:
        raise typer.BadParameter(
            f"--at {at} does not say in which zone; add --timezone, e.g. Asia/Kuala_Lumpur, or an offset"
        )
    made = timestamp_pb2.Timestamp()
    made.FromDatetime(moment)
    return {"start_time": made}


def read(path: Path) -> str:
    """A file of text, whatever its first byte is like. Raises `BadParameter`."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{path} is not UTF-8; save it as such") from None
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}") from None


def _lines(path: Path) -> Iterator[str]:
    for line in read(path).splitlines():
        text = line.strip()
        if text:
            yield text if text.startswith("leads/") else f"leads/{text}"
