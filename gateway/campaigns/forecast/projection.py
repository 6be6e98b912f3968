"""Pure: how long a device takes for a campaign, by the rules of the hand.

Messages are computed as a stream and not one by one: they become due by the plan, those of leads for whom it
is night wait for their morning and become due within half an hour of it, and the device lets one through each
mean gap until its day is full. Between two moments at which one of these changes everything is linear, so a
day is some ten steps whatever the number of messages.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.campaigns.forecast.calendar import Calendar
from gateway.campaigns.forecast.device_load import DeviceLoad

# Days that are projected; further ahead the plan's own end counts.
DAYS = 400
# No device sends faster than the network takes a message.
_LEAST_GAP_S = 0.05
_NOTHING = 1e-6
_DAY_S = 86_400.0


@dataclass(frozen=True)
class Projection:
    """When the last message goes, how many had to wait for a morning, and how many steps that took."""

    ends_at: datetime
    quiet: int
    steps: int


@dataclass
class _Zone:
    """The device's messages for leads of one zone, in messages and messages a second."""

    share: float
    begins: Sequence[float]
    ends: Sequence[float]
    ready: float = 0.0
    asleep: float = 0.0
    rising: float = 0.0
    risen_at: float = 0.0

    def night(self, at: float) -> float | None:
        """When the night ends; None by day."""
        place = bisect_right(self.begins, at) - 1
        return self.ends[place] if place >= 0 and at < self.ends[place] else None

    def next(self, at: float) -> float:
        """The next moment at which something changes."""
        night = self.night(at)
        if night is not None:
            return night
        place = bisect_right(self.begins, at)
        dusk = self.begins[place] if place < len(self.begins) else float("inf")
        return min(dusk, self.risen_at) if self.risen_at > at else dusk


class _Device:
    def __init__(self, load: DeviceLoad, starts_at: float, calendar: Calendar) -> None:
        self.load = load
        self.calendar = calendar
        self.at = starts_at
        self.held_until = load.held_until.timestamp() if load.held_until else starts_at
        self.zones = [
            _Zone(count / load.chosen, *calendar.nights(zone)) for zone, count in load.zones.items()
        ]
        first = load.chosen - load.frequent
        count = first + load.others
        gap_s = (first * load.gap_s + load.others * load.own_gap_s) / count if count else load.gap_s
        self.gap_s = max(_LEAST_GAP_S, gap_s)
        self.arrivals = self._arrivals(count / load.chosen)
        self.left = float(load.overdue + sum(many for _, _, many in self.arrivals))
        for zone in self.zones:
            zone.ready = load.overdue * zone.share
        self.first_day = calendar.number(load.first_sent_on) if load.first_sent_on else None
        self.day = calendar.number(load.sent_on) if load.sent_on else -1
        self.sent = float(load.sent_count)
        self.quiet = 0.0

    def _arrivals(self, scale: float) -> list[tuple[float, float, float]]:
        """Which messages become due when: from, until, how many."""
        load = self.load
        found = []
        ends = [*load.firsts[1:], load.chosen]
        for opens, first, end in zip(load.opens, load.firsts, ends, strict=True):
            many = min(end, load.chosen) - first
            if many > 0:
                begins = opens.timestamp()
                found.append((begins, begins + max(_LEAST_GAP_S, many * load.gap_s), many * scale))
        if load.frequent and load.free_from and load.free_until:
            begins, until = load.free_from.timestamp(), load.free_until.timestamp()
            found.append((begins, max(until, begins + 1), float(load.frequent)))
        return found

    def step(self) -> None:
        """Goes on to the next moment at which something changes."""
        at = self.at
        room = self._room(at)
        until = self._next(at)
        length = until - at
        rate = sum(many / (end - begin) for begin, end, many in self.arrivals if begin <= at < end)
        coming = []
        for zone in self.zones:
            night = zone.night(at)
            if night is not None:
                self.quiet += zone.ready + rate * zone.share * length
                zone.asleep += zone.ready + zone.rising * max(0.0, zone.risen_at - at)
                zone.asleep += rate * zone.share * length
                zone.ready = zone.rising = 0.0
                if until >= night:
                    spread_s = self.calendar.spread_s
                    zone.rising, zone.risen_at = zone.asleep / spread_s, until + spread_s
                    zone.asleep = 0.0
                coming.append(0.0)
            else:
                rising = zone.rising if at < zone.risen_at else 0.0
                coming.append((rate * zone.share + rising) * length)
        self.at += self._send(coming, length, room)

    def _room(self, at: float) -> float:
        """How many more messages the device may send today."""
        day = self.calendar.day(at)
        if self.first_day is None:
            self.first_day = day
        if day != self.day:
            self.day, self.sent = day, 0.0
        return max(0.0, self.load.cap(day - self.first_day) - self.sent)

    def _next(self, at: float) -> float:
        found = [self.calendar.midnight(self.day), at + _DAY_S]
        found += [zone.next(at) for zone in self.zones]
        found += [edge for begin, end, _ in self.arrivals for edge in (begin, end) if edge > at]
        if self.held_until > at:
            found.append(self.held_until)
        return min(found)

    def _send(self, coming: list[float], length: float, room: float) -> float:
        """Sends what the device can; returns how long that took: less than the step when none is left."""
        ready = sum(zone.ready for zone in self.zones)
        there = ready + sum(coming)
        able = 0.0 if self.at < self.held_until else length / self.gap_s
        sent = min(able, there, room)
        for zone, more in zip(self.zones, coming, strict=True):
            part = (zone.ready + more) / there if there else 0.0
            zone.ready += more - sent * part
        self.sent += sent
        self.left -= sent
        is_through = self.left <= _NOTHING and sum(coming) <= _NOTHING
        return min(length, ready * self.gap_s) if is_through else length


def project(load: DeviceLoad, starts_at: datetime, calendar: Calendar, most_steps: int) -> Projection | None:
    """The projection of a device with messages; None where its end is too far ahead."""
    device = _Device(load, starts_at.timestamp(), calendar)
    for steps in range(most_steps):
        if device.left <= _NOTHING:
            return Projection(datetime.fromtimestamp(device.at, UTC), round(device.quiet), steps)
        device.step()
    return None
