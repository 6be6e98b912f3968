"""Inbound texts and the confirmations of stop words as typed calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.runtime.postgres import Postgres
from services.runtime.queries import Queries, columns

SQL = Queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class InboundText:
    """What a person (digits only) wrote to a device: the text folded, and what it means to every account."""

    device_id: int
    inbound_id: str
    sender: str
    folded: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The confirmation of a stop word that is still to go."""

    device_id: int
    message_id: int
    scheduled_at: datetime


class InboundStore:
    """Raises as `services.runtime.postgres.translated` says."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def record_inbound(self, texts: Sequence[InboundText]) -> dict[str, int]:
        """Writes what people wrote, at most one text a person, and does what follows.

        How many were new, by what they turned out to mean.
        """
        device_ids, senders = columns(texts, "device_id", "sender")
        async with self._postgres.transaction() as connection:
            leads = await connection.fetch(SQL.lock_senders, device_ids, senders)
            devices = {row[column] for row in leads for column in ("device_id", "heard_by")}
            await connection.execute(SQL.lock_paces, list(devices))
            rows = await connection.fetch(
                SQL.record_inbound,
                *columns(texts, "device_id", "inbound_id", "sender", "folded", "meaning"),
            )
        return {row["kind"]: row["number"] for row in rows}

    async def confirmations(self, shards: Sequence[int]) -> list[Confirmation]:
        """The confirmations that may go now through devices of these shards, one a device."""
        rows = await self._postgres.fetch(SQL.confirmations, list(shards))
        return [Confirmation(**row) for row in rows]

    async def expire_confirmations(self) -> None:
        """Ends the confirmations that are too late to be one, up to a thousand of them."""
        async with self._postgres.transaction() as connection:
            late = await connection.fetch(SQL.late_confirmations)
            if late:
                await connection.execute(SQL.lock_paces, [row["device_id"] for row in late])
                await connection.execute(
                    SQL.expire_confirmations,
                    [row["id"] for row in late],
                    [row["scheduled_at"] for row in late],
                )
