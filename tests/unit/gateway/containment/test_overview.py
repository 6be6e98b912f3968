"""An overview leaves out what cannot be shown, and shows the rest."""

from datetime import datetime
from typing import Any

import pytest

from gateway.campaigns.store import CampaignStore
from gateway.events.place import Place
from gateway.overview.model import Arrivals, Devices, Piece
from gateway.overview.store import OverviewStore
from gateway.overview.view import View
from services.runtime.errors import Unavailable
from tests.unit.gateway.containment.unforeseen import AT, UNFORESEEN, event


class Account(OverviewStore):
    """Two campaigns and two events, one of each not to be shown."""

    def __init__(self) -> None:
        pass

    async def devices(self, account_id: int) -> Devices:
        return Devices("acme", AT, AT, 1, 0, 0, 0, 0, 0, 1)

    async def place_at(self, account_id: int, at: datetime) -> Place:
        return Place(0, 0)

    async def piece(self, account_id: int, after: Place, *_: Any) -> Piece:
        return Piece(after, notable=[event(1, kind="of_a_newer_version"), event(2)] if not after.xid else [])

    async def open_campaigns(self, account_id: int, most: int) -> tuple[list[int], int]:
        return [1, 2], 2

    async def due(self, account_id: int, most_each: int) -> tuple[int, bool]:
        return 5, False

    async def campaign_messages(self, account_id: int) -> tuple[int, int]:
        return 7, 0

    async def unmatched_stops(self, account_id: int) -> int:
        return 0

    async def arrivals(self, account_id: int) -> Arrivals:
        return Arrivals(9, 4, 1)

    async def doubts(self, account_id: int) -> int:
        return 3


class Campaigns(CampaignStore):
    def __init__(self, error: Exception) -> None:
        self.error = error
        self.asked: list[int] = []

    async def progress(self, account_id: int, campaign_id: int) -> None:
        self.asked.append(campaign_id)
        if campaign_id == 1:
            raise self.error

    async def get(self, account_id: int, campaign_id: int) -> None:
        return None


@pytest.mark.parametrize("error", UNFORESEEN)
async def test_an_overview_leaves_out_what_cannot_be_shown(error, counts):
    campaigns = Campaigns(error("secret"))
    overview = await View(Account(), campaigns, 1).look()
    assert {each.lead for each in overview.events} == {"leads/2"}
    assert campaigns.asked == [1, 2]
    assert (overview.campaign_count, overview.due_count, overview.planned_count) == (2, 5, 7)
    assert overview.doubted_count == 3
    assert counts["gateway.overview.campaign"] == 1
    assert counts["gateway.event.show"] >= 1


async def test_an_overview_ends_while_the_database_is_away():
    with pytest.raises(Unavailable):
        await View(Account(), Campaigns(Unavailable("away")), 1).look()
