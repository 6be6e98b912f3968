"""The hand's rules, message by message and in their own time: what a forecast is held against.

Nothing here comes from the code that forecasts or plans: it takes the messages as the launch wrote them.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_SPREAD_S = 1800
# After a message that was deferred the device comes to its next half a second later.
_DEFERRED = timedelta(seconds=0.5)


@dataclass
class Rules:
    """Of the account and of one device; hours as whole numbers of the clock."""

    zone: str = "UTC"
    quiet: tuple[int, int] | None = None
    person_cap: int = 0
    daily_cap: int = 0
    warmup_start: int = 0
    min_s: float = 10.0
    max_s: float = 10.0
    first_cap: int = 0
    # Until when the network lets no chat begin, in hours from the beginning.
    first_hold_h: float = 0.0


@dataclass
class Planned:
    """One message; `heard`: when its person heard before; `begins_chat`; `went`: what `send` found."""

    due: datetime
    zone: str
    heard: list[datetime] = field(default_factory=list)
    went: datetime | None = None
    begins_chat: bool = False


def send(rules: Rules, messages: Sequence[Planned], begin: datetime, dice: random.Random) -> None:
    """Says of each of a device's messages when it goes."""
    open_ = sorted(messages, key=lambda one: one.due)
    at = begin
    days: dict[date, int] = {}
    chats: dict[date, int] = {}
    places = _places(rules, begin)
    held_until = begin + timedelta(hours=rules.first_hold_h)
    while open_:
        one = next((one for one in open_ if one.due <= at), None)
        if one is None:
            at = min(one.due for one in open_)
            continue
        today = at.astimezone(ZoneInfo(rules.zone)).date()
        if one.begins_chat and (at < held_until or chats.get(today, 0) >= _first_cap(rules, begin, at)):
            one.due = next(places) if rules.first_cap else held_until
            open_.sort(key=lambda one: one.due)
            at += _DEFERRED
            continue
        if days.get(today, 0) >= _cap(rules, len([day for day in days if day < today])):
            at = _midnight(at, rules.zone)
            continue
        until = _night(rules, at, one.zone)
        if until is not None:
            one.due = until + timedelta(seconds=dice.uniform(0, _SPREAD_S))
        elif (free := _free(rules, one, at)) is not None:
            one.due = free
        else:
            one.went = at
            days[today] = days.get(today, 0) + 1
            chats[today] = chats.get(today, 0) + one.begins_chat
            open_.remove(one)
            at += timedelta(seconds=dice.uniform(rules.min_s, rules.max_s))
            continue
        open_.sort(key=lambda one: one.due)
        at += _DEFERRED


def _cap(rules: Rules, days_before: int) -> float:
    cap = float(rules.daily_cap or "inf")
    return min(cap, rules.warmup_start * 1.5**days_before // 1) if rules.warmup_start else cap


def _first_cap(rules: Rules, begin: datetime, at: datetime) -> float:
    zone = ZoneInfo(rules.zone)
    days = (at.astimezone(zone).date() - begin.astimezone(zone).date()).days
    if not rules.first_cap:
        return float("inf")
    if rules.warmup_start and rules.daily_cap:
        return max(1, rules.first_cap * _cap(rules, days) // rules.daily_cap)
    return min(rules.first_cap, _cap(rules, days))


def _places(rules: Rules, begin: datetime) -> Iterator[datetime]:
    """Those of the days after the first, or after the hold."""
    turn = max(_midnight(begin, rules.zone), begin + timedelta(hours=rules.first_hold_h))
    day = _midnight(turn - _DAY, rules.zone)
    while True:
        cap = int(_first_cap(rules, begin, day))
        yield from (place for n in range(cap) if (place := day + n * _DAY / cap) >= turn)
        day = _midnight(day, rules.zone)


def _midnight(at: datetime, zone: str) -> datetime:
    local = at.astimezone(ZoneInfo(zone))
    return (local + _DAY).replace(hour=0, minute=0, second=0, microsecond=0)


def _night(rules: Rules, at: datetime, zone: str) -> datetime | None:
    if rules.quiet is None:
        return None
    begins, ends = rules.quiet
    local = at.astimezone(ZoneInfo(zone))
    hour = local.hour + (local.minute * 60 + local.second + 2) / 3600
    is_night = begins <= hour or hour < ends if begins > ends else begins <= hour < ends
    if not is_night:
        return None
    morning = local.replace(hour=ends, minute=0, second=0, microsecond=0)
    return morning if morning > local else morning + _DAY


def _free(rules: Rules, one: Planned, at: datetime) -> datetime | None:
    lately = sorted(moment for moment in one.heard if moment > at - _DAY)
    if not rules.person_cap or len(lately) < rules.person_cap:
        return None
    return lately[-rules.person_cap] + _DAY
