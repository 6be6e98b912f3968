"""The devices of an account, with what their hosts and their pace say; the only caller of `queries.sql`."""

from collections.abc import Collection, Sequence
from dataclasses import fields
from typing import Any

import asyncpg

from gateway.devices.model import Draft, Settings, Stored
from gateway.idempotency.store import Connection
from gateway.unreadable import of_row
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)

# Messages that a hold's end brings back at once: half a second.
_RETURNED = 10_000


class DeviceStore:
    """Reads by itself; changes run on the connection of a mutation."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def get(self, account_id: int, device_id: int) -> Stored | None:
        """One device, or None."""
        row = await self._postgres.fetch_row(_SQL.read_many, account_id, [device_id])
        return row and stored(row)

    async def page(self, account_id: int, after_id: int, limit: int, states: Sequence[str]) -> Sequence[Any]:
        """The oldest devices after this one, in one of these states, or all; as rows for `stored`."""
        return await self._postgres.fetch(_SQL.list, account_id, after_id, limit, list(states))

    async def exists(self, account_id: int, device_id: int) -> bool:
        """Whether the device is there and the account's."""
        return bool(await self._postgres.fetch(_SQL.exists, account_id, [device_id]))

    async def existing(self, connection: Connection, account_id: int, ids: Collection[int]) -> set[int]:
        """Those of these ids that are devices of the account."""
        rows = await connection.fetch(_SQL.exists, account_id, list(ids)) if ids else ()
        return {row["id"] for row in rows}

    async def create(
        self, connection: Connection, account_id: int, drafts: Sequence[Draft]
    ) -> dict[str, int]:
        """The ids by number; a number that is linked already, by whatever account, is missing in it."""
        phones = [draft.phone for draft in drafts]
        columns = zip(*(_columns(draft.settings) for draft in drafts), strict=True)
        transports = [draft.transport for draft in drafts]
        rows = await connection.fetch(_SQL.create, account_id, phones, transports, *columns)
        return {row["phone"]: row["id"] for row in rows}

    async def own_phones(self, connection: Connection, account_id: int, phones: Collection[str]) -> set[str]:
        """Those of these numbers that are devices of the account."""
        rows = await connection.fetch(_SQL.own_phones, account_id, list(phones))
        return {row["phone"] for row in rows}

    async def read_many(
        self, connection: Connection, account_id: int, ids: Collection[int]
    ) -> dict[int, Stored]:
        """Devices as this transaction sees them, by id."""
        rows = await connection.fetch(_SQL.read_many, account_id, list(ids))
        return {row["id"]: stored(row) for row in rows}

    async def locked(self, connection: Connection, account_id: int, device_id: int) -> Stored | None:
        """One device, locked until the commit; None when there is no such device."""
        await connection.execute(_SQL.lock, account_id, device_id)
        return (await self.read_many(connection, account_id, [device_id])).get(device_id)

    async def change(
        self, connection: Connection, account_id: int, device_id: int, settings: Settings
    ) -> None:
        """Writes the settings; dispatch and the device's host follow within seconds."""
        await connection.execute(_SQL.change, device_id, *_columns(settings), account_id)

    async def release(self, connection: Connection, account_id: int, device_id: int) -> bool:
        """Makes a parked device active and writes the event; any other device stays as it is.

        False, and the transaction is over, when another account has linked its number meanwhile.
        """
        try:
            await connection.execute(_SQL.release, device_id, account_id)
        except asyncpg.UniqueViolationError:
            return False
        return True

    async def release_first_contacts(self, connection: Connection, account_id: int, device_id: int) -> None:
        """Ends the hold of a device's first contacts and writes the event; nothing where there is none."""
        if await connection.fetch(_SQL.release_first_contacts, device_id, account_id):
            await connection.execute(_SQL.return_first_contacts, device_id, account_id, _RETURNED)

    async def unlink(self, connection: Connection, account_id: int, device_id: int) -> None:
        """Parks a device, gives up its number and writes the event; nothing where that was done before."""
        await connection.execute(_SQL.unlink, device_id, account_id)


def _columns(settings: Settings) -> tuple[object, ...]:
    """The parameters of `create` and `change`, in the order of the statements."""
    return (
        settings.display_name,
        settings.min_delay,
        settings.max_delay,
        settings.daily_cap,
        settings.warmup_start,
        settings.warmup_growth,
        settings.first_contact_cap,
        settings.label,
        settings.proxy,
    )


@of_row(lambda row: f"devices/{row['id']}")
def stored(row: Any) -> Stored:
    """A device by its row."""
    settings = {field.name: row[field.name] for field in fields(Settings)}
    own = {field.name: row[field.name] for field in fields(Stored) if field.name != "settings"}
    return Stored(settings=Settings(**settings), **own)
