"""The overview of an account, look after look, for one watch."""

import time

from gateway import wire
from gateway.campaigns.convert import state_counts
from gateway.campaigns.look import look
from gateway.campaigns.store import CampaignStore
from gateway.campaigns.watch import Meter
from gateway.events.convert import to_protos
from gateway.overview.store import OverviewStore
from gateway.overview.tally import Tally
from kompang.v1 import campaigns_pb2
from kompang.v1 import overview_pb2 as pb
from services.runtime.containment import contained

_CAMPAIGNS = 10
_DUE_EACH = 10
# Counts that need more than a few rows are read less often than every second.
_SELDOM_S = 5.0


class View:
    """The overview of one account, for one watch."""

    def __init__(self, store: OverviewStore, campaigns: CampaignStore, account_id: int) -> None:
        self._store = store
        self._campaigns = campaigns
        self._account_id = account_id
        self._tally = Tally(store, account_id)
        self._meters: dict[int, Meter] = {}
        self._seldom = pb.Overview()
        self._seldom_after = 0.0

    async def account(self) -> str:
        """`accounts/acme`."""
        return f"accounts/{(await self._store.devices(self._account_id)).slug}"

    async def look(self) -> pb.Overview:
        """The overview of this moment."""
        devices = await self._store.devices(self._account_id)
        await self._tally.look(devices.at, devices.day_at)
        shown, total = await self._open_campaigns()
        overview = pb.Overview(
            measure_time=wire.timestamp(devices.at),
            hold_time=wire.timestamp(devices.restored_at),
            devices=pb.DeviceCounts(
                ready=devices.ready,
                sending=devices.sending,
                pacing=devices.pacing,
                hostless=devices.hostless,
                held=devices.held,
                parked=devices.parked,
                total=devices.total,
            ),
            send_rate=self._tally.rate(devices.at),
            today=state_counts(self._tally.states),
            counted=self._tally.is_whole,
            campaigns=shown,
            campaign_count=total,
            events=to_protos(self._tally.notable),
        )
        overview.MergeFrom(await self._looked_seldom())
        return overview

    async def _looked_seldom(self) -> pb.Overview:
        if time.monotonic() >= self._seldom_after:
            due, is_more = await self._store.due(self._account_id, _DUE_EACH)
            planned, unknown = await self._store.campaign_messages(self._account_id)
            arrivals = await self._store.arrivals(self._account_id)
            self._seldom = pb.Overview(
                due_count=due,
                due_more=is_more,
                planned_count=planned,
                unmatched_stop_count=await self._store.unmatched_stops(self._account_id),
                doubted_count=await self._store.doubts(self._account_id),
                accepted_count=arrivals.accepted,
                undelivered_count=arrivals.undelivered,
                undelivering_device_count=arrivals.poor,
                unknown_count=unknown + await self._store.unknown(self._account_id, self._tally.unknown),
            )
            self._seldom_after = time.monotonic() + _SELDOM_S
        return self._seldom

    async def _open_campaigns(self) -> tuple[list[campaigns_pb2.Campaign], int]:
        """The newest with their progress, without those that cannot be shown; and how many there are."""
        ids, total = await self._store.open_campaigns(self._account_id, _CAMPAIGNS)
        self._meters = {each: self._meters.get(each) or Meter() for each in ids}
        shown: list[campaigns_pb2.Campaign] = []
        for each in ids:
            with contained("gateway.overview.campaign", campaign_id=each):
                shown += await self._campaign(each)
        return shown, total

    async def _campaign(self, campaign_id: int) -> list[campaigns_pb2.Campaign]:
        seen = await look(self._campaigns, self._account_id, campaign_id, self._meters[campaign_id])
        if seen is None:
            return []
        # Nobody reads the text here, every second, and a text may be long.
        seen.campaign.ClearField("text")
        return [seen.campaign]
