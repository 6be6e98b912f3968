"""The API keys and the log-ins that were refused; the only caller of `queries.sql` beside it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from gateway.auth.failures import Failed
from services.runtime.containment import contained
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries, columns

_SQL = Queries.beside(__file__)


@dataclass(frozen=True)
class StoredKey:
    """A key that was neither revoked nor expired when it was read."""

    id: int
    account_id: int
    public_id: str
    secret_hash: bytes = field(repr=False)
    scopes: frozenset[str]
    expires_at: datetime | None = None


@dataclass(frozen=True)
class KeysRead:
    """One look at the keys: `keys` by public id, or None when they are those of the version before."""

    version: UUID
    now: datetime
    keys: Mapping[str, StoredKey] | None


class KeyStore:
    """Raises what `Postgres` raises."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def read(self, known: UUID | None) -> KeysRead:
        """All good keys, unless they are still those of the `known` version."""
        rows = await self._postgres.fetch(_SQL.read_keys, known)
        version, now = rows[0]["version"], rows[0]["now"]
        if version == known:
            return KeysRead(version, now, None)
        keys = readable(row for row in rows if row["id"] is not None)
        return KeysRead(version, now, {key.public_id: key for key in keys})

    async def note_uses(self, seconds_ago: Mapping[int, float]) -> None:
        """When keys were used last, by their id."""
        await self._postgres.execute(_SQL.note_uses, list(seconds_ago), list(seconds_ago.values()))

    async def count(self, failed: Sequence[Failed]) -> None:
        """Adds log-ins that were refused to what operators see."""
        await self._postgres.execute(
            _SQL.count_failed_logins, *columns(failed, "peer", "reason", "public_id", "count")
        )


def readable(rows: Iterable[Any]) -> Iterator[StoredKey]:
    """The keys of these rows; one that cannot be read is reported, and its calls alone are refused."""
    for row in rows:
        with contained("gateway.key.read", key_id=row["id"]):
            yield StoredKey(
                row["id"],
                row["account_id"],
                row["public_id"],
                row["secret_hash"],
                frozenset(row["scopes"]),
                row["expires_at"],
            )
