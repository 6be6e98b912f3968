"""What the schema says of a transport is what the transport says of itself."""

import pytest

from shardhost.process import transports_of
from shardhost.settings import HostSettings
from tests.support.database import Database

TRANSPORTS = transports_of(HostSettings(network_address="127.0.0.1:1"))


@pytest.mark.parametrize("name", TRANSPORTS)
async def test_dispatch_a_restore_and_the_host_agree_whether_a_send_can_be_repeated(
    database: Database, name: str
) -> None:
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT can_repeat($1)", name) == TRANSPORTS[name].repeatable


async def test_a_transport_that_nobody_knows_repeats_nothing(database: Database) -> None:
    async with database.connection() as connection:
        assert not await connection.fetchval("SELECT can_repeat('pigeon')")
