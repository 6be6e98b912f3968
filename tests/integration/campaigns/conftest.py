"""A gateway, and enrollment's looks at campaigns, which a test takes one by one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from infra.local.servers.stack import LocalStack
from kompang.v1 import campaigns_pb2 as pb
from services.enrollment.campaigns.counts import Counts
from services.enrollment.campaigns.launch import Launches
from services.enrollment.campaigns.store import PLANNER, CampaignStore
from services.enrollment.campaigns.sweeps.store import SweepStore
from services.enrollment.campaigns.sweeps.sweeps import Sweeps
from services.enrollment.settings import EnrollmentSettings
from services.runtime.lifecycle import Life
from services.runtime.postgres import Postgres
from tests.integration.gateway.mesh import Client, Gateway, running
from tests.support.database import Database, Databases
from tests.support.kept import Kept


@dataclass
class Shop:
    """One account: its gateway and client, the owner's connection, and what enrollment does for it."""

    gateway: Gateway
    client: Client
    owner: asyncpg.Connection
    store: CampaignStore
    sweep_store: SweepStore
    launches: Launches
    sweeps: Sweeps
    counts: Counts
    address: str
    key: str

    def __getattr__(self, name: str) -> Any:
        """`shop.LaunchCampaign(name=…)` calls it."""
        method = getattr(self.client.campaigns, name)
        request = getattr(pb, f"{name}Request")

        async def call(**fields: Any) -> Any:
            return await self.client.call(method, request(**fields))

        return call

    async def refused(self, method: str, /, **fields: Any) -> Any:
        return await self.client.refused(
            getattr(self.client.campaigns, method), getattr(pb, f"{method}Request")(**fields)
        )

    async def drafted(self, filter: str = "", **fields: Any) -> pb.Campaign:  # noqa: A002
        audience = pb.Audience(filter=filter) if filter else None
        given = {"display_name": "Sale", "text": "Hi {name}", "audience": audience} | fields
        return await self.CreateCampaign(campaign=pb.Campaign(**given))

    async def launched(self, filter: str = "", **fields: Any) -> pb.Campaign:  # noqa: A002
        """Running, all messages written."""
        made = await self.drafted(filter, **fields)
        await self.LaunchCampaign(name=made.name)
        await self.launches.run_once()
        return await self.GetCampaign(name=made.name)

    async def look(self) -> None:
        """Everything that enrollment does in one look."""
        await self.launches.run_once()
        await self.sweeps.run_once()
        await self.counts.run_once()

    async def rows(self, name: str) -> dict[str, int]:
        """The messages themselves, by state."""
        found = await self.owner.fetch(
            "SELECT state::text, count(*) FROM message WHERE campaign_id = $1 GROUP BY 1",
            int(name.rpartition("/")[2]),
        )
        return {row[0]: row[1] for row in found}

    async def counted(self, name: str) -> dict[str, int]:
        """What the gateway says of them."""
        progress = (await self.GetCampaign(name=name)).progress
        states = {
            one.state: one.message_count
            for one in progress.counts
        }  # fmt: skip
        from kompang.v1.messages_pb2 import Message

        return {Message.State.Name(state)[6:].lower(): count for state, count in states.items()}


def _settings(database: Database) -> EnrollmentSettings:
    return EnrollmentSettings(
        postgres_dsn=SecretStr(database.dsn("enrollment")),
        # So small that every test crosses pieces.
        campaign_batch_leads=7,
    )


@asynccontextmanager
async def opened(database: Database, consul_address: str) -> AsyncIterator[tuple[Gateway, Postgres]]:
    """The gateway, and the connections of enrollment."""
    settings = _settings(database)
    async with (
        running(database, consul_address, campaign_watch_s=0.05) as gateway,
        Postgres(settings, application="test", session=PLANNER) as postgres,
    ):
        yield gateway, postgres


@pytest.fixture(scope="package")
async def kept_shop(databases: Databases, stack: LocalStack) -> AsyncIterator[Kept[tuple[Gateway, Postgres]]]:
    async with Kept(databases, lambda database: opened(database, stack.consul[0].address)) as kept:
        yield kept


@pytest.fixture
async def shop(kept_shop: Kept[tuple[Gateway, Postgres]]) -> AsyncIterator[Shop]:
    """An account of a gateway that other tests had before, on a database that is empty again."""
    gateway, postgres = await kept_shop.lent()
    async with gateway.database.connection() as owner:
        store, life, settings = CampaignStore(postgres), Life(), _settings(gateway.database)
        sweep_store = SweepStore(postgres)
        key = await gateway.key("shop")
        yield Shop(
            gateway,
            Client(gateway.channel, key),
            owner,
            store,
            sweep_store,
            Launches(store, settings, life),
            Sweeps(sweep_store, settings, life),
            Counts(store),
            gateway.address,
            key,
        )
    if gateway.life.is_draining or gateway.process.done():
        await kept_shop.close()
