"""Which time zones there are: those that Postgres knows, because Postgres computes with them."""

from collections.abc import Iterable

from services.runtime.errors import InvalidArgument, Violation
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)
UNKNOWN_ZONE = "is no IANA time zone; use one such as UTC or Asia/Kuala_Lumpur"


class Zones:
    """Asks Postgres once and remembers. Raises what `Postgres` raises."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._names: frozenset[str] = frozenset()

    async def known(self) -> frozenset[str]:
        """The names of all zones. Not inside a transaction: it may need a connection of its own."""
        if not self._names:
            self._names = frozenset(row["name"] for row in await self._postgres.fetch(_SQL.names))
        return self._names

    async def refuse_unknown(self, zones: Iterable[tuple[str, str]]) -> None:
        """Raises `InvalidArgument` for each (field, zone) whose zone there is not; empty is none.

        Not inside a transaction: it may need a connection of its own.
        """
        wanted = [(path, zone) for path, zone in zones if zone]
        known = await self.known() if wanted else frozenset()
        unknown = [Violation(path, UNKNOWN_ZONE) for path, zone in wanted if zone not in known]
        if unknown:
            raise InvalidArgument(unknown)
