"""Replies in quarantine as typed calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.idempotency.store import Connection
from gateway.leads.store import LeadStore
from services.consent.number_forms import canonical
from services.consent.phone_hash import PhoneHashes
from services.runtime.errors import InvalidArgument, NotFound, Violation
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A reply that nobody could record; `account` is the device's, where there is such a device."""

    id: str
    received_at: datetime
    device_id: int
    account: str | None
    sender: str
    lid: str
    folded: str
    is_stop: bool
    why: str


class QuarantineStore:
    """Raises what `Postgres` raises."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._leads = LeadStore(postgres)

    async def listed(self, limit: int) -> Sequence[Quarantined]:
        """Stop words first, then the newest."""
        return [Quarantined(**row) for row in await self._postgres.fetch(_SQL.listed, limit)]

    async def shown(self, reply: str) -> Quarantined:
        """One reply. Raises `NotFound`."""
        row = await self._postgres.fetch_row(_SQL.shown, reply)
        if row is None:
            raise _missing(reply)
        return Quarantined(**row)

    async def dismiss(self, reply: str) -> None:
        """Takes it out; nothing follows from it. Raises `NotFound`."""
        async with self._postgres.transaction() as connection:
            *_, accounts = await self._taken(connection, reply)
            await connection.execute(_SQL.audit, accounts, "admin quarantine dismiss", f"quarantine/{reply}")

    async def stop(self, reply: str, phone: str | None, hashes: PhoneHashes) -> int:
        """Suppresses whoever wrote it, or `phone`, as a stop word does; returns in how many accounts.

        That is in the account of the device and wherever the number is a lead's, and in all accounts where
        nobody knows the device. Raises `NotFound`, or `InvalidArgument` where there is no number.
        """
        async with self._postgres.transaction() as connection:
            sender, lid, accounts = await self._taken(connection, reply)
            phone = phone or (sender and "+" + sender)
            phone = canonical(phone)
            if not phone:
                raise InvalidArgument([Violation("number", "must be given: the reply came without one")])
            with_lead = set()
            for lead in await connection.fetch(_SQL.leads, phone):
                with_lead.add(lead["account_id"])
                await self._leads.suppress(connection, lead["account_id"], lead["id"], "stop_word")
                await connection.execute(_SQL.learn, lead["id"], lid)
            for account_id in sorted({*accounts} - with_lead):
                await connection.execute(_SQL.suppress, account_id, hashes.current(account_id, phone))
            concerned = sorted({*accounts} | with_lead)
            await connection.execute(_SQL.audit, concerned, "admin quarantine stop", f"quarantine/{reply}")
        return len(concerned)

    @staticmethod
    async def _taken(connection: Connection, reply: str) -> tuple[str, str, list[int]]:
        """The sender by number and identity, and the accounts that the reply may be for."""
        row = await connection.fetchrow(_SQL.take, reply)
        if row is None:
            raise _missing(reply)
        if row["account_id"] is not None:
            return row["sender"], row["lid"], [row["account_id"]]
        return row["sender"], row["lid"], [each["id"] for each in await connection.fetch(_SQL.accounts)]


def _missing(reply: str) -> NotFound:
    return NotFound(f"there is no reply {reply} in quarantine; see `kompang admin quarantine list`")
