"""Arguments and options of `kompang campaigns`, and the fields of a request that they make."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from google.protobuf import duration_pb2, timestamp_pb2

from gateway.cli import durations
from gateway.cli.names import named
from kompang.v1 import campaigns_pb2 as pb

Name = Annotated[
    str, typer.Argument(callback=named("campaigns"), metavar="CAMPAIGN", help="campaigns/12, or 12.")
]
At = Annotated[
    str,
    typer.Option(help="The start, e.g. 2026-12-01T09:00 with --timezone, or with an offset; now otherwise."),
]
Zone = Annotated[str, typer.Option(help="The time zone of --at, e.g. Asia/Kuala_Lumpur.")]


class Variation(StrEnum):
    """How much the texts differ."""

    NATURAL = "natural"
    NONE = "none"


class OnUnknown(StrEnum):
    """What the mesh does with a message of which nobody knows whether it was sent."""

    HOLD = "hold"
    RESEND = "resend"
    GIVE_UP = "give_up"


class OnLate(StrEnum):
    """What the mesh does with messages that are overdue when a campaign is resumed."""

    SEND = "send"
    DROP = "drop"
    SHIFT = "shift"


def duration(value: str) -> duration_pb2.Duration | None:
    """None for nothing said."""
    return durations.to_proto(durations.parse_duration(value)) if value else None


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
        if timezone:
            raise _bad_time("is nothing without --at: give both, or neither to begin now", "--timezone")
        return {}
    made = timestamp_pb2.Timestamp()
    try:
        moment = datetime.fromisoformat(at)
        if moment.tzinfo:
            made.FromDatetime(moment)
    except (ValueError, OverflowError):
        raise _bad_time(f"{at} is no time; write it like 2026-12-01T09:00") from None
    if timezone:
        if moment.tzinfo:
            raise _bad_time(f"{at} names its offset already; leave out the offset, or --timezone")
        return {"local_start_time": pb.LocalTime(date_time=at, timezone=timezone)}
    if moment.tzinfo is None:
        raise _bad_time(
            f"{at} does not say in which zone; add --timezone, e.g. Asia/Kuala_Lumpur, or an offset"
        )
    return {"start_time": made}


def _bad_time(text: str, option: str = "--at") -> typer.BadParameter:
    return typer.BadParameter(text, param_hint=option)


def read(path: Path) -> str:
    """A file of text, whatever its first byte is like. Raises `BadParameter`."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{path} is not UTF-8; save it as such") from None
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}") from None


def text_of(said: str) -> str:
    """As it stands, or of the file after `@`.

    Raises `BadParameter`, also for an empty one: no command could set it later.
    """
    text = read(Path(said[1:])) if said.startswith("@") else said
    if not text.strip():
        raise typer.BadParameter("is empty; write what the messages say", param_hint="--text")
    return text


def _lines(path: Path) -> Iterator[str]:
    for line in read(path).splitlines():
        text = line.strip()
        if text:
            yield text if text.startswith("leads/") else f"leads/{text}"
