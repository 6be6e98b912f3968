"""What is quiet, read plainly: every local time as all moments that it may be, by Python's own zones."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

Span = tuple[datetime, datetime]
_DAY = timedelta(days=1)
_EARLY = timedelta(seconds=2)


def moments(local: datetime, zone: str) -> list[datetime]:
    """The moments that a local time may be, in order; where clocks leave it out, both readings of it."""
    here = local.replace(tzinfo=ZoneInfo(zone))
    return sorted(here.replace(fold=fold).astimezone(UTC) for fold in (0, 1))


def spans(
    zone: str, quiet: tuple[time, time] | None, closed: set[date], first: date, days: int
) -> list[Span]:
    """The spells of some days, merged."""
    found = []
    for day in (first + timedelta(days=n) for n in range(days)):
        if day in closed:
            found.append((datetime.combine(day, time()), datetime.combine(day + _DAY, time())))
        if quiet:
            after = _DAY if quiet[0] > quiet[1] else timedelta()
            found.append((datetime.combine(day, quiet[0]), datetime.combine(day, quiet[1]) + after))
    merged: list[Span] = []
    for begins, ends in sorted((moments(b, zone)[0] - _EARLY, moments(e, zone)[-1]) for b, e in found):
        if merged and begins <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], ends))
        else:
            merged.append((begins, ends))
    return merged


def changes(begin: datetime, end: datetime) -> dict[tuple[datetime, timedelta, timedelta], str]:
    """When clocks change, from which offset to which, and a zone where they do; one for each kind."""
    found: dict[tuple[datetime, timedelta, timedelta], str] = {}
    for zone in sorted(available_timezones() - {"localtime"}):
        info = ZoneInfo(zone)
        at = begin
        while at < end:
            then = at + timedelta(days=5)
            before, after = (_offset(info, moment) for moment in (at, then))
            if before != after:
                found.setdefault((_change(info, at, then, before), before, after), zone)
            at = then
    return found


def _offset(info: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(info).utcoffset() or timedelta()


def _change(info: ZoneInfo, at: datetime, then: datetime, before: timedelta) -> datetime:
    minutes = int((then - at) / timedelta(minutes=1))
    low, high = 0, minutes
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(info, at + timedelta(minutes=middle)) == before:
            low = middle
        else:
            high = middle
    return at + timedelta(minutes=high)
