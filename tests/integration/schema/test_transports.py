"""What the schema says of a transport is what the transport says of itself."""

import pytest

from shardhost.process import transports_of
from shardhost.settings import HostSettings
from shardhost.transports.transport import TransportKind
from tests.support.database import Database

TRANSPORTS = transports_of(HostSettings(network_address="127.0.0.1:1"))
KINDS = {TransportKind.REPEATABLE: (True, False), TransportKind.TRACEABLE: (False, True)}


@pytest.mark.parametrize("name", TRANSPORTS)
async def test_dispatch_a_restore_and_the_host_agree_what_can_be_done_about_a_doubt(
    database: Database, name: str
) -> None:
    async with database.connection() as connection:
        found = await connection.fetchrow("SELECT can_repeat($1), can_trace($1)", name)
        assert tuple(found) == KINDS[TRANSPORTS[name].kind]
        # A device may have it.
        taken = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'device_transport_check'"
        assert f"'{name}'" in await connection.fetchval(taken)


async def test_a_transport_that_nobody_knows_neither_repeats_nor_traces(database: Database) -> None:
    async with database.connection() as connection:
        assert not await connection.fetchval("SELECT can_repeat('pigeon') OR can_trace('pigeon')")
