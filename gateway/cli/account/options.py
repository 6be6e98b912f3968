"""Options of `kompang account` and `kompang admin create-account`."""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated

import typer

from gateway.phones import Notation

_HOURS = re.compile(r"(([01][0-9]|2[0-3]):[0-5][0-9])-(([01][0-9]|2[0-3]):[0-5][0-9])")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,5}")
_NONE = "none"
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Variation(StrEnum):
    """How much texts vary."""

    NATURAL = "natural"
    NONE = "none"


def quiet_hours(value: str) -> tuple[str, str] | None:
    """The two times of day in `21:00-09:00`; None for `none`."""
    found = _HOURS.fullmatch(value)
    return (found[1], found[3]) if found else None


def _quiet_hours(value: str | None) -> str | None:
    if value not in (None, _NONE):
        found = quiet_hours(value)
        if found is None or found[0] == found[1]:
            raise typer.BadParameter("write them like 21:00-09:00, or none")
    return value


def _country(value: str | None) -> str | None:
    try:
        Notation(value.upper() if value else "")
    except ValueError:
        raise typer.BadParameter("two letters of a country with phone numbers, such as MY") from None
    return value and value.upper()


def _language(value: str | None) -> str | None:
    if value and not _LANGUAGE.fullmatch(value):
        raise typer.BadParameter("must be a language tag such as ms, en or zh-Hant")
    return value


def weekdays(value: str) -> list[int]:
    """The days in `sat,sun`, Monday as 1; none for `none`. Raises `ValueError`."""
    if value == _NONE:
        return []
    return [_WEEKDAYS.index(each.strip().lower()[:3]) + 1 for each in value.split(",")]


def _weekdays(value: str | None) -> str | None:
    try:
        weekdays(value or _NONE)
    except ValueError:
        raise typer.BadParameter("write them like sat,sun, or none") from None
    return value


def _days(values: list[str] | None) -> list[str] | None:
    for value in values or ():
        try:
            date.fromisoformat(value.partition("=")[0])
        except ValueError:
            raise typer.BadParameter("write a day like 2026-12-24") from None
    return values


QuietHours = Annotated[
    str | None,
    typer.Option(
        "--quiet-hours",
        callback=_quiet_hours,
        help="Hours without messages, by the lead's clock: 21:00-09:00, or none.",
    ),
]
PerDay = Annotated[
    int | None, typer.Option(min=0, max=1000, help="The most messages to one person in 24 hours; 0: no cap.")
]
PerWeek = Annotated[
    int | None,
    typer.Option(min=0, max=1000, help="The most messages to one person in 7 times 24 hours; 0: no cap."),
]
Country = Annotated[
    str | None,
    typer.Option(callback=_country, help="The country whose local notation phone numbers are in, e.g. MY."),
]
Timezone = Annotated[str | None, typer.Option(help="The time zone of the account, e.g. Asia/Kuala_Lumpur.")]
Language = Annotated[
    str | None, typer.Option(callback=_language, help="The language of leads that have none: ms, zh-Hant.")
]
Words = Annotated[
    list[str] | None,
    typer.Option(help="Replaces the list of words; repeat for more; one empty word empties the list."),
]
QuietWeekdays = Annotated[
    str | None,
    typer.Option(
        "--quiet-weekdays",
        callback=_weekdays,
        help="Days of the week without messages: sat,sun, or none.",
    ),
]
Holidays = Annotated[
    list[str] | None,
    typer.Option(
        "--holidays",
        help="Whose public holidays are quiet: MY, MY-10 or MY-Selangor; repeat for more; '' for none.",
    ),
]
QuietDays = Annotated[
    list[str] | None,
    typer.Option("--quiet-day", callback=_days, help="Adds a quiet day: 2026-12-24, or 2026-12-24=Name."),
]
WorkingDays = Annotated[
    list[str] | None,
    typer.Option(
        "--working-day", callback=_days, help="Messages are sent although it is a holiday: 2026-05-01."
    ),
]
ForgottenDays = Annotated[
    list[str] | None,
    typer.Option("--forget-day", callback=_days, help="Takes back what was said of a day: 2026-12-24."),
]
Share = Annotated[
    float | None, typer.Option(min=0, max=1, help="Share of the texts that vary this, from 0 to 1.")
]
