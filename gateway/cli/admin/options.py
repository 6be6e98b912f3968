"""Arguments and options of `kompang admin`."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from gateway.auth.scopes import SCOPES
from gateway.cli.durations import parse_duration
from gateway.cli.settings import AdminSettings

ALL_SCOPES = ",".join(SCOPES)
# As the table demands.
_MOST_LABEL = 100
_SLUG = re.compile(r"[a-z][a-z0-9-]{0,62}")


def _slug(value: str) -> str:
    if not _SLUG.fullmatch(value):
        raise typer.BadParameter("up to 63 lower-case letters, digits and hyphens, the first a letter")
    return value


def _scopes(value: str) -> str:
    unknown = set(value.split(",")) - {*SCOPES}
    if unknown:
        raise typer.BadParameter(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(SCOPES)}")
    return value


NEVER = "never"


def _expires(value: str) -> str:
    """Refused before anything is asked."""
    if value and value != NEVER and _moment(value) <= datetime.now(UTC):
        raise typer.BadParameter("is over already; give a time to come, or never")
    return value


def _moment(value: str) -> datetime:
    try:
        return datetime.now(UTC) + parse_duration(value)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        text = "is neither a duration, such as 90d, nor a day, such as 2027-12-31, nor never"
        raise typer.BadParameter(text) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def expiry(value: str, settings: AdminSettings) -> datetime | None:
    """When a new key expires: as the option says, else as the setting does; None for never."""
    if value == NEVER or not (value or settings.key_lifetime_days):
        return None
    return _moment(value) if value else datetime.now(UTC) + timedelta(days=settings.key_lifetime_days)


def _overlap(value: str) -> str:
    try:
        parse_duration(value)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return value


def _label(value: str) -> str:
    if len(value) > _MOST_LABEL or not value.isprintable():
        raise typer.BadParameter(f"use at most {_MOST_LABEL} characters, in one line")
    return value


Expires = Annotated[
    str,
    typer.Option(
        callback=_expires,
        help="When the key expires: 90d, 2027-12-31 (UTC) or never; KOMPANG_KEY_LIFETIME_DAYS unless given.",
    ),
]
Overlap = Annotated[str, typer.Option(callback=_overlap, help="How long the old key stays good: 7d, 1h, 0.")]
Label = Annotated[str, typer.Option(callback=_label, help="What you call the key: who uses it, where.")]
KeyId = Annotated[str, typer.Argument(help="The part of the key between kpg_ and the next _.")]
Slug = Annotated[str, typer.Argument(callback=_slug, help="The name of the account, for good.")]
Scopes = Annotated[str, typer.Option(callback=_scopes, help="What the key may do, separated by commas.")]
