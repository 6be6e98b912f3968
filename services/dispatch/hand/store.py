"""The statement `hand` as a typed call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.runtime.postgres import Postgres
from services.runtime.queries import Queries, columns

SQL = Queries.beside(__file__)

# First contacts of one device that one statement looks at: some 20 ms.
_DEFERRED = 500


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message that a ready device might be handed."""

    device_id: int
    message_id: int
    scheduled_at: datetime
    stream: int
    draw: float
    repeatable: bool
    traceable: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What the hand decided about a candidate, and did. The lead's fields are set for `Verdict.HAND`.

    `verdict` should be a `services.message.verdict.Verdict`; whoever reads it checks that, device by device.
    `local_minute` is that of the lead's day at which the text was settled. `is_trace_only`: the message may
    have gone; it is not sent, but asked about.
    """

    device_id: int
    shard: int
    epoch: int
    message_id: int
    scheduled_at: datetime
    is_repeat: bool
    verdict: str
    in_flight_id: int | None
    in_flight_at: datetime | None
    step_id: int | None
    phone: str | None
    lid: str | None
    display_name: str | None
    attributes: str | None
    language: str | None
    local_minute: int | None
    wording_id: int | None
    traceparent: str | None
    launch_traceparent: str | None
    attempts: int | None
    wire_id: str | None
    wait_s: float
    # Nothing that is known of went between its device and its lead before.
    is_first_contact: bool = False
    is_trace_only: bool = False


class HandStore:
    """Raises as `services.runtime.postgres.translated` says."""

    def __init__(self, postgres: Postgres, repeats: int) -> None:
        """After so many attempts `on_unknown: resend` sends no more."""
        self._postgres = postgres
        self._repeats = repeats

    async def hand(self, candidates: Sequence[Candidate], ahead_s: float) -> list[Decision]:
        """One decision a candidate, carried out. At most one candidate a device."""
        asked = columns(candidates, "device_id", "message_id", "scheduled_at", "stream", "draw")
        asked += columns(candidates, "repeatable", "traceable")
        rows = await self._postgres.fetch(SQL.hand, *asked, ahead_s, self._repeats)
        return [Decision(**row) for row in rows]

    async def defer_first_contacts(self, refused: Sequence[Decision]) -> dict[int, int]:
        """Gives places in the days ahead to what these devices would begin chats with; how many, by device.

        `refused`: those that the hand refused for it (`Verdict.NEW_CHAT`), at most one a device.
        """
        asked = columns(refused, "device_id", "message_id", "scheduled_at")
        rows = await self._postgres.fetch(SQL.defer_first_contacts, *asked, _DEFERRED)
        return {row["device_id"]: row["messages"] for row in rows}
