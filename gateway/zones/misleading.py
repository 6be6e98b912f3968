"""Pure: names of time zones that mean something else than people think, or no place at all.

`Etc/GMT-8` is eight hours ahead of UTC: the sign is that of POSIX, the reverse of what everybody writes.
`EST` never changes its clocks, and `Factory` is a clock that nobody has set. A message at the wrong hour is
worse than a question, so they are refused, with the place that was probably meant.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_REVERSED = re.compile(r"(?:Etc/)?GMT([+-])([0-9]{1,2})", re.IGNORECASE)
# The same clocks under another name, or (right) with leap seconds, some half a minute off.
_COPY = re.compile(r"(?:posix|right)/(.+)")
_NO_PLACE = frozenset({"factory", "posixrules", "localtime", "posix/factory", "right/factory"})
# Without summer time, as hardly anybody who writes them means it.
_ABBREVIATIONS = {
    "EST": ("UTC-5", "America/New_York", "America/Panama"),
    "MST": ("UTC-7", "America/Denver", "America/Phoenix"),
}
_PLACES = (
    "Asia/Kuala_Lumpur", "Asia/Jakarta", "Asia/Tokyo", "Asia/Dhaka", "Asia/Karachi", "Asia/Dubai",
    "Asia/Riyadh", "Africa/Cairo", "Europe/Berlin", "Europe/London", "Atlantic/Azores",
    "Atlantic/South_Georgia", "America/Sao_Paulo", "America/Halifax", "America/New_York", "America/Chicago",
    "America/Denver", "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu", "Pacific/Pago_Pago",
    "Australia/Brisbane", "Pacific/Noumea", "Pacific/Auckland", "Pacific/Tongatapu", "Pacific/Kiritimati",
)  # fmt: skip


def misleading(name: str, country: str = "") -> str | None:
    """What is wrong with a zone's name, and the remedy; None for nothing. `country`: of the account."""
    folded = name.casefold()
    if folded in _NO_PLACE:
        return f"{name} is no place's time; name one, such as {_example(country)}"
    if copy := _COPY.fullmatch(name):
        return misleading(copy[1], country) or f"{name} is no name for people; write {copy[1]}"
    if found := _REVERSED.fullmatch(name):
        hours = int(found[2])
        return _reversed(name, hours if found[1] == "-" else -hours, country) if hours else None
    if name in _ABBREVIATIONS:
        offset, meant, fixed = _ABBREVIATIONS[name]
        return f"{name} is {offset} all year, without summer time; write {meant}, or {fixed} if that is meant"
    return None


def _reversed(name: str, east: int, country: str) -> str:
    said = f"{name} is UTC{east:+d}: the sign in such a name is the reverse of what it seems to say"
    if meant := _place(east, places_of(country)) or _place(-east, places_of(country)):
        return f"{said}; write the place, probably {meant}"
    found = [f"{place} for UTC{hours:+d}" for hours in (east, -east) if (place := _place(hours, _PLACES))]
    return f"{said}; write the place{': ' * bool(found)}{' or '.join(found)}"


def _example(country: str) -> str:
    return next(iter(places_of(country)), _PLACES[0])


def _place(east: int, places: Iterable[str]) -> str | None:
    """The first of these places whose clocks show so many hours more than UTC, summer time left out."""
    return next((place for place in places if _standard(place) == timedelta(hours=east)), None)


def _standard(place: str) -> timedelta | None:
    """None: Python does not know the zone."""
    year = datetime.now(UTC).year
    try:
        zone = ZoneInfo(place)
    except (ZoneInfoNotFoundError, ValueError):
        return None
    return min(datetime(year, month, 1, tzinfo=zone).utcoffset() or timedelta() for month in (1, 7))


def places_of(country: str) -> tuple[str, ...]:
    """The zones of a country as CLDR lists them, the well-known ones first; none for no country."""
    # Loaded for the rare refusal alone.
    from babel.core import get_global  # noqa: PLC0415

    found = [zone for zone, territory in get_global("zone_territories").items() if territory == country]
    return tuple(sorted(found, key=lambda zone: (zone not in _PLACES, zone)))
