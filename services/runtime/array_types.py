"""Connections that know the arrays of Postgres's own types.

asyncpg asks the server what `bigint[]` is, on each connection and for each new combination of parameters:
three round trips and 10 ms of the server, before the statement itself. The answer is the same on every
server, because the numbers of these types never change; so a process asks once. The method that asks is
asyncpg's own: where a later asyncpg has no such method, every connection asks again, as before.
"""

from collections.abc import Collection
from types import SimpleNamespace
from typing import Any

import asyncpg

# bool, bytea, int2, int4, int8, float8, date, timestamptz, interval, uuid, jsonb: `pg_type.dat` of Postgres.
ARRAYS = frozenset({1000, 1001, 1005, 1007, 1016, 1022, 1182, 1185, 1187, 2951, 3807})
# What asyncpg looks at of the statement that asked: with a name it has not replaced an unnamed one.
_NAMED = SimpleNamespace(name="known")

_known: list[asyncpg.Record] = []


class Connection(asyncpg.Connection):  # type: ignore[misc] # asyncpg has no types
    """Asks about arrays of Postgres's own types once a process, and about other types as asyncpg does."""

    async def _introspect_types(self, typeoids: Collection[int], timeout: float) -> Any:  # noqa: ASYNC109 - asyncpg's
        if not ARRAYS.issuperset(typeoids):
            return await super()._introspect_types(typeoids, timeout)
        if not _known:
            _known[:], asked = await super()._introspect_types(ARRAYS, timeout)
            return _known, asked
        return _known, _NAMED
