"""Mutations, each done once, also when a caller sends it twice.

Authority: the row of the request_id. It is inserted in the mutation's own transaction and holds the
response, so either both are there or neither. A duplicate that runs at the same time waits for the
first on the unique key, then answers with its response; if the first failed, the duplicate does the
work. A mutation that was refused leaves nothing behind: its id may be used again.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import asyncpg
from google.protobuf.message import Message

from gateway import wire
from gateway.auth.caller import Caller, caller
from services.reasons import Reason
from services.runtime.errors import Aborted, InvalidArgument, Violation
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)
_TRIES = 3
REPEATED = (Aborted.reason, Reason.LEAD_DELETED)
"""Why a transaction was aborted that is repeated at once: what it lost against is done."""

Connection: TypeAlias = asyncpg.Connection
Response = TypeVar("Response", bound=Message)


@dataclass(frozen=True)
class Change:
    """What a mutation made: its response, and the resource for the audit."""

    response: Any
    resource: str


class Mutations:
    """Runs mutations; raises what they raise, and what `Postgres` raises."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def once(
        self,
        request: Any,
        response_type: type[Response],
        change: Callable[[Connection], Awaitable[Change]],
    ) -> Response:
        """The response of `change`, run in a transaction, or the stored one of the same request before.

        Raises `InvalidArgument` on `request_id` if it was used for another request. `change` may run
        more than once: a transaction that lost a deadlock is repeated.
        """
        for _ in range(_TRIES - 1):
            try:
                return await self._try(request, response_type, change)
            except Aborted as error:
                if error.reason not in REPEATED:
                    raise
        return await self._try(request, response_type, change)

    async def _try(
        self,
        request: Any,
        response_type: type[Response],
        change: Callable[[Connection], Awaitable[Change]],
    ) -> Response:
        who = caller()
        request_id = UUID(request.request_id) if request.request_id else None
        async with self._postgres.transaction() as connection:
            if request_id is not None:
                stored = await _claim(connection, who, request_id, _hash(request))
                if stored is not None:
                    return response_type.FromString(stored)
            made = await change(connection)
            if request_id is not None:
                kept = made.response.SerializeToString()
                await connection.execute(_SQL.keep, who.account_id, request_id, kept)
            await connection.execute(
                _SQL.audit, who.account_id, who.api_key_id, who.method, made.resource, request_id
            )
        return made.response  # type: ignore[no-any-return]

    async def answered(self, request: Any, response_type: type[Response]) -> Response | None:
        """The stored response of the same request before, if there is one.

        For what is done elsewhere and may be done twice: `once` keeps its response afterwards, and of two
        calls at a time both get that of the first. Raises `InvalidArgument` as `once`.
        """
        if not request.request_id:
            return None
        who = caller()
        row = await self._postgres.fetch_row(_SQL.find, who.account_id, UUID(request.request_id))
        return None if row is None else response_type.FromString(_same(row, who, _hash(request)))

    async def audit(self, resource: str) -> None:
        """Writes the audit row of a call that changes nothing in the gateway's own tables."""
        who = caller()
        await self._postgres.execute(_SQL.audit, who.account_id, who.api_key_id, who.method, resource, None)


async def _claim(connection: Connection, who: Caller, request_id: UUID, request_hash: bytes) -> bytes | None:
    """None when the request_id is new and this call holds it now; else the response stored under it."""
    if await connection.fetchval(_SQL.claim, who.account_id, request_id, who.method, request_hash):
        return None
    row = await connection.fetchrow(_SQL.find, who.account_id, request_id)
    if row is None:
        raise Aborted("the request_id was just forgotten; try again")
    return _same(row, who, request_hash)


def _same(row: Any, who: Caller, request_hash: bytes) -> bytes:
    """The response under an id. Raises `InvalidArgument` for one of another request."""
    if (row["method"], row["request_hash"]) != (who.method, request_hash):
        text = "was used for another request before; send a new UUID, or repeat that request unchanged"
        raise InvalidArgument([Violation("request_id", text)])
    return row["response"]  # type: ignore[no-any-return]


def _hash(request: Any) -> bytes:
    """The hash of a request without its request_id, which a caller may write in capitals the second time."""
    return hashlib.sha256(wire.canonical(request, "request_id")).digest()
