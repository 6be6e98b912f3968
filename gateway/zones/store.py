"""Which time zones there are: those that Postgres knows, because Postgres computes with them."""

from collections.abc import Collection, Iterable

from gateway.zones.misleading import misleading
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

    async def refuse_unknown(self, account_id: int, zones: Iterable[tuple[str, str]]) -> None:
        """Raises `InvalidArgument` for each (field, zone) that there is not or that misleads; empty is none.

        Not inside a transaction: it may need a connection of its own.
        """
        wanted = [(path, zone) for path, zone in zones if zone]
        known = await self.known() if wanted else frozenset()
        wrong = [(path, zone) for path, zone in wanted if refusal(zone, known)]
        if wrong:
            country = await self._postgres.fetch_value(_SQL.country, account_id)
            raise InvalidArgument(
                [Violation(path, refusal(zone, known, country) or UNKNOWN_ZONE) for path, zone in wrong]
            )


def refusal(zone: str, known: Collection[str], country: str = "") -> str | None:
    """What is wrong with a zone, and the remedy; None for nothing. `country`: of the account."""
    return misleading(zone, country) or (None if zone in known else UNKNOWN_ZONE)
