"""The statements of campaigns; the only caller of `queries.sql` beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)

# Every statement takes a piece of something long, by keys.
PLANNER = {"enable_hashjoin": "off", "enable_mergejoin": "off", "enable_seqscan": "off"}


@dataclass(frozen=True)
class Extent:
    """Of a launch: seconds until its last message may be due, and the mean number of leads of a device."""

    length_s: float
    leads_a_device: float


@dataclass(frozen=True)
class Piece:
    """The result of one statement of a launch; no devices: all that is left, others are writing."""

    devices: int
    messages: int


@dataclass(frozen=True)
class Position:
    """Where a walk stands: behind the lead `cursor`, before the lead `lead_id`."""

    cursor: int
    lead_id: int


class CampaignStore:
    """All methods raise as `services.runtime.postgres` says: `Unavailable` and `Aborted` may be repeated."""

    def __init__(self, postgres: Postgres) -> None:
        """`postgres` must have been opened with `PLANNER`."""
        self._postgres = postgres

    async def scheduled(self) -> list[int]:
        """The campaigns whose time has come."""
        return [row["id"] for row in await self._postgres.fetch(_SQL.scheduled)]

    async def start(self, campaign_ids: Sequence[int]) -> None:
        """Begins those of these campaigns that are scheduled and whose time has come."""
        await self._postgres.execute(_SQL.start, list(campaign_ids))

    async def launching(self) -> list[int]:
        """The campaigns whose messages are to be written."""
        return [row["id"] for row in await self._postgres.fetch(_SQL.launching)]

    async def begin(self, campaign_id: int, traceparent: str = "", trace_ratio: float = 0.0) -> bool:
        """Fixes the plan, once; waits while another replica does. Whether it was this call."""
        async with self._postgres.transaction() as connection:
            is_first = bool(await connection.fetchval(_SQL.lock, campaign_id))
            if is_first:
                await connection.execute(_SQL.plan, campaign_id)
                await connection.execute(_SQL.anchor, campaign_id, traceparent, trace_ratio)
        return is_first

    async def extent(self, campaign_id: int) -> Extent | None:
        """None when there is nothing to write."""
        row = await self._postgres.fetch_row(_SQL.extent, campaign_id)
        return Extent(**row) if row and row["length_s"] is not None else None

    async def ensure_partitions(self, length_s: float) -> None:
        """Makes room for messages up to `length_s` seconds from now."""
        await self._postgres.fetch_value(_SQL.ensure_partitions, length_s)

    async def write(self, campaign_id: int, devices: int, leads: int, device_id: int | None = None) -> Piece:
        """The next leads of the next devices, or of this one, at most so many of each; safe to repeat."""
        row = await self._postgres.fetch_row(_SQL.write, campaign_id, devices, leads, device_id)
        assert row is not None  # noqa: S101 - an aggregate has a row
        return Piece(**row)

    async def unwritten(self, campaign_id: int) -> list[int]:
        """The devices whose leads are not all written."""
        return [row["device_id"] for row in await self._postgres.fetch(_SQL.unwritten, campaign_id)]

    async def has_messages(self, campaign_id: int) -> bool:
        """Whether any message of the campaign was written."""
        return bool(await self._postgres.fetch_value(_SQL.has_messages, campaign_id))

    async def next_leads(self, campaign_id: int, device_id: int, count: int) -> list[Position]:
        """Where the launch stands with a device: the next leads behind the cursor."""
        rows = await self._postgres.fetch(_SQL.next_leads, campaign_id, device_id, count)
        return [Position(**row) for row in rows]

    async def would_write(self, campaign_id: int, device_id: int, at: Position) -> bool:
        """Whether the lead after this one would get a message, were this one left out. Writes nothing."""
        async with self._postgres.connection() as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                await connection.execute(_SQL.pass_lead, campaign_id, device_id, at.cursor, at.lead_id)
                row = await connection.fetchrow(_SQL.write, campaign_id, 1, 1, device_id)
            finally:
                await transaction.rollback()
        return bool(row["messages"])

    async def pass_lead(self, campaign_id: int, device_id: int, at: Position) -> None:
        """Leaves this lead out of the launch; nothing, when the launch has gone on meanwhile."""
        await self._postgres.execute(_SQL.pass_lead, campaign_id, device_id, at.cursor, at.lead_id)

    async def reopen(self, campaign_id: int) -> int:
        """Marks devices that leads were moved to meanwhile to be read again; returns their number."""
        return int((await self._postgres.execute(_SQL.reopen, campaign_id)).rpartition(" ")[2])

    async def written(self, campaign_id: int) -> bool:
        """Ends the launch if every device is done; returns whether it is over."""
        return bool(await self._postgres.fetch_value(_SQL.written, campaign_id))

    async def fold(self, changes: int, campaign_ids: Sequence[int] | None = None) -> int:
        """Folds up to so many changes into the counts, of these campaigns or of all; returns their number."""
        return int(await self._postgres.fetch_value(_SQL.fold, changes, campaign_ids))

    async def fold_deliveries(self, changes: int) -> int:
        """Adds up to so many changes to the counts of steps and devices; how many there were."""
        return int(await self._postgres.fetch_value(_SQL.fold_deliveries, changes))

    async def changed(self) -> list[int]:
        """The campaigns with changes to fold."""
        return [row["campaign_id"] for row in await self._postgres.fetch(_SQL.changed)]

    async def finish(self, campaign_ids: Sequence[int] | None = None) -> list[int]:
        """Ends running campaigns without open messages, of these or of all; returns those."""
        return [row["id"] for row in await self._postgres.fetch(_SQL.finish, campaign_ids)]

    async def running(self) -> list[int]:
        """The running campaigns."""
        return [row["id"] for row in await self._postgres.fetch(_SQL.running)]
