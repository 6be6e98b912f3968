"""What was accepted long ago and has not arrived: how many of each device, and which devices are poor."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.attachment import Attachment
from services.dispatch.devices.roster import Roster
from services.dispatch.receipts.arrivals import Arrivals
from services.dispatch.receipts.store import ReceiptStore
from services.dispatch.settings import DispatchSettings
from services.dispatch.stores import PLANNER
from services.enrollment.campaigns.store import CampaignStore
from services.runtime.postgres import Postgres
from services.runtime.settings import PostgresSettings
from tests.integration.dispatch.test_hand import ALL, world
from tests.support.database import Database
from tests.support.secret import SECRET

LEAST = 3
TOLD = "SELECT device_id, state, reason FROM event WHERE type = 'device_changed'"

_BECOME = """
UPDATE message SET state = $1::text::message_state WHERE id IN (
    SELECT id FROM message WHERE state::text NOT IN ($1, 'read') AND device_id = coalesce($2, device_id)
    ORDER BY id LIMIT $3)
"""


@dataclass
class Counting:
    """Messages that were sent, and what dispatch counts of them."""

    owner: asyncpg.Connection
    arrivals: Arrivals
    fold: CampaignStore

    async def messages(self, devices: int, of_each: int, ago: timedelta = timedelta(hours=1)) -> list[int]:
        """So many messages of each device, accepted so long ago; the devices."""
        found, _, _ = await world(self.owner, devices=devices, leads=devices * of_each)
        await self.owner.execute(
            "UPDATE message SET state = 'sent', attempts = 1, sent_at = now() - $1::interval", ago
        )
        return sorted(found)

    async def become(self, state: str, device: int | None = None, most: int | None = None) -> None:
        """So many messages of the device, or all, change."""
        await self.owner.execute(_BECOME, state, device, most)

    async def counted(self) -> list[tuple[int, int, bool]]:
        """Accepted, not arrived, and whether that is poor; a device each."""
        while await self.fold.fold_deliveries(5) == 5:
            pass
        await self.arrivals.run_once()
        found = await self.owner.fetch(
            "SELECT accepted, undelivered, is_poor FROM device_delivery ORDER BY device_id"
        )
        return [tuple(row) for row in found]


@pytest.fixture
async def counting(database: Database) -> AsyncIterator[Counting]:
    roster = Roster()
    roster.grant(ALL, Attachment(pb.Hello()))
    settings = DispatchSettings(postgres_dsn=database.dsn("dispatch"), secret=SECRET, undelivered_least=LEAST)
    enrollment = PostgresSettings(postgres_dsn=database.dsn("enrollment"))
    async with (
        database.connection() as owner,
        Postgres(settings, application="test", session=PLANNER) as dispatch,
        Postgres(enrollment, application="test") as folding,
    ):
        arrivals = Arrivals(ReceiptStore(dispatch), roster, settings)
        yield Counting(owner, arrivals, CampaignStore(folding))


async def test_what_has_not_arrived_is_counted_and_told_once(counting: Counting) -> None:
    first, second = await counting.messages(devices=2, of_each=4)
    await counting.become("read", first, 1)
    await counting.become("delivered", second, 2)
    assert await counting.counted() == [(4, 3, True), (4, 2, False)]
    assert await counting.counted() == [(4, 3, True), (4, 2, False)]
    [event] = await counting.owner.fetch(TOLD)
    assert tuple(event) == (first, "active", "not_delivered")
    await counting.become("delivered")
    await counting.become("read")
    assert await counting.counted() == [(4, 0, False), (4, 0, False)]


@pytest.mark.parametrize("ago", [timedelta(minutes=20), timedelta(days=1.5), timedelta(days=3)])
async def test_what_may_still_arrive_and_what_is_long_ago_is_nobodys_concern(
    counting: Counting, ago: timedelta
) -> None:
    await counting.messages(devices=1, of_each=5, ago=ago)
    assert await counting.counted() == []


async def test_of_messages_whose_receipts_lead_nowhere_none_is_missing(counting: Counting) -> None:
    """Those from before ids led to messages; after the upgrade each device would be poor."""
    await counting.owner.execute("UPDATE cluster SET hashed_message_id = 1000000")
    await counting.messages(devices=1, of_each=12)
    assert await counting.counted() == []
    await counting.owner.execute("UPDATE cluster SET hashed_message_id = 0")
    assert await counting.owner.fetchval("SELECT sum(sent) FROM step_count") == 12


async def test_a_device_of_which_nothing_ever_arrived_is_poor_where_others_tell(counting: Counting) -> None:
    """Where no receipt was ever told, a missing one says nothing; nor in the first day (old hosts)."""
    _, second = await counting.messages(devices=2, of_each=6)
    assert await counting.counted() == [(6, 6, False), (6, 6, False)]
    await counting.become("delivered", second)
    assert await counting.counted() == [(6, 6, False), (6, 0, False)]
    await counting.owner.execute(
        "UPDATE device_delivery SET arrives_since = now() - interval '25 h' WHERE arrives_since IS NOT NULL"
    )
    assert await counting.counted() == [(6, 6, True), (6, 0, False)]


async def test_a_poor_device_is_poor_until_it_is_clearly_better(counting: Counting) -> None:
    """At the edge it would be told each minute anew."""
    await counting.messages(devices=1, of_each=10)
    poor = []
    for arrived in (4, 1, 1, 1):
        await counting.become("delivered", most=arrived)
        poor += [(undelivered, is_poor) for _, undelivered, is_poor in await counting.counted()]
    assert poor == [(6, True), (5, True), (4, True), (3, False)]
    assert len(await counting.owner.fetch(TOLD)) == 1


async def test_old_sums_are_forgotten(counting: Counting) -> None:
    await counting.messages(devices=1, of_each=2)
    await counting.counted()
    await counting.owner.execute("UPDATE device_arrival SET sent_from = sent_from - interval '3 days'")
    assert await counting.counted() == [(0, 0, False)]
    assert await counting.owner.fetchval("SELECT count(*) FROM device_arrival") == 0
