"""What a campaign would mean for one device: the row of the statement `forecast`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True)
class DeviceLoad:
    """`leads` of the audience, those left out, and `chosen`: those who get a message, by zone in `zones`.

    `opens` and `firsts` are the plan's spans and the first message of each, `gap_s` the mean gap,
    `own_gap_s` that of the device's `others`: what else is planned there before `plan_end`, and `overdue`
    at the start. `frequent` leads heard so often that they may hear again between `free_from` and
    `free_until`. `first_contacts` begin a chat, as do `first_others` of the others; `first_contact_count`
    began on the day `first_contacts_on`, and from `first_contact_slot` on places in the days ahead are free.
    """

    device_id: int
    leads: int
    suppressed: int
    no_consent: int
    erased: int
    chosen: int
    zones: dict[str, int]
    is_parked: bool
    held_until: datetime | None
    gap_s: float
    own_gap_s: float
    opens: Sequence[datetime]
    firsts: Sequence[int]
    plan_end: datetime
    daily_cap: int
    warmup_start: int
    warmup_growth: float
    first_sent_on: date | None
    sent_on: date | None
    sent_count: int
    timezone: str
    overdue: int
    others: int
    frequent: int
    free_from: datetime | None
    free_until: datetime | None
    first_contacts: int
    first_others: int
    first_contact_cap: int
    first_contacts_on: date | None
    first_contact_count: int
    first_contact_slot: datetime | None
    first_contacts_held_until: datetime | None

    @classmethod
    def of(cls, row: Any) -> "DeviceLoad":
        """Of a row of the statement `forecast`."""
        return cls(**dict(row) | {"zones": json.loads(row["zones"])})

    def cap(self, days: int) -> float:
        """The most that the device may send so many days after its first; as `device_cap` in the schema."""
        cap = float(self.daily_cap or "inf")
        if self.warmup_start > 0:
            grown = self.warmup_start * self.warmup_growth ** min(days, 100)
            cap = min(cap, int(min(1e6, grown)))
        return cap

    def first_cap(self, days: int) -> float:
        """The most chats that it may begin so many days after its first; as in the schema."""
        if self.warmup_start > 0 and self.daily_cap:
            return max(1, self.first_contact_cap * self.cap(days) // self.daily_cap)
        return min(self.first_contact_cap, self.cap(days))
