"""Mutations, each done once, also when a caller sends it twice.

Authority: the row of the request_id. It is inserted in the mutation's own transaction and holds the
response, so either both are there or neither. A duplicate that runs at the same time waits for the
first on the unique key, then answers with its response; if the first failed, the duplicate does the
work. A mutation that was refused leaves nothing behind: its id may be used again.

Of a response the row holds everything but the person (`kept`), and of the request a keyed hash. What a
response said of a person is read again for a repeat, as it is then: of one who was erased, nothing but the
name of the lead.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import asyncpg
from google.protobuf.message import Message

from gateway import wire
from gateway.auth.caller import Caller, caller
from gateway.idempotency.kept import without_people
from services.reasons import Reason
from services.runtime.errors import Aborted, FailedPrecondition, InvalidArgument, Violation
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries
from services.runtime.retry import Retry

_SQL = Queries.beside(__file__)
_TRIES = 4
# Many times what a busy machine takes to wake a session, little for who waits for an answer.
_FIRST_PAUSE_S = 0.1
REPEATED = (Aborted.reason, Reason.LEAD_DELETED)
"""Why a transaction was aborted that is repeated: what it lost against is done by then."""

Connection: TypeAlias = asyncpg.Connection
Response = TypeVar("Response", bound=Message)
Again: TypeAlias = Callable[[Connection, Response], Awaitable[Response]]


@dataclass(frozen=True)
class Change:
    """What a mutation made: its response, and the resource for the audit."""

    response: Any
    resource: str


class Mutations:
    """Runs mutations; raises what they raise, and what `Postgres` raises."""

    def __init__(self, postgres: Postgres, keys: Sequence[bytes]) -> None:
        """`keys` are for the hashes of requests, the newest first."""
        self._postgres = postgres
        self._keys = keys

    async def once(
        self,
        request: Any,
        response_type: type[Response],
        change: Callable[[Connection], Awaitable[Change]],
        again: Again[Response] | None = None,
    ) -> Response:
        """The response of `change`, run in a transaction, or the stored one of the same request before.

        `again` adds to a stored response what is not kept of it. `change` may run more than once: a
        transaction that lost a deadlock is repeated, after a pause in which the other one takes its lock:
        the server wakes whoever waits for a lock after it is free, and who comes at once is there first.
        Raises `InvalidArgument` on `request_id` if it was used
        for another request.
        """
        retry = Retry(None, first_s=_FIRST_PAUSE_S)
        for _ in range(_TRIES - 1):
            try:
                return await self._try(request, response_type, change, again)
            except Aborted as error:
                if error.reason not in REPEATED:
                    raise
                await retry.pause(error)
        return await self._try(request, response_type, change, again)

    async def _try(
        self,
        request: Any,
        response_type: type[Response],
        change: Callable[[Connection], Awaitable[Change]],
        again: Again[Response] | None,
    ) -> Response:
        who = caller()
        request_id = UUID(request.request_id) if request.request_id else None
        async with self._postgres.transaction() as connection:
            if request_id is not None:
                stored = await _claim(connection, who, request_id, self._hashes(request))
                if stored is not None:
                    before = response_type.FromString(stored)
                    return await again(connection, before) if again else before
            made = await change(connection)
            if request_id is not None:
                kept = without_people(made.response).SerializeToString()
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
        return None if row is None else response_type.FromString(_same(row, who, self._hashes(request)))

    async def audit(self, resource: str) -> None:
        """Writes the audit row of a call that changes nothing in the gateway's own tables."""
        who = caller()
        await self._postgres.execute(_SQL.audit, who.account_id, who.api_key_id, who.method, resource, None)

    def _hashes(self, request: Any) -> list[bytes]:
        """The hash of a request under each key, the newest first, and the plain one of earlier versions.

        Without its request_id, which a caller may write in capitals the second time.
        """
        text = wire.canonical(request, "request_id")
        keyed = [hmac.digest(key, text, "sha256") for key in self._keys]
        return [*keyed, hashlib.sha256(text).digest()]


async def _claim(
    connection: Connection, who: Caller, request_id: UUID, hashes: Sequence[bytes]
) -> bytes | None:
    """None when the request_id is new and this call holds it now; else the response stored under it."""
    if await connection.fetchval(_SQL.claim, who.account_id, request_id, who.method, hashes[0]):
        return None
    row = await connection.fetchrow(_SQL.find, who.account_id, request_id)
    if row is None:
        raise Aborted("the request_id was just forgotten; try again")
    return _same(row, who, hashes)


def _same(row: Any, who: Caller, hashes: Sequence[bytes]) -> bytes:
    """The response under an id. Raises `InvalidArgument` for one of another request."""
    if row["method"] != who.method or row["request_hash"] not in hashes:
        text = "was used for another request before; send a new UUID, or repeat that request unchanged"
        raise InvalidArgument([Violation("request_id", text)])
    if row["response"] is None:
        raise FailedPrecondition(
            "this request was carried out by an earlier version, whose answer held a person and is not kept;"
            " read the resource instead of repeating the request",
            reason=Reason.ANSWER_FORGOTTEN,
        )
    return row["response"]  # type: ignore[no-any-return]
