"""The campaigns of an account; the only caller of `queries.sql` beside it."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gateway.campaigns.model import Draft, LocalMoment, Progress, Stored
from gateway.campaigns.state import State
from gateway.idempotency.store import Connection
from gateway.unreadable import of_row, readable
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)


class CampaignStore:
    """Reads by itself; changes run on the connection of a mutation. Raises what `Postgres` raises."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def get(self, account_id: int, campaign_id: int) -> Stored | None:
        """One campaign, or None."""
        row = await self._postgres.fetch_row(_SQL.get, account_id, campaign_id)
        return row and stored(row)

    async def page(self, account_id: int, after_id: int, limit: int) -> Sequence[Any]:
        """The oldest campaigns after this one, as rows for `stored`."""
        return await self._postgres.fetch(_SQL.list, account_id, after_id, limit)

    async def progress(self, account_id: int, campaign_id: int) -> Progress | None:
        """How far a campaign is; None when there is no such campaign."""
        row = await self._postgres.fetch_row(_SQL.progress, account_id, campaign_id)
        if row is None:
            return None
        return _progress(row, campaign_id)

    async def local_moment(self, at: datetime, timezone: str) -> LocalMoment | None:
        """The moment of a local time; None when there is no such zone."""
        row = await self._postgres.fetch_row(_SQL.local_time, at, timezone)
        return row and LocalMoment(**row)

    async def lock(self, connection: Connection, account_id: int, campaign_id: int) -> Stored | None:
        """One campaign, which nobody else changes until the commit; or None."""
        await connection.execute(_SQL.lock, account_id, campaign_id)
        return await self.read(connection, account_id, campaign_id)

    async def stop_words(self, connection: Connection, account_id: int) -> list[str]:
        """The words that the account has added to those that stop."""
        return list(await connection.fetchval(_SQL.stop_words, account_id))

    async def read(self, connection: Connection, account_id: int, campaign_id: int) -> Stored | None:
        """One campaign as this transaction sees it, or None."""
        row = await connection.fetchrow(_SQL.get, account_id, campaign_id)
        return row and stored(row)

    async def stranger(self, connection: Connection, account_id: int, draft: Draft) -> int | None:
        """The first lead that the draft names and that is not the account's; None when all are."""
        found: int | None = await connection.fetchval(_SQL.strangers, account_id, draft.lead_ids or ())
        return found

    async def create(self, connection: Connection, account_id: int, draft: Draft) -> int:
        """Creates a draft; returns its id."""
        campaign_id = int(await connection.fetchval(_SQL.create, account_id, *_columns(draft)))
        if draft.lead_ids is not None:
            await connection.execute(_SQL.name_leads, campaign_id, draft.lead_ids)
        return campaign_id

    async def change(self, connection: Connection, account_id: int, before: Stored, draft: Draft) -> None:
        """Writes the draft. A list without leads is the list as it was."""
        kept = draft.lead_ids == ()
        if not kept:
            await connection.execute(_SQL.forget_leads, before.id, account_id)
            await connection.execute(_SQL.name_leads, before.id, draft.lead_ids or ())
        listed_count = before.listed_count if kept else None
        await connection.execute(_SQL.change, before.id, *_columns(draft, listed_count), account_id)

    async def delete(self, connection: Connection, account_id: int, campaign_id: int) -> None:
        """Deletes a draft with its list of leads."""
        await connection.execute(_SQL.delete, campaign_id, account_id)

    async def clone(
        self, connection: Connection, account_id: int, campaign_id: int, display_name: str
    ) -> int:
        """Creates a draft with the same settings; returns its id."""
        made = int(await connection.fetchval(_SQL.clone, campaign_id, display_name, account_id))
        await connection.execute(_SQL.clone_leads, campaign_id, made, account_id)
        return made

    async def launch(
        self,
        connection: Connection,
        account_id: int,
        campaign_id: int,
        state: State,
        starts_at: datetime | None,
        timezone: str,
    ) -> None:
        """Brings a draft into `state`; `starts_at` None is now."""
        await connection.execute(_SQL.launch, campaign_id, state, starts_at, timezone, account_id)

    async def pause(self, connection: Connection, account_id: int, campaign_id: int) -> None:
        """Pauses a campaign that runs."""
        await connection.execute(_SQL.pause, campaign_id, account_id)

    async def resume(self, connection: Connection, account_id: int, campaign_id: int) -> None:
        """Resumes a campaign that is paused."""
        await connection.execute(_SQL.resume, campaign_id, account_id)

    async def cancel(self, connection: Connection, account_id: int, campaign_id: int) -> None:
        """Cancels a campaign that has not ended; enrollment sweeps its messages."""
        await connection.execute(_SQL.cancel, campaign_id, account_id)
        await connection.execute(_SQL.sweep, campaign_id, "cancel", account_id)

    async def retry(self, connection: Connection, account_id: int, campaign_id: int, state: State) -> None:
        """Brings a campaign into `state`, and lets enrollment sweep the messages that may be retried."""
        await connection.execute(_SQL.retry, campaign_id, state, account_id)
        await connection.execute(_SQL.sweep, campaign_id, "retry", account_id)


def _progress(row: Any, campaign_id: int) -> Progress:
    with readable(f"campaigns/{campaign_id}"):
        return Progress(**dict(row) | {"state": State(row["state"]), "counts": json.loads(row["counts"])})


def _columns(draft: Draft, listed_count: int | None = None) -> list[Any]:
    question = draft.compiled
    if draft.lead_ids and listed_count is None:
        listed_count = len(draft.lead_ids)
    return [
        draft.display_name,
        draft.text,
        draft.filter,
        question and question.path,
        json.dumps(question.values) if question else "{}",
        listed_count,
        draft.min_delay,
        draft.max_delay,
        draft.variation,
        draft.on_unknown,
        draft.on_late,
        draft.late_tolerance,
    ]


@of_row(lambda row: f"campaigns/{row['id']}")
def stored(row: Any) -> Stored:
    """A campaign by its row."""
    return Stored(**dict(row) | {"state": State(row["state"])})
