"""What the gateway tidies: old request ids, imports and replies, partitions for what it writes."""

from datetime import timedelta

from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)
_BITE = 500
# WhatsApp keeps what it could not deliver for 30 days.
_INBOUND_KEPT = timedelta(days=40)


class Upkeep:
    """Run it every few minutes; any number of replicas may. Raises what `Postgres` raises."""

    def __init__(self, postgres: Postgres, request_retention: timedelta, import_retention: timedelta) -> None:
        self._postgres = postgres
        self._request_retention = request_retention
        self._import_retention = import_retention

    async def run_once(self) -> int:
        """Tidies; how many request ids were forgotten."""
        await self._postgres.execute(_SQL.ensure_partitions)
        while await self._postgres.execute(_SQL.forget_imports, self._import_retention) != "DELETE 0":
            continue
        await self._forget(_SQL.forget_inbound, _INBOUND_KEPT)
        return await self._forget(_SQL.forget_requests, self._request_retention)

    async def _forget(self, statement: str, age: timedelta) -> int:
        forgotten = 0
        while True:
            tag = await self._postgres.execute(statement, age, _BITE)
            bite = int(tag.rpartition(" ")[2])
            forgotten += bite
            if bite < _BITE:
                return forgotten
