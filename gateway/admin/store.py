"""Accounts and keys, written with a role that may: the owner's, not the gateway's."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg

from gateway.accounts.model import Guards
from gateway.auth.key import ApiKey
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

    @classmethod
    @asynccontextmanager
    async def opened(cls, settings: PostgresSettings) -> AsyncIterator["AdminStore"]:
        """Connected as the settings say."""
        async with Postgres(settings, application="kompang-admin") as postgres:
            try:
                yield cls(postgres)
            except Unavailable as error:
                raise _explained(error.__cause__) from error

    async def create_account(
        self,
        slug: str,
        display_name: str,
        timezone: str,
        scopes: Sequence[str],
        guards: Guards,
        country: str = "",
        language: str = "",
    ) -> ApiKey:
        """The new account's first key: the only time its secret is seen."""
        key = ApiKey.new()
        async with self._postgres.transaction() as connection:
            if not await connection.fetchval(_SQL.is_timezone, timezone):
                text = "is no IANA time zone; use one such as UTC or Asia/Kuala_Lumpur"
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
                _SQL.create_key, account_id, key.public_id, key.secret_hash, list(scopes)
            )
        return key

    async def create_key(self, slug: str, scopes: Sequence[str]) -> ApiKey:
        """One more key for an account: the only time its secret is seen. Raises `NotFound`."""
        key = ApiKey.new()
        async with self._postgres.transaction() as connection:
            account_id = await connection.fetchval(_SQL.account_id, slug)
            if account_id is None:
                raise NotFound(f"there is no account {slug}; make it with create-account")
            await connection.execute(
                _SQL.create_key, account_id, key.public_id, key.secret_hash, list(scopes)
            )
        return key

    async def revoke_key(self, public_id: str) -> None:
        """Gateways refuse it some seconds later at most. Raises `NotFound`."""
        if await self._postgres.execute(_SQL.revoke_key, public_id) == "UPDATE 0":
            raise NotFound(f"there is no valid key {public_id}; give the part between kpg_ and the next _")


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
