"""What a preview reads of an account: the lead who reads, the wording, the leads who will get the text."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.wording.wording import Wording
from services.content.wording import Lead
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)
# Of 5,000 names there are 12 million pairs.
_NAMES = 5000


@dataclass(frozen=True)
class Reader:
    """The person who reads the text; an empty language or zone is the account's."""

    name: str
    attributes: Mapping[str, str]
    language: str
    timezone: str


class PreviewStore:
    """Reads only. Raises what `Postgres` raises."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def reader(self, account_id: int, lead_id: int) -> Reader | None:
        """A lead of the account, or None."""
        row = await self._postgres.fetch_row(_SQL.lead, account_id, lead_id)
        if row is None:
            return None
        return Reader(row["display_name"], json.loads(row["attributes"]), row["language"], row["timezone"])

    async def seen(self, account_id: int, reader: Reader, at: datetime) -> tuple[Wording, Lead]:
        """How the account speaks, and the reader at that moment."""
        row: Any = await self._postgres.fetch_row(
            _SQL.account, account_id, reader.language, reader.timezone, at
        )
        lead = Lead(reader.name, reader.attributes, row["language"], row["hour"])
        return Wording.of(row["document"]), lead

    async def audience(self, account_id: int, triggers: Sequence[str] | None) -> int:
        """How many leads have one of these triggers; all there are with None."""
        if triggers is None:
            return int(await self._postgres.fetch_value(_SQL.everybody, account_id))
        return int(await self._postgres.fetch_value(_SQL.audience, account_id, triggers))

    async def names(self, account_id: int, triggers: Sequence[str] | None) -> list[str]:
        """Names of up to 5,000 of them."""
        if triggers is None:
            rows = await self._postgres.fetch(_SQL.everybodys_names, account_id, _NAMES)
        else:
            rows = await self._postgres.fetch(_SQL.audience_names, account_id, triggers, _NAMES)
        return [row["display_name"] for row in rows]
