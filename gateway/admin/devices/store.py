"""Numbers across accounts as typed calls."""

from dataclasses import dataclass
from datetime import datetime

from services.runtime.errors import NotFound
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries
from services.runtime.sealing import Sealing

_SQL = Queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class NumberDevice:
    """A device that has a number, or had it: `linked` says which."""

    id: int
    account: str
    linked: bool
    state: str
    state_reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OutdatedClient:
    """A version of a client that the network takes no more; `held`: devices of its transport, held for it."""

    transport: str
    version: str
    noticed_at: datetime
    held: int


class NumberStore:
    """Raises what `Postgres` raises."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def with_phone(self, phone: str) -> list[NumberDevice]:
        """Every device of this number; the one that has it now first."""
        return [NumberDevice(**row) for row in await self._postgres.fetch(_SQL.with_phone, phone)]

    async def outdated(self) -> list[OutdatedClient]:
        """The versions of clients that the network takes no more, the oldest first."""
        return [OutdatedClient(**row) for row in await self._postgres.fetch(_SQL.outdated)]

    async def forget_outdated(self) -> None:
        """Lets the devices try again that are held for them."""
        await self._postgres.execute(_SQL.forget_outdated)

    async def reseal(self, sealing: Sealing) -> int:
        """Brings all proxies under the newest secret; how many no secret that is given reads."""
        unreadable, sealed = 0, {}
        async with self._postgres.transaction() as connection:
            for row in await connection.fetch(_SQL.lock_proxies):
                try:
                    url = sealing.unseal(row["proxy"], row["phone"])
                except ValueError:
                    unreadable += 1
                else:
                    sealed[row["id"]] = sealing.seal(url, row["phone"])
            await connection.execute(_SQL.write_proxies, list(sealed), list(sealed.values()))
        return unreadable

    async def unlink(self, device_id: int) -> str:
        """Takes the number from a device whose account does not; returns that account. Raises `NotFound`."""
        account = await self._postgres.fetch_value(_SQL.unlink, device_id, "admin devices unlink")
        if account is None:
            raise NotFound(
                f"no devices/{device_id} has a number; give the one that `kompang admin devices find` shows"
            )
        return str(account)
