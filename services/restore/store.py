"""What stands between a process and a database that was restored.

Authority: the row of `cluster`. It names the history in which it was written, and the restore that holds all
sending; the statement that hands compares both each time. So a process that has not noticed hands nothing.

Noticed: on each new connection, because a restored or promoted server always means new ones. A database of
another history (timeline, system identifier) was restored, and so was one that does not know of a moment that
this process has seen committed.

On failure. A process dies between two pieces of the work: the next one goes on, since each piece is one
transaction that says how far it came.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, assert_never
from uuid import UUID

import asyncpg

from services.journal.record import Record
from services.runtime.errors import Unavailable
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

SQL = Queries.beside(__file__)
# Devices that one transaction goes through.
_PIECE = 50

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Notice:
    """How a database stands; `is_news`: this very call found that it was restored."""

    alive_at: datetime
    is_held: bool
    is_settled: bool
    is_news: bool


@dataclass(frozen=True)
class Held:
    """The restore that holds all sending. What was committed after `known_until` is lost.

    `journals`: what those gave back that reach back and are whole; `incomplete`: those that have lost words.
    """

    id: int
    known_until: datetime
    noticed_at: datetime
    settled_at: datetime | None
    journals: Mapping[str, int]
    incomplete: frozenset[str] = frozenset()


class Fence:
    """Asks each new connection of a process whether the database was restored."""

    def __init__(self, *, until_settled: bool) -> None:
        """With `until_settled` connections are refused until what was forgotten is settled."""
        self._until_settled = until_settled
        self._seen: datetime | None = None

    async def check(self, connection: asyncpg.Connection) -> None:
        """For `Postgres(on_connect=…)`. Raises `Unavailable` while a restore is not settled."""
        if not (await self.notice(connection)).is_settled and self._until_settled:
            raise Unavailable("the database was restored: what may have been sent since is being settled")

    async def notice(self, connection: asyncpg.Connection, *, beats: bool = False) -> Notice:
        """Looks, and remembers the latest moment that the database is known to have committed."""
        row: Any = await connection.fetchrow(SQL.notice, self._seen, beats)
        notice = Notice(**row)
        self._seen = notice.alive_at
        if notice.is_news:
            log.critical("the database was restored: all sending is held until `kompang admin release`")
        return notice


class RestoreStore:
    """Raises as `services.runtime.postgres.translated` says."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def held(self) -> Held | None:
        """The restore that holds all sending, if one does."""
        row = await self._postgres.fetch_row(SQL.held)
        return row and Held(**dict(row) | _journals(row["journals"]))

    async def beat(self, fence: Fence) -> Notice:
        """Tells the database that it is alive, unless it was restored."""
        async with self._postgres.connection() as connection:
            return await fence.notice(connection, beats=True)

    async def declare(self) -> Held:
        """Holds all sending, because an operator says that the database was restored."""
        await self._postgres.fetch_row(SQL.declare)
        held = await self.held()
        assert held is not None  # noqa: S101 - nobody releases it meanwhile
        return held

    async def doubts(self) -> int:
        """How many messages are unknown by the restore that holds sending."""
        return int(await self._postgres.fetch_value(SQL.doubts))

    async def settle(self, lock_epoch: int) -> None:
        """Makes unknown what may have been sent, piece by piece; safe to repeat."""
        while not await self._postgres.fetch_value(SQL.settle, lock_epoch, _PIECE):
            pass

    async def replay(self, record: Record) -> int:
        """Records a word again that the database has forgotten; of how many people. Safe to repeat."""
        statement, arguments = _replaying(record)
        return int(await self._postgres.fetch_value(statement, *arguments))

    async def replayed(self, restore: int, name: str, new: int) -> None:
        """Notes that a journal that reaches back far enough was read."""
        await self._postgres.execute(SQL.replayed, restore, name, new)

    async def incomplete(self, restore: int, name: str) -> None:
        """Notes that a journal has lost words since the restore point."""
        await self._postgres.execute(SQL.incomplete, restore, name)

    async def withhold(self, account_id: int, lead_id: int) -> bool:
        """Sends a lead nothing until somebody resumes it, or erases it again; False: there is none."""
        return _count(await self._postgres.execute(SQL.withhold_lead, account_id, lead_id)) > 0

    async def release(self, repeats: int, withhold: timedelta | None) -> tuple[int, int, int]:
        """Lets sending go on: messages that are sent again, that stay unknown, and leads that are withheld.

        `withhold`: leads that were written to so long before the gap, or in it, wait for somebody to resume
        them.
        """
        withheld = 0
        async with self._postgres.transaction() as connection:
            if withhold is not None:
                withheld = _count(await connection.execute(SQL.withhold, withhold))
            row: Any = await connection.fetchrow(SQL.settle_doubts, repeats)
            await connection.execute(SQL.release)
        return row["again"], row["left_unknown"], withheld

    async def trust(self) -> None:
        """Lets sending go on as it was: the operator knows that nothing was lost."""
        async with self._postgres.transaction() as connection:
            await connection.execute(SQL.trust)
            await connection.execute(SQL.release)


def _replaying(word: Record) -> tuple[str, tuple[Any, ...]]:
    """The statement that records the word, and its arguments. Raises `ValueError` for an id that is none."""
    account_id, at = word.account_id, word.at
    who = account_id, word.phone_hash, word.lead_id
    match word.kind:
        case "import":
            return SQL.suppress_list, (account_id, list(word.people), UUID(word.request_id), at)
        case "refuse":
            return SQL.doubt_list, (account_id, list(word.people), at)
        case "undo":
            return SQL.undo_list, (account_id, UUID(word.request_id))
        case "confirm":
            return SQL.confirm, (*who, at)
        case "suppress":
            return SQL.suppress, (*who, word.reason, at)
        case "stop" | "perhaps" | "start":
            return SQL.replay, (word.kind, *who, word.device_id, word.inbound_id, at)
        case "opened" | "gap" | "erase":
            raise ValueError("a record that is no word")
    assert_never(word.kind)


def _journals(text: str) -> dict[str, Any]:
    found: dict[str, int | None] = json.loads(text)
    counts = {name: count for name, count in found.items() if count is not None}
    return {"journals": counts, "incomplete": frozenset(found.keys() - counts.keys())}


def _count(tag: str) -> int:
    """Of a command tag such as `UPDATE 3`."""
    return int(tag.rpartition(" ")[2])
