"""The messages of an account: read, and resolved when nobody knows whether they went."""

import json
from collections.abc import Sequence
from typing import Any

from gateway import wire
from gateway.idempotency.store import Connection
from gateway.messages.model import (
    CampaignPage,
    Enrollment,
    Filter,
    Resolution,
    Stored,
    Verdict,
    Written,
)
from gateway.unreadable import of_row
from gateway.wording.step_text import StepText
from gateway.wording.wording import Wording, greetings_of
from services.content.wording import Lead
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)


class MessageStore:
    """Reads by itself; a resolution runs on the connection of a mutation. Raises what `Postgres` raises."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def get(self, account_id: int, message_id: int) -> Stored | None:
        """One message, or None."""
        row = await self._postgres.fetch_row(_SQL.get, account_id, message_id)
        return row and Stored(**row)

    async def written(self, account_id: int, message_id: int) -> Written | None:
        """The parts of one message's text; None when there is no such message."""
        row = await self._postgres.fetch_row(_SQL.written, account_id, [message_id], None, None)
        return row and _written(row)

    async def written_of(self, account_id: int, messages: Sequence[Stored]) -> dict[int, Written]:
        """The parts of the messages' texts, by id; `messages` in the order they are due."""
        if not messages:
            return {}
        rows = await self._postgres.fetch(
            _SQL.written,
            account_id,
            [one.id for one in messages],
            messages[0].scheduled_at,
            messages[-1].scheduled_at,
        )
        return {row["id"]: _written(row) for row in rows}

    async def read(self, connection: Connection, account_id: int, message_id: int) -> Stored | None:
        """One message as this transaction sees it, or None."""
        row = await connection.fetchrow(_SQL.get, account_id, message_id)
        return row and Stored(**row)

    async def resolve(
        self, connection: Connection, account_id: int, message_id: int, resolution: Resolution
    ) -> Verdict | None:
        """Settles a message that is unknown; None when there is no such message."""
        await connection.execute(_SQL.lock_pace, account_id, message_id)
        found = await connection.fetchval(
            _SQL.resolve, account_id, message_id, resolution.state, resolution.reason
        )
        return Verdict(found) if found else None

    async def of_lead(
        self, account_id: int, lead_id: int, after: tuple[int, int], wanted: Filter, limit: int
    ) -> list[Stored]:
        """Messages to one lead after (microseconds, id), in the order they are due."""
        rows = await self._postgres.fetch(
            _SQL.list_of_lead,
            account_id,
            lead_id,
            wire.from_microseconds(after[0]),
            after[1],
            wanted.sequence_id,
            wanted.states,
            limit,
            wanted.campaign_id,
        )
        return [Stored(**row) for row in rows]

    async def of_campaign(
        self, account_id: int, after_lead: int, wanted: Filter, budget: int, limit: int
    ) -> CampaignPage:
        """Messages of the wanted campaign to leads after this one; at most `budget` are looked at."""
        rows = await self._postgres.fetch(
            _SQL.list_of_campaign, account_id, wanted.campaign_id, after_lead, wanted.states, budget, limit
        )
        last_id, looked = rows[0]["last_id"], rows[0]["looked"]
        shown = [
            Stored(**{name: row[name] for name in Stored.__dataclass_fields__})
            for row in rows
            if row["id"] is not None
        ]
        return CampaignPage(shown, last_id if looked == budget else None)

    async def has_campaign(self, account_id: int, campaign_id: int) -> bool:
        """Whether the campaign is there and the account's."""
        return bool(await self._postgres.fetch_value(_SQL.campaign_exists, account_id, campaign_id))

    async def enrollments(self, account_id: int, from_id: int, limit: int) -> list[Enrollment]:
        """The account's enrollments from this one on, oldest first."""
        rows = await self._postgres.fetch(_SQL.enrollments, account_id, from_id, limit)
        return [Enrollment(**row) for row in rows]

    async def of_enrollments(
        self,
        account_id: int,
        enrollments: Sequence[Enrollment],
        after: tuple[int, int, int],
        wanted: Filter,
        limit: int,
    ) -> list[Stored]:
        """Their messages after (enrollment, microseconds, id), enrollment by enrollment as they are due."""
        rows = await self._postgres.fetch(
            _SQL.list_of_enrollments,
            [one.id for one in enrollments],
            [one.lead_id for one in enrollments],
            [one.created_at for one in enrollments],
            after[0],
            wire.from_microseconds(after[1]),
            after[2],
            wanted.sequence_id,
            wanted.states,
            limit,
            account_id,
        )
        return [Stored(**row) for row in rows]

    async def has_lead(self, account_id: int, lead_id: int) -> bool:
        """Whether the lead is there and the account's."""
        return bool(await self._postgres.fetch_value(_SQL.lead_exists, account_id, lead_id))

    async def sequence_id(self, account_id: int, slug: str) -> int | None:
        """The id of a sequence of the account, or None."""
        found: int | None = await self._postgres.fetch_value(_SQL.sequence_id, account_id, slug)
        return found


@of_row(lambda row: f"messages/{row['id']}")
def _written(row: Any) -> Written:
    return Written(
        id=row["id"],
        state=row["state"],
        reason=row["reason"],
        is_handed=row["is_handed"],
        text_hash=row["text_hash"],
        step=StepText(row["text"], greetings_of(row["greetings"]), row["variation"]),
        wording=Wording.of(row["document"]),
        lead=Lead(row["display_name"], json.loads(row["attributes"]), row["language"], row["hour"]),
        key=row["key"],
    )
