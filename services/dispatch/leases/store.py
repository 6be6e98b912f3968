"""Hosts, their terms and the leases of shards as typed calls."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.dispatch.leases.grants import Report
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries, columns

SQL = Queries.beside(__file__)

_NO_CLIENTS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Cluster:
    """The values that never change in a cluster; `text_key` keys the random choices in texts."""

    shard_count: int
    text_key: bytes


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

    def ids(self) -> dict[str, object]:
        """The ids by which the log names it."""
        return {"host": self.host_id}


class LeaseStore:
    """Raises as `services.runtime.postgres.translated` says."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def cluster(self) -> Cluster:
        """Its constants."""
        row = await self._postgres.fetch_row(SQL.cluster)
        if row is None:
            raise RuntimeError("the database is not migrated: run `make migrate`")
        return Cluster(**row)

    async def attach(
        self,
        incarnation: str,
        host_id: str,
        session: str,
        stream: int,
        term_s: float,
        clients: Mapping[str, str] = _NO_CLIENTS,
    ) -> bool:
        """Begins a host's term on a new stream; False when the incarnation is another host's.

        `clients`: by transport, the version of the client that the host runs.
        """
        told = json.dumps(dict(clients))
        row = await self._postgres.fetch_row(SQL.attach, incarnation, host_id, session, stream, term_s, told)
        return row is not None

    async def renew(self, streams: Sequence[tuple[str, int]], term_s: float) -> set[int]:
        """Extends the terms of hosts, given as (incarnation, stream); the streams that are still current."""
        incarnations, numbers = [s[0] for s in streams], [s[1] for s in streams]
        rows = await self._postgres.fetch(SQL.renew, incarnations, numbers, term_s)
        return {row["stream"] for row in rows}

    async def own(self, claims: Sequence[tuple[int, int]], incarnation: str) -> set[tuple[int, int]]:
        """Of these claims, as (shard, epoch), those whose leases the incarnation has."""
        rows = await self._postgres.fetch(SQL.own, *_in_order(claims), incarnation)
        return {(row["shard"], row["epoch"]) for row in rows}

    async def kept(self, held: Sequence[tuple[int, str]]) -> set[int]:
        """Of these, as (shard, incarnation), the shards whose leases the incarnations have."""
        rows = await self._postgres.fetch(SQL.kept, [each[0] for each in held], [each[1] for each in held])
        return {row["shard"] for row in rows}

    async def claim(
        self,
        claims: Sequence[tuple[int, int]],
        incarnation: str,
        stream: int,
        confirmed: Collection[tuple[int, int]],
    ) -> list[Claimed]:
        """Asks for leases, as (shard, epoch); `confirmed` are those whose locks Consul says it holds."""
        ordered = sorted(claims)
        shards, epochs = _in_order(ordered)
        is_confirmed = [claim in confirmed for claim in ordered]
        rows = await self._postgres.fetch(SQL.claim, shards, epochs, incarnation, stream, is_confirmed)
        return [Claimed(**row) for row in rows]

    async def granted(self, reports: Sequence[Report]) -> set[Report]:
        """Those whose incarnation was granted the device's shard, under that epoch."""
        rows = await self._postgres.fetch(SQL.granted, *columns(reports, "device_id", "epoch", "incarnation"))
        return {reports[row["number"] - 1] for row in rows}

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


def _in_order(claims: Sequence[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """Shards and epochs: rows in one order everywhere, so that two statements cannot wait for each other."""
    ordered = sorted(claims)
    return [shard for shard, _ in ordered], [epoch for _, epoch in ordered]
