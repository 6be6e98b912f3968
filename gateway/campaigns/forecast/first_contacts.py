"""Pure: when the last message goes that begins a chat, where a device may begin only so many a day.

As the hand does it: what is due goes while the day has room; what is too much gets places in the days ahead,
spread evenly over each of them (`first_contact_places` in the schema). A place at night goes in the morning.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.campaigns.forecast.calendar import Calendar
from gateway.campaigns.forecast.device_load import DeviceLoad
from gateway.campaigns.forecast.projection import DAYS

_DAY_S = 86_400.0


@dataclass(frozen=True)
class Wait:
    """How many of a campaign's first contacts get a place, and when the last of them goes."""

    count: int
    ends_at: datetime


@dataclass
class _Places:
    """Those that were given out, from the first to the last, so far apart at the end."""

    first: float = 0.0
    last: float = 0.0
    gap_s: float = _DAY_S

    def take(self, begin: float, skipped: float, many: float, cap: float) -> None:
        """So many of a day that begins then and has `cap` of them; `skipped` are taken already."""
        self.gap_s = _DAY_S / cap
        self.first = self.first or begin + skipped * self.gap_s
        self.last = begin + (skipped + many - 1) * self.gap_s


def waiting(load: DeviceLoad, starts_at: datetime, calendar: Calendar) -> Wait | None:
    """None where all may go when they are due."""
    if not load.first_contacts or not (load.first_contact_cap or load.first_contacts_held_until):
        return None
    start = starts_at.timestamp()
    turn = load.first_contacts_held_until.timestamp() if load.first_contacts_held_until else 0.0
    many = load.first_contacts + load.first_others
    if not load.first_contact_cap:
        return Wait(load.first_contacts, _morning(load, turn, calendar)) if turn > start else None
    today = calendar.day(start)
    room = (
        0.0 if turn > start else max(0.0, _cap(load, today, today, calendar) - _begun(load, today, calendar))
    )
    slot = load.first_contact_slot.timestamp() if load.first_contact_slot else 0.0
    turn = max(turn, calendar.midnight(today), slot)
    places, late, queue, due_before = _Places(), 0.0, 0.0, 0.0
    for day in range(today, today + DAYS):
        due_by = many * _share_due(load, calendar.midnight(day))
        due, due_before = due_by - due_before, due_by
        begin = calendar.midnight(day - 1)
        cap = _cap(load, day, today, calendar)
        skipped = min(cap, max(0.0, -((begin - turn) * cap // _DAY_S)))
        free = room if day == today else cap - skipped
        taken, queue = min(queue, free), max(0.0, queue - free)
        if taken:
            places.take(begin, skipped, taken, cap)
        over = max(0.0, due - (free - taken))
        late, queue = late + over, queue + over
        if queue < 1 and due_by >= many:
            break
    if late < 1:
        return None
    if queue >= 1:  # further ahead than anybody looks
        places.last += queue * places.gap_s
    count = min(load.first_contacts, round(late * load.first_contacts / many))
    return Wait(count, datetime.fromtimestamp(_last(load, places, calendar), UTC))


def _cap(load: DeviceLoad, day: int, today: int, calendar: Calendar) -> float:
    first_day = calendar.number(load.first_sent_on) if load.first_sent_on else today
    return load.first_cap(max(0, day - first_day))


def _begun(load: DeviceLoad, today: int, calendar: Calendar) -> int:
    is_today = load.first_contacts_on is not None and calendar.number(load.first_contacts_on) == today
    return load.first_contact_count if is_today else 0


def _share_due(load: DeviceLoad, at: float) -> float:
    """Of the campaign's messages those that are due by then, by the plan."""
    ends = [*load.firsts[1:], load.chosen]
    due = 0.0
    for opens, first, end in zip(load.opens, load.firsts, ends, strict=True):
        many = max(0, min(end, load.chosen) - first)
        due += max(0.0, min(many, (at - opens.timestamp()) / max(load.gap_s, 1e-3)))
    return min(1.0, due / load.chosen)


def _last(load: DeviceLoad, places: _Places, calendar: Calendar) -> float:
    """When the last goes: at the last place, or in the morning after the last night that had places."""
    last = places.last
    for zone in load.zones:
        begins, ends = calendar.nights(zone)
        night = bisect_left(begins, places.last) - 1
        if night < 0:
            continue
        slept = min(places.last, ends[night]) - max(places.first, begins[night])
        if slept >= 0:
            count = slept // places.gap_s + 1
            last = max(last, ends[night] + calendar.spread_s * count / (count + 1))
    return last


def _morning(load: DeviceLoad, at: float, calendar: Calendar) -> datetime:
    """When all that wait for this moment have gone: one through each gap."""
    begins, ends = zip(*[calendar.nights(zone) for zone in load.zones], strict=True)
    open_at = max(
        (
            end
            for some, thens in zip(begins, ends, strict=True)
            for begin, end in zip(some, thens, strict=True)
            if begin <= at < end
        ),
        default=at,
    )
    return datetime.fromtimestamp(open_at + load.first_contacts * load.gap_s, UTC)
