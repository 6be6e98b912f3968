"""The API keys, read only."""

from dataclasses import dataclass, field

from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)


@dataclass(frozen=True)
class StoredKey:
    """A key that is neither revoked nor expired."""

    id: int
    account_id: int
    secret_hash: bytes = field(repr=False)
    scopes: frozenset[str]


class KeyStore:
    """Raises what `Postgres` raises."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def find(self, public_id: str) -> StoredKey | None:
        """The key with this public id, if it is good now."""
        row = await self._postgres.fetch_row(_SQL.find_key, public_id)
        if row is None:
            return None
        return StoredKey(row["id"], row["account_id"], row["secret_hash"], frozenset(row["scopes"]))
