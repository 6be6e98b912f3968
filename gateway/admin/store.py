"""Accounts and keys, written with a role that may: the owner's, not the gateway's."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import asyncpg

from gateway.accounts.model import Guards
from gateway.admin.devices.store import NumberStore
from gateway.admin.hashes.store import Rehash
from gateway.admin.model import FailedLogins, ListedKey, MadeKey
from gateway.admin.quarantine.store import QuarantineStore
from gateway.admin.shards.store import ShardStore
from gateway.auth.key import ApiKey
from gateway.zones.store import refusal
from services.consent.phone_hash import PhoneHashes
from services.restore.store import RestoreStore
from services.runtime.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    KompangError,
    NotFound,
    Unavailable,
    Violation,
)
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries
from services.runtime.settings import PostgresSettings

_SQL = Queries.beside(__file__)


class AdminStore:
    """Raises `FailedPrecondition` when the role may not, and what `Postgres` raises."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self.quarantine = QuarantineStore(postgres)
        self.shards = ShardStore(postgres)
        self.numbers = NumberStore(postgres)

    @classmethod
    @asynccontextmanager
    async def opened(cls, settings: PostgresSettings) -> AsyncIterator["AdminStore"]:
        """Connected as the settings say."""
        async with Postgres(settings, application="kompang-admin") as postgres:
            try:
                yield cls(postgres)
            except Unavailable as error:
                raise _explained(error.__cause__) from error

    def rehash(self, hashes: PhoneHashes) -> Rehash:
        """Brings the hashes of all numbers under the newest key."""
        return Rehash(self._postgres, hashes)

    @property
    def restores(self) -> RestoreStore:
        """The statements of an operator after the database was restored."""
        return RestoreStore(self._postgres)

    async def create_account(
        self,
        slug: str,
        display_name: str,
        timezone: str,
        scopes: Sequence[str],
        guards: Guards,
        country: str = "",
        language: str = "",
        expires_at: datetime | None = None,
    ) -> ApiKey:
        """The new account's first key: the only time its secret is seen."""
        key = ApiKey.new()
        async with self._postgres.transaction() as connection:
            known = [timezone] if await connection.fetchval(_SQL.is_timezone, timezone) else []
            if text := refusal(timezone, known, country):
                raise InvalidArgument([Violation("timezone", text)])
            account_id = await connection.fetchval(
                _SQL.create_account,
                slug,
                display_name,
                timezone,
                guards.quiet_from,
                guards.quiet_until,
                guards.daily_cap,
                guards.weekly_cap,
                country,
                language,
            )
            if account_id is None:
                raise AlreadyExists(f"there is an account {slug} already; choose another slug")
            await connection.execute(
                _SQL.create_key, account_id, key.public_id, key.secret_hash, list(scopes), "", expires_at
            )
        return key

    async def create_key(
        self, slug: str, scopes: Sequence[str], label: str = "", expires_at: datetime | None = None
    ) -> MadeKey:
        """One more key for an account. Raises `NotFound`."""
        key = ApiKey.new()
        async with self._postgres.transaction() as connection:
            account_id = await connection.fetchval(_SQL.account_id, slug)
            if account_id is None:
                raise NotFound(f"there is no account {slug}; make it with create-account")
            await connection.execute(
                _SQL.create_key, account_id, key.public_id, key.secret_hash, list(scopes), label, expires_at
            )
        return MadeKey(key, slug, list(scopes), expires_at)

    async def rotate_key(self, public_id: str, overlap: timedelta, expires_at: datetime | None) -> MadeKey:
        """A key like this one, which stays good so long beside it. Raises `NotFound`."""
        key = ApiKey.new()
        row = await self._postgres.fetch_row(
            _SQL.rotate_key, public_id, overlap, key.public_id, key.secret_hash, expires_at
        )
        if row is None:
            raise _no_key(public_id)
        return MadeKey(key, row["slug"], row["scopes"], expires_at)

    async def keys(self, slug: str | None, *, with_ended: bool) -> list[ListedKey]:
        """Of one account or all; `with_ended`: also the revoked and the expired ones. Raises `NotFound`."""
        if slug is not None and await self._postgres.fetch_value(_SQL.account_id, slug) is None:
            raise NotFound(f"there is no account {slug}; make it with create-account")
        return [ListedKey(**row) for row in await self._postgres.fetch(_SQL.list_keys, slug, with_ended)]

    async def failed_logins(self, limit: int) -> list[FailedLogins]:
        """Log-ins that were refused, the newest first."""
        return [FailedLogins(**row) for row in await self._postgres.fetch(_SQL.failed_logins, limit)]

    async def revoke_key(self, public_id: str) -> None:
        """Gateways refuse it some seconds later at most. Raises `NotFound`."""
        if await self._postgres.execute(_SQL.revoke_key, public_id) == "UPDATE 0":
            raise _no_key(public_id)


def _no_key(public_id: str) -> NotFound:
    return NotFound(f"there is no valid key {public_id}; give its id as `kompang admin keys list` shows it")


def _explained(cause: BaseException | None) -> KompangError:
    """What an operator does about it: nobody here tries the statement again, as the processes do."""
    match cause:
        case asyncpg.InsufficientPrivilegeError():
            return FailedPrecondition(
                "this database role may not; set KOMPANG_POSTGRES_DSN to the one that owns the schema"
            )
        case asyncpg.UndefinedTableError() | asyncpg.InvalidSchemaNameError():
            return FailedPrecondition("this database has no schema yet; run `make migrate`")
        case asyncpg.InvalidAuthorizationSpecificationError() | asyncpg.InvalidCatalogNameError():
            return FailedPrecondition(f"the database refused: {cause}")
        case _:
            return Unavailable("the database is away; the same command may work later")
