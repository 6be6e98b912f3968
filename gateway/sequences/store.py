"""The sequences of an account and the revisions of their steps."""

from collections.abc import Sequence
from typing import Any

from gateway.idempotency.store import Connection
from gateway.sequences.chain import Link
from gateway.sequences.model import Counts, Draft, Step, Stored
from gateway.unreadable import of_row
from gateway.wording.wording import greetings_json, greetings_of
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)


class SequenceStore:
    """Reads by itself; changes run on the connection of a mutation."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def get(self, account_id: int, slug: str) -> Stored | None:
        """One sequence, or None."""
        row = await self._postgres.fetch_row(_SQL.get, account_id, slug)
        return row and stored(row)

    async def page(self, account_id: int, after_id: int, limit: int) -> Sequence[Any]:
        """The oldest sequences after this one, as rows for `stored`."""
        return await self._postgres.fetch(_SQL.list, account_id, after_id, limit)

    async def lock(self, connection: Connection, account_id: int) -> None:
        """Waits until no other mutation changes sequences of this account; held until the commit."""
        await connection.execute(_SQL.lock_account, account_id)

    async def stop_words(self, connection: Connection, account_id: int) -> list[str]:
        """The words that the account has added to those that stop."""
        return list(await connection.fetchval(_SQL.stop_words, account_id))

    async def read(self, connection: Connection, account_id: int, slug: str) -> Stored | None:
        """One sequence as this transaction sees it, or None."""
        row = await connection.fetchrow(_SQL.get, account_id, slug)
        return row and stored(row)

    async def links(self, connection: Connection, account_id: int) -> dict[int, Link]:
        """The graph of all sequences of the account, by id."""
        return {row["id"]: Link(**row) for row in await connection.fetch(_SQL.links, account_id)}

    async def all_links(self, account_id: int) -> dict[int, Link]:
        """The graph as it is now, outside of a transaction."""
        return {row["id"]: Link(**row) for row in await self._postgres.fetch(_SQL.links, account_id)}

    async def create(
        self, connection: Connection, account_id: int, slug: str, draft: Draft, next_id: int | None
    ) -> bool:
        """Creates a sequence; False when the account has one of that name."""
        revision = 1 if draft.steps else 0
        made = await connection.fetchval(
            _SQL.create,
            account_id,
            slug,
            draft.display_name,
            draft.trigger,
            next_id,
            revision,
            draft.on_unknown,
            draft.on_reply,
            draft.on_reenter,
        )
        if made is not None:
            await _add_steps(connection, made, revision, draft)
        return made is not None

    async def change(
        self, connection: Connection, account_id: int, before: Stored, draft: Draft, next_id: int | None
    ) -> None:
        """Writes the draft; changed steps, greetings or variation make a new revision."""
        revision = before.revision + (draft.revision_content != before.draft.revision_content)
        await connection.execute(
            _SQL.change,
            before.id,
            draft.display_name,
            draft.trigger,
            next_id,
            revision,
            draft.on_unknown,
            draft.on_reply,
            draft.on_reenter,
            account_id,
        )
        if revision != before.revision:
            await _add_steps(connection, before.id, revision, draft)

    async def set_active(
        self, connection: Connection, account_id: int, sequence_id: int, *, active: bool
    ) -> None:
        """Activates or deactivates a sequence; changes nothing when it is so already."""
        await connection.execute(_SQL.set_active, sequence_id, active, account_id)


async def _add_steps(connection: Connection, sequence_id: int, revision: int, draft: Draft) -> None:
    await connection.execute(
        _SQL.add_steps,
        sequence_id,
        revision,
        [step.offset for step in draft.steps],
        [step.text for step in draft.steps],
        greetings_json(draft.greetings),
        draft.variation,
    )


@of_row(lambda row: f"sequences/{row['slug']}")
def stored(row: Any) -> Stored:
    """A sequence by its row."""
    steps = tuple(Step(text, offset) for text, offset in zip(row["texts"], row["offsets"], strict=True))
    return Stored(
        id=row["id"],
        slug=row["slug"],
        draft=Draft(
            row["display_name"],
            row["trigger"],
            row["next_slug"],
            steps,
            row["on_unknown"],
            greetings_of(row["greetings"]),
            row["variation"],
            row["on_reply"],
            row["on_reenter"],
        ),
        is_active=row["is_active"],
        revision=row["revision"],
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        counts=tuple(Counts(*counts) for counts in row["counts"]),
    )
