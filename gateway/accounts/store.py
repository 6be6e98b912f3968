"""Reads and writes one account, with its wording; the only caller of `queries.sql` beside it."""

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from gateway.accounts.model import Draft, Guards, OwnDay, QuietDay, Stored
from gateway.idempotency.store import Connection
from gateway.wording.wording import Wording
from services.content.parser import escape
from services.content.template import Template
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)


class AccountStore:
    """Reads by itself; changes run on the connection of a mutation. Raises what `Postgres` raises."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def get(self, account_id: int) -> Stored:
        """The account of a caller: it is always there."""
        async with self._postgres.connection() as connection:
            return await self.read(connection, account_id)

    async def locked(self, connection: Connection, account_id: int) -> Stored:
        """The account, locked until the commit."""
        await connection.execute(_SQL.lock, account_id)
        return await self.read(connection, account_id)

    async def read(self, connection: Connection, account_id: int) -> Stored:
        """The account as this transaction sees it."""
        row = await connection.fetchrow(_SQL.get, account_id)
        days = await connection.fetch(_SQL.days, account_id)
        return _stored(row, days, await connection.fetch(_SQL.quiet_days, account_id))

    async def change(self, connection: Connection, before: Stored, draft: Draft) -> None:
        """Writes the draft; a wording that differs is a new one, and so is a confirmation."""
        wording_id = None
        if draft.wording != before.draft.wording:
            wording_id = await connection.fetchval(_SQL.add_wording, before.id, draft.wording.document)
        confirmation_id = None
        if draft.stop_confirmation and draft.stop_confirmation != before.draft.stop_confirmation:
            text = escape(draft.stop_confirmation)
            confirmation_id = await connection.fetchval(_SQL.add_stop_confirmation, before.id, text)
        await connection.execute(
            _SQL.change,
            before.id,
            draft.display_name,
            draft.timezone,
            draft.language,
            wording_id,
            *astuple(draft.guards),
            draft.stop_words,
            draft.start_words,
            bool(draft.stop_confirmation),
            confirmation_id,
            draft.country,
            draft.quiet_weekdays,
            draft.holiday_regions,
        )
        if draft.days != before.draft.days:
            await connection.execute(_SQL.forget_days, before.id)
            columns = zip(*map(astuple, draft.days), strict=True) if draft.days else ((), (), ())
            await connection.execute(_SQL.add_days, before.id, *columns)
        await connection.execute(_SQL.settle_quiet_days, before.id)


def _stored(row: Any, days: Sequence[Any], quiet_days: Sequence[Any]) -> Stored:
    guards = Guards(row["quiet_from"], row["quiet_until"], row["person_daily_cap"], row["person_weekly_cap"])
    draft = Draft(
        row["display_name"],
        row["timezone"],
        row["language"],
        row["country"],
        Wording.of(row["document"]),
        guards,
        tuple(row["stop_words"]),
        tuple(row["start_words"]),
        Template.parse(row["stop_confirmation"]).render("", {}),
        row["quiet_weekdays"],
        tuple(row["holiday_regions"]),
        tuple(OwnDay(**day) for day in days),
    )
    quiet = tuple(QuietDay(**day) for day in quiet_days)
    return Stored(row["id"], row["slug"], draft, row["version"], row["created_at"], quiet)
