"""What is under way in a database before it is restored."""

import uuid

import asyncpg

from services.dispatch.hand.store import Candidate
from services.dispatch.stores import Stores
from services.restore.store import Fence, RestoreStore
from tests.support import rows
from tests.support.secret import HASHES

FORGET = "UPDATE cluster SET lineage = 'another/00000001'"
STREAM = 7


class World:
    """An account with two devices, of which only the first can repeat, and a lead with a message on each."""

    def __init__(self, database, connection, owner, dispatch) -> None:
        self.database = database
        self.connection = connection
        self.restores = RestoreStore(owner)
        self.stores = Stores.on(dispatch, 20, HASHES)
        self.fence = Fence(until_settled=True)

    async def make(self) -> None:
        self.account = await rows.account(self.connection)
        [repeats] = await rows.devices(self.connection, self.account, 1)
        self.devices = [repeats]
        self.devices.append(
            await self.connection.fetchval(
                "WITH made AS (INSERT INTO device (account_id, phone, shard, transport)"
                " VALUES ($1, '+60110', 0, 'neonize') RETURNING id)"
                " INSERT INTO device_pace (device_id) SELECT id FROM made RETURNING device_id",
                self.account,
            )
        )
        self.leads = await rows.leads(self.connection, self.account, self.devices, 2)
        self.plan = await rows.sequence(self.connection, self.account, 1)
        await rows.enrolled(self.connection, self.account, self.plan, self.leads)
        incarnation = uuid.uuid4()
        await self.stores.leases.attach(str(incarnation), "host", "session", STREAM, 600)
        await self.connection.execute("UPDATE shard_lease SET epoch = 5, incarnation = $1", incarnation)

    async def forget(self) -> None:
        """The database is another one from now on, and somebody connects."""
        await self.connection.execute(FORGET)
        await self.restores.beat(self.fence)

    async def message(self, device: int = 0) -> asyncpg.Record:
        return await self.connection.fetchrow(
            "SELECT * FROM message WHERE device_id = $1", self.devices[device]
        )

    async def hand(self, device: int = 0) -> str:
        row = await self.message(device)
        candidate = Candidate(row["device_id"], row["id"], row["scheduled_at"], STREAM, 0.5, device == 0)
        [decision] = await self.stores.hand.hand([candidate], 0.3)
        return decision.verdict

    async def states(self) -> list[str]:
        return [
            row[0]
            for row in await self.connection.fetch("SELECT state::text FROM message ORDER BY device_id")
        ]
