"""A connection has an age: streams are cut when it is over, and a client resumes them where they were."""

import asyncio
from pathlib import Path

import pytest

from gateway.client import Client as ApiClient
from kompang.v1 import campaigns_pb2, events_pb2, overview_pb2
from tests.integration.gateway.import_calls import HEADER, run, stored
from tests.integration.gateway.mesh import TIMEOUT_S, Client, running
from tests.support.database import Database
from tests.support.importing import rows_of, written

# Streams live some 0.3 s.
AGE = {"connection_age_s": 0.2, "connection_grace_s": 0.1}
EVENTS = 40


async def test_a_watch_of_events_gets_each_once_over_many_connections(
    database: Database, consul_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = 0

    async with running(database, consul_address, **AGE) as gateway, database.connection() as owner:
        key = await gateway.key("acme")
        async with ApiClient.opened(gateway.address, key) as client:
            watch = client.watch(client.events.WatchEvents, events_pb2.WatchEventsRequest())
            seen: list[str] = []
            async with asyncio.timeout(TIMEOUT_S):
                async for response in watch:
                    # The first of each connection is empty.
                    opened += not response.events
                    seen += [event.lead for event in response.events]
                    if len(seen) == EVENTS:
                        break
                    if opened and len(seen) < EVENTS:
                        await owner.execute(
                            "INSERT INTO event (account_id, type, lead_id)"
                            " SELECT id, 'lead_enrolled', 1 + (SELECT count(*) FROM event) FROM account"
                        )
                        await asyncio.sleep(0.02)
            await watch.aclose()
    assert seen == [f"leads/{number}" for number in range(1, EVENTS + 1)]
    assert opened > 2


async def test_watches_of_a_campaign_and_the_account_go_on(database: Database, consul_address: str) -> None:
    watching = {"campaign_watch_s": 0.05, "overview_watch_s": 0.05}
    async with running(database, consul_address, **AGE, **watching) as gateway:
        key = await gateway.key("acme")
        async with ApiClient.opened(gateway.address, key) as client:
            draft = campaigns_pb2.CreateCampaignRequest(campaign=campaigns_pb2.Campaign(text="Hi"))
            campaign = await client.call(client.campaigns.CreateCampaign, draft)
            asked = (
                (client.campaigns.WatchCampaign, campaigns_pb2.WatchCampaignRequest(name=campaign.name)),
                (client.overview.WatchOverview, overview_pb2.WatchOverviewRequest(name="accounts/-")),
            )
            for method, request in asked:
                watch, until = client.watch(method, request), asyncio.get_running_loop().time() + 1.2
                async with asyncio.timeout(TIMEOUT_S):
                    async for _ in watch:
                        if asyncio.get_running_loop().time() > until:
                            break
                await watch.aclose()


async def test_an_import_is_resumed_and_each_row_written_once(
    database: Database, consul_address: str, tmp_path: Path
) -> None:
    async with running(database, consul_address, connection_age_s=1.0, connection_grace_s=0.5) as gateway:
        client: Client = await gateway.client("acme")
        await client.linked(1)
        file = written(tmp_path, HEADER + rows_of(6_000))
        result = await run(client, file)
        assert result.counts.created == 6_000
        assert len(await stored(client)) == 1000
