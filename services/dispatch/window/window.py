"""What a due window does. Losing one costs a scan, never a message: Postgres decides every hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from services.dispatch.window.doubts import Doubts

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The last moment that a `datetime` has.
_LAST_US = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A message by its key; ordered by when it is due."""

    scheduled_us: int
    message_id: int

    @classmethod
    def of(cls, message_id: int, scheduled_at: datetime) -> "Entry":
        """From the columns of a row."""
        return cls((scheduled_at - _EPOCH) // timedelta(microseconds=1), message_id)

    @classmethod
    def checked(cls, scheduled_us: int, message_id: int) -> "Entry":
        """From outside this process. Raises `ValueError` for what can be no row's key."""
        if not 0 <= scheduled_us <= _LAST_US or not 0 <= message_id < 2**63:
            raise ValueError("an entry out of range")
        return cls(scheduled_us, message_id)

    @property
    def scheduled_at(self) -> datetime:
        """The exact column value: it is half of the row's key."""
        return _EPOCH + timedelta(microseconds=self.scheduled_us)


@dataclass(frozen=True, slots=True)
class Place:
    """Whose window: shards keep a device's keys together on a Redis cluster."""

    shard: int
    device_id: int


class Window(Protocol):
    """Per device a set of entries, taken in order. Entries may be lost, or be there twice."""

    doubts: Doubts
    """Whoever takes an entry that is of no use tells it here."""

    async def fill(self, entries: Mapping[Place, Sequence[Entry]]) -> None:
        """Makes these the windows of their devices: whatever else was in them is gone."""

    async def add(self, entries: Mapping[Place, Sequence[Entry]]) -> None:
        """Adds to the windows of many devices."""

    async def take(self, places: Sequence[Place]) -> list[Entry | None]:
        """Takes the first entry of each device; None where there is none."""
