"""The statements of dispatch as typed calls: rows come out as dataclasses, times as seconds."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.dispatch.policy import DeviceChange
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

SQL = Queries.beside(__file__)

# Every statement goes by keys: an index scan is right whatever the statistics say of a young table.
PLANNER = {
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "plan_cache_mode": "force_generic_plan",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """What is fixed for the life of the cluster; `text_key` is that of the draws of texts."""

    shard_count: int
    text_key: bytes


@dataclass(frozen=True, slots=True)
class StepRow:
    """What a step says; `greetings` is a list in JSON."""

    id: int
    text: str
    greetings: str | None
    variation: str | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message that a ready device might be handed."""

    device_id: int
    message_id: int
    scheduled_at: datetime
    stream: int
    draw: float
    repeatable: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `hand` decided about a candidate, and did. The lead's fields are set for verdict `hand`.

    `local_minute` is that of the lead's day at which the text was settled.
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
    display_name: str | None
    attributes: str | None
    language: str | None
    local_minute: int | None
    wording_id: int | None
    traceparent: str | None
    attempts: int | None
    wire_id: str | None
    wait_s: float


@dataclass(frozen=True, slots=True)
class Due:
    """A message found by the scan; `due_s` is negative when it is overdue.

    Left over: it is in flight, on a device whose host has said that nothing is.
    """

    device_id: int
    message_id: int
    scheduled_at: datetime
    due_s: float
    is_left_over: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """A confirmation of a stop word that is still to go."""

    device_id: int
    message_id: int
    scheduled_at: datetime


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A device of a leased shard; `idle_s` is the time since its last send."""

    id: int
    shard: int
    transport: str
    phone: str
    state: str
    reason: str
    updated_at: datetime
    min_delay_s: float
    max_delay_s: float
    idle_s: float | None
    in_flight_id: int | None
    in_flight_at: datetime | None


@dataclass(frozen=True, slots=True)
class Result:
    """One outcome, as it is to be recorded."""

    message_id: int
    scheduled_at: datetime
    device_id: int
    epoch: int
    state: str
    reason: str
    retry_s: float
    text_hash: bytes | None
    age_s: float
    was_sent: bool
    stays: bool
    stops: bool


@dataclass(frozen=True, slots=True)
class DeviceMark:
    """A hold or a park to record, under the epoch of whoever saw its cause.

    A hold whose last one for the same reason was less than `again_s` ago parks.
    """

    device_id: int
    epoch: int
    state: str
    reason: str
    hold_s: float
    again_s: float

    @classmethod
    def of(cls, device_id: int, epoch: int, change: DeviceChange) -> "DeviceMark":
        """From what the policy says."""
        return cls(device_id, epoch, change.state, change.reason, change.hold_s, change.again_s)


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody (digits only) wrote to a device: the text folded, and what it means to every account."""

    device_id: int
    inbound_id: str
    sender: str
    said: str
    meant: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """The answer to a claim; `held_s` is what is left of the holder's term."""

    shard: int
    epoch: int
    is_granted: bool
    is_stale: bool
    held_s: float | None


@dataclass(frozen=True, slots=True)
class DeadHost:
    """An incarnation whose term has been over for `dead_s`; buried: only its session is left to end."""

    incarnation: Any
    host_id: str
    consul_session: str
    is_buried: bool
    dead_s: float


def _columns(rows: Sequence[Any], *names: str) -> list[list[Any]]:
    return [[getattr(row, name) for row in rows] for name in names]


def _in_order(claims: Sequence[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """Shards and epochs: rows in one order everywhere, so that two statements cannot wait for each other."""
    ordered = sorted(claims)
    return [shard for shard, _ in ordered], [epoch for _, epoch in ordered]


class Store:
    """Raises as `services.runtime.postgres.translated` says."""

    def __init__(self, postgres: Postgres, repeats: int) -> None:
        """After so many attempts `on_unknown: resend` sends no more."""
        self._postgres = postgres
        self._repeats = repeats

    async def cluster(self) -> Cluster:
        """Its constants."""
        row = await self._postgres.fetch_row(SQL.cluster)
        if row is None:
            raise RuntimeError("the database is not migrated: run `make migrate`")
        return Cluster(**row)

    async def hand(self, candidates: Sequence[Candidate], lead_s: float) -> list[Verdict]:
        """One verdict a candidate, carried out. At most one candidate a device."""
        columns = _columns(
            candidates, "device_id", "message_id", "scheduled_at", "stream", "draw", "repeatable"
        )
        return [
            Verdict(**row) for row in await self._postgres.fetch(SQL.hand, *columns, lead_s, self._repeats)
        ]

    async def scan(self, devices: Mapping[int, bool], room: int, horizon_s: float) -> list[Due]:
        """The first `room` messages of each device that are due within the horizon, in order.

        `devices` says of each whether its host has said that nothing is in flight there.
        """
        rows = await self._postgres.fetch(
            SQL.scan, list(devices), [room] * len(devices), list(devices.values()), horizon_s
        )
        return [Due(**row) for row in rows]

    async def confirmations(self, shards: Sequence[int]) -> list[Answer]:
        """The answers to stop words that may go now through devices of these shards, one a device."""
        return [Answer(**row) for row in await self._postgres.fetch(SQL.confirmations, list(shards))]

    async def expire_confirmations(self) -> None:
        """Ends those that are too late to be an answer, up to a thousand of them."""
        async with self._postgres.transaction() as connection:
            late = await connection.fetch(SQL.late_confirmations)
            if late:
                await connection.execute(SQL.lock_paces, [row["device_id"] for row in late])
                await connection.execute(
                    SQL.expire_confirmations,
                    [row["id"] for row in late],
                    [row["scheduled_at"] for row in late],
                )

    async def advance_cursors(self, devices: Sequence[int]) -> None:
        """Moves the places where the scans of these devices start."""
        await self._postgres.execute(SQL.advance_cursors, list(devices))

    async def templates(self, step_ids: Collection[int]) -> list[StepRow]:
        """What steps say."""
        return [StepRow(**row) for row in await self._postgres.fetch(SQL.templates, list(step_ids))]

    async def wordings(self, ids: Collection[int]) -> dict[int, str]:
        """The documents of wordings, in JSON."""
        rows = await self._postgres.fetch(SQL.wordings, list(ids))
        return {row["id"]: row["document"] for row in rows}

    async def record_outcomes(self, results: Sequence[Result]) -> dict[int, str]:
        """Writes outcomes, at most one a device; the new states, by message, of those that changed."""
        columns = _columns(results, *Result.__dataclass_fields__)
        rows = await self._postgres.fetch(SQL.record_outcomes, *columns, self._repeats)
        stopped = [result for result in results if result.stops]
        if stopped:
            await self._postgres.execute(SQL.cancel_rest, *_columns(stopped, "message_id", "scheduled_at"))
        return {row["id"]: row["state"] for row in rows}

    async def record_inbound(self, texts: Sequence[Said]) -> dict[str, int]:
        """Writes what people wrote, at most one text a person, and does what follows.

        How many were new, by what they turned out to mean.
        """
        device_ids, senders = _columns(texts, "device_id", "sender")
        async with self._postgres.transaction() as connection:
            leads = await connection.fetch(SQL.lock_senders, device_ids, senders)
            devices = {row[column] for row in leads for column in ("device_id", "heard_by")}
            await connection.execute(SQL.lock_paces, list(devices))
            rows = await connection.fetch(SQL.record_inbound, *_columns(texts, *Said.__dataclass_fields__))
        return {row["kind"]: row["number"] for row in rows}

    async def change_devices(self, marks: Sequence[DeviceMark]) -> set[int]:
        """Records holds and parks; the devices that changed."""
        columns = _columns(marks, *DeviceMark.__dataclass_fields__)
        return {row["id"] for row in await self._postgres.fetch(SQL.change_devices, *columns)}

    async def devices(self, shards: Sequence[int]) -> list[DeviceRow]:
        """All devices of these shards."""
        return [DeviceRow(**row) for row in await self._postgres.fetch(SQL.devices, list(shards))]

    async def changed_devices(self, shards: Sequence[int], within_s: float) -> list[DeviceRow]:
        """Those that are new or changed within so many seconds."""
        rows = await self._postgres.fetch(SQL.changed_devices, list(shards), within_s)
        return [DeviceRow(**row) for row in rows]

    async def attach(self, incarnation: str, host_id: str, session: str, stream: int, term_s: float) -> None:
        """Begins a host's term on a new stream."""
        await self._postgres.execute(SQL.attach, incarnation, host_id, session, stream, term_s)

    async def renew(self, streams: Sequence[tuple[str, int]], term_s: float) -> set[int]:
        """Extends the terms of hosts, given as (incarnation, stream); the streams that are still current."""
        incarnations, numbers = [s[0] for s in streams], [s[1] for s in streams]
        rows = await self._postgres.fetch(SQL.renew, incarnations, numbers, term_s)
        return {row["stream"] for row in rows}

    async def claim(self, claims: Sequence[tuple[int, int]], incarnation: str, stream: int) -> list[Claimed]:
        """Asks for leases, as (shard, epoch)."""
        shards, epochs = _in_order(claims)
        rows = await self._postgres.fetch(SQL.claim, shards, epochs, incarnation, stream)
        return [Claimed(**row) for row in rows]

    async def release(self, claims: Sequence[tuple[int, int]], incarnation: str) -> None:
        """Gives leases back."""
        shards, epochs = _in_order(claims)
        await self._postgres.execute(SQL.release, shards, epochs, incarnation)

    async def dead_hosts(self, grace_s: float) -> list[DeadHost]:
        """Incarnations whose term ran out more than `grace_s` ago."""
        return [DeadHost(**row) for row in await self._postgres.fetch(SQL.dead_hosts, grace_s)]

    async def bury(self, incarnations: Sequence[Any]) -> tuple[int, int]:
        """Frees dead incarnations' leases; (shards freed, messages that became unknown)."""
        row = await self._postgres.fetch_row(SQL.bury, list(incarnations))
        return (row["shards"], row["messages"]) if row is not None else (0, 0)

    async def forget(self, incarnations: Sequence[Any]) -> None:
        """Drops buried incarnations, whose sessions have ended."""
        await self._postgres.execute(SQL.forget, list(incarnations))
