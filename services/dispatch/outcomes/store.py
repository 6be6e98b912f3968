"""The statements that record outcomes as a typed call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.message.reason import MessageReason
from services.message.state import MessageState
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries, columns

SQL = Queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class Result:
    """One outcome, as it is to be recorded."""

    message_id: int
    scheduled_at: datetime
    device_id: int
    epoch: int
    state: MessageState
    reason: MessageReason | None
    retry_s: float
    text_hash: bytes | None
    age_s: float
    was_sent: bool
    stays: bool
    stops: bool
    # No attempt went, this one and earlier ones.
    never_sent: bool = False
    # Of which hand it is, 0: not told.
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """What the network knows the recipient of a message by, as far as it told; all digits.

    `known_as`: the number as the network has it, of which `number` is the form that leads are kept under.
    """

    device_id: int
    epoch: int
    message_id: int
    scheduled_at: datetime
    lid: str
    known_as: str
    number: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a device has in flight may have gone; the message, where its id is known, and who says so."""

    device_id: int
    message_id: int | None
    incarnation: str


class OutcomeStore:
    """Raises as `services.runtime.postgres.translated` says."""

    def __init__(self, postgres: Postgres, repeats: int) -> None:
        """After so many attempts `on_unknown: resend` sends no more."""
        self._postgres = postgres
        self._repeats = repeats

    async def record_outcomes(self, results: Sequence[Result]) -> dict[int, str]:
        """Writes outcomes, at most one a device; the new states, by message, of those that changed."""
        rows = await self._postgres.fetch(
            SQL.record_outcomes,
            *columns(results, "message_id", "scheduled_at", "device_id", "epoch", "state", "reason"),
            *columns(results, "retry_s", "text_hash", "age_s", "was_sent", "stays", "stops"),
            *columns(results, "never_sent", "attempt"),
            self._repeats,
        )
        stopped = [result for result in results if result.stops]
        if stopped:
            await self._postgres.execute(SQL.cancel_rest, *columns(stopped, "message_id", "scheduled_at"))
        return {row["id"]: row["state"] for row in rows}

    async def learn(self, told: Sequence[Told]) -> None:
        """Keeps what the network knows the recipients of these messages by."""
        await self._postgres.execute(
            SQL.learn,
            *columns(told, "device_id", "epoch", "message_id", "scheduled_at", "lid", "known_as", "number"),
        )

    async def doubt(self, doubts: Sequence[Doubt]) -> None:
        """Makes `unknown` what these devices have in flight, and leaves it in flight."""
        if doubts:
            await self._postgres.execute(
                SQL.doubt, *columns(doubts, "device_id", "message_id", "incarnation")
            )
