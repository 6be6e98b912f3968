"""One device as dispatch sees it between two hands."""

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from services.dispatch.devices.store import DeviceRow
from services.dispatch.window.window import Entry, Place

if TYPE_CHECKING:
    from services.dispatch.attachment import Attachment


# So long a candidate is left alone that could not be decided about. Whatever is wrong with it needs a person.
_ASIDE_S = 300.0
# Between two candidates that cannot be decided about: each costs statements of its own.
_ASIDE_PAUSE_S = 1.0
# With so many of them the fault is the device's or its account's: it rests until the first is tried again.
_MOST_ASIDE = 16


@dataclass(slots=True, eq=False)
class Slot:
    """Times are those of the event loop's clock, in seconds.

    Nothing here is trusted by a hand: it only decides whom to ask about next, and when.
    """

    device_id: int
    place: Place
    attachment: "Attachment"
    repeatable: bool
    traceable: bool
    # Of the row: tells a change from a repetition.
    updated_at: datetime
    min_delay_s: float
    max_delay_s: float
    # The host can take one message now.
    is_ready: bool = False
    # The host has given no credit for this device yet.
    is_new: bool = True
    # Before this time the hand would refuse the device.
    try_at: float = 0.0
    # The message to ask the hand about next, from the window or left over in flight by an earlier hand.
    next: Entry | None = None
    # The message that was handed last.
    last: Entry | None = None
    # The confirmation of a stop word: goes before what is next.
    confirmation: Entry | None = None
    # How many entries the window is believed to hold; below the low mark a scan fills it up.
    depth: int = 0
    # Where in [min, max] this gap falls; drawn anew after each send.
    draw: float = field(default_factory=random.random)
    # Of the message handed last: how often it was, and whether an earlier attempt may have gone.
    attempts: int = 0
    is_repeat: bool = False
    # Whether that message begins a chat; taken for one until a hand says otherwise.
    is_first_contact: bool = True
    # Candidates that could not be decided about, and until when they are not asked about again.
    aside: dict[Entry, float] = field(default_factory=dict)

    @classmethod
    def of(cls, row: DeviceRow, attachment: "Attachment", now: float, ahead_s: float) -> "Slot":
        """From a device's row, with the rest of its gap, less the lead, and what it has in flight."""
        slot = cls(
            device_id=row.id,
            place=Place(row.shard, row.id),
            attachment=attachment,
            updated_at=row.updated_at,
            repeatable=row.repeatable,
            traceable=row.traceable,
            min_delay_s=row.min_delay_s,
            max_delay_s=row.max_delay_s,
        )
        if row.in_flight_id is not None and row.in_flight_at is not None:
            slot.next = Entry.of(row.in_flight_id, row.in_flight_at)
        if row.idle_s is not None:
            slot.try_at = now - row.idle_s + slot.gap_s - ahead_s
        return slot

    @property
    def is_idle(self) -> bool:
        """The host has nothing in flight, and nothing is about to be asked."""
        return self.is_ready and self.next is None

    @property
    def has_more(self) -> bool:
        """There may be something to ask about."""
        return self.next is not None or self.confirmation is not None or self.depth > 0

    @property
    def gap_s(self) -> float:
        """The present gap between two sends."""
        return self.min_delay_s + self.draw * (self.max_delay_s - self.min_delay_s)

    def sent(self, at: float, ahead_s: float) -> None:
        """A send was accepted at that time: a new gap begins."""
        self.draw = random.random()
        self.try_at = at + self.gap_s - ahead_s

    def put_aside(self, now: float) -> None:
        """What is next could not be decided about: after a pause the device goes on to its next message."""
        self.aside = {entry: until for entry, until in self.aside.items() if until > now}
        if self.next is not None:
            self.aside[self.next] = now + _ASIDE_S
        self.next = None
        self.try_at = max(self.try_at, now + _ASIDE_PAUSE_S)
        if len(self.aside) >= _MOST_ASIDE:
            self.try_at = max(self.try_at, min(self.aside.values()))

    def is_aside(self, entry: Entry, now: float) -> bool:
        """Whether this entry is not to be asked about yet."""
        return self.aside_until(entry) > now

    def aside_until(self, entry: Entry) -> float:
        """When this entry may be asked about; long ago, unless it was put aside."""
        return self.aside.get(entry, 0.0)
