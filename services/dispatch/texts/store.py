"""Steps and wordings as typed calls."""

from collections.abc import Collection
from dataclasses import dataclass

from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

SQL = Queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class StepRow:
    """What a step says; `greetings` is a list in JSON."""

    id: int
    text: str
    greetings: str | None
    variation: str | None


class TextStore:
    """Raises as `services.runtime.postgres.translated` says."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def templates(self, step_ids: Collection[int]) -> list[StepRow]:
        """What steps say."""
        return [StepRow(**row) for row in await self._postgres.fetch(SQL.templates, list(step_ids))]

    async def wordings(self, ids: Collection[int]) -> dict[int, str]:
        """The documents of wordings, in JSON."""
        rows = await self._postgres.fetch(SQL.wordings, list(ids))
        return {row["id"]: row["document"] for row in rows}
