"""From a cell to a moment: a date, with or without a time, as programs and people write dates."""

import re
import tomllib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.imports.errors import RowError

_MONTHS: dict[str, int] = {
    word: number
    for number, words in enumerate(
        tomllib.loads(Path(__file__).with_name("months.toml").read_text(encoding="utf-8"))["months"], 1
    )
    for word in words.split()
}

_CLOCK_BEHIND = r"(?:(?:T|[,\s]+)(?:at\s+|pukul\s+|jam\s+)?(\d.*))?"
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})" + _CLOCK_BEHIND)
_YEAR_FIRST = re.compile(r"(\d{4})[./-](\d{1,2})[./-](\d{1,2})" + _CLOCK_BEHIND, re.IGNORECASE)
_COMPACT = re.compile(r"(20\d{2})(\d{2})(\d{2})" + _CLOCK_BEHIND)
_CHINESE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})[日号號]\s*(\d.*)?")
_DAY_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s-]+([^\W\d_]+)\.?,?[\s-]+(\d{4}|\d{2})" + _CLOCK_BEHIND)
_MONTH_DAY = re.compile(r"([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})" + _CLOCK_BEHIND)
_WEEKDAY = re.compile(r"^[^\W\d_]{3,10}\.?,\s+(?=\d|\w+\s+\d)")
_CLOCK = re.compile(
    r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?"
    r"(?:\s*(am|pm|a\.m\.|p\.m\.|pg|ptg))?\s*(Z|(?:UTC|GMT)?(?:[+-]\d{1,2}(?::?\d{2})?)?)",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})?$")
# Days since then are what Excel keeps of a date.
_EXCEL = datetime(1899, 12, 30, tzinfo=UTC)
_SERIAL = re.compile(r"[2-6]\d{4}(\.\d+)?")
# Seconds or milliseconds since 1970, of this century.
_UNIX = re.compile(r"([12]\d{9})(\d{3})?(?:\.\d+)?")
_NOON = 12
_CENTURY = 2000
_TWO_DIGITS = 100
# With its weekday, its time and its zone; what is longer is no date, and needs no closer look.
_LONGEST = 100


def read_moment(cell: str, zone: ZoneInfo, *, month_first: bool) -> datetime:
    """`zone` where the cell names none. Raises `RowError`."""
    text = _WEEKDAY.sub("", " ".join(cell.split())) if len(cell) <= _LONGEST else ""
    try:
        return _moment(text, zone, month_first=month_first).astimezone(UTC)
    except (ValueError, OverflowError, KeyError):
        raise RowError(
            "CONSENT_TIME", "consent_time: is no date; write it as 2026-01-31, or 2026-01-31 14:05"
        ) from None


def _moment(text: str, zone: ZoneInfo, *, month_first: bool) -> datetime:
    if _SERIAL.fullmatch(text):
        return (_EXCEL + timedelta(days=float(text))).replace(tzinfo=zone)
    if found := _UNIX.fullmatch(text):
        return datetime.fromtimestamp(int(found[1]), UTC)
    year, month, day, clock = _parts(text, month_first=month_first)
    return _timed(datetime(year, month, day, tzinfo=zone), clock or "")


def _parts(text: str, *, month_first: bool) -> tuple[int, int, int, str | None]:
    """Year, month, day and clock. Raises `ValueError`, and `KeyError` for a month by no name."""
    for pattern in (_YEAR_FIRST, _COMPACT, _CHINESE):
        if found := pattern.fullmatch(text):
            return int(found[1]), int(found[2]), int(found[3]), found[4]
    if found := _DAY_FIRST.fullmatch(text):
        first, second = int(found[1]), int(found[2])
        month, day = (first, second) if month_first else (second, first)
        return _year(found[3]), month, day, found[4]
    if found := _DAY_MONTH.fullmatch(text):
        return _year(found[3]), _MONTHS[found[2].casefold()], int(found[1]), found[4]
    if found := _MONTH_DAY.fullmatch(text):
        return int(found[3]), _MONTHS[found[1].casefold()], int(found[2]), found[4]
    raise ValueError(text)


def _year(text: str) -> int:
    return int(text) + (_CENTURY if int(text) < _TWO_DIGITS else 0)


def _timed(day: datetime, clock: str) -> datetime:
    if not clock.strip():
        return day
    found = _CLOCK.fullmatch(clock.strip())
    if found is None:
        raise ValueError(clock)
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if found[4]:
        is_evening = found[4].casefold().startswith(("p.", "pm", "pt"))
        hour = hour % _NOON + (_NOON if is_evening else 0)
    timed = day.replace(hour=hour, minute=minute, second=second)
    return timed.replace(tzinfo=_zone(found[5])) if found[5] else timed


def _zone(text: str) -> timezone:
    """`Z`, `+0800`, `GMT+8`, ..."""
    found = _OFFSET.search(text)
    if found is None:
        return UTC
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return timezone(ahead if found[1] == "+" else -ahead)
