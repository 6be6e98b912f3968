"""One thing that happened, as it is kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway import wire
from gateway.events.place import Place
from services.runtime.containment import contained


@dataclass(frozen=True)
class Stored:
    """One event and its place."""

    place: Place
    at: datetime
    account_id: int
    type: str
    message_id: int | None
    lead_id: int | None
    device_id: int | None
    state: str | None
    reason: str | None
    sequence: str | None
    ban_reason: str | None = None

    @property
    def at_us(self) -> int:
        """When the event happened, in microseconds since 1970: exact, for cursors."""
        return wire.microseconds(self.at)


def stored(row: Any) -> Stored:
    """A row with the columns of `tail`."""
    return Stored(
        place=Place(row["xid"], row["id"]),
        at=row["at"],
        account_id=row["account_id"],
        type=row["type"],
        message_id=row["message_id"],
        lead_id=row["lead_id"],
        device_id=row["device_id"],
        state=row["state"],
        reason=row["reason"],
        sequence=row["sequence"],
        ban_reason=row["ban_reason"],
    )


def readable(rows: Iterable[Any]) -> list[Stored]:
    """The events of these rows; a row that cannot be read is reported and passed over."""
    found = []
    for row in rows:
        with contained("gateway.event.read", event_id=row["id"]):
            found.append(stored(row))
    return found
