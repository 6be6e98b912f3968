"""One look at a campaign: the same for GetCampaign, WatchCampaign and the overview."""

from dataclasses import dataclass

from gateway.campaigns.convert import progress_proto, to_proto
from gateway.campaigns.store import CampaignStore
from gateway.campaigns.watch import Meter, ends_at, is_over
from kompang.v1 import campaigns_pb2 as pb


@dataclass(frozen=True)
class Look:
    """The campaign with its progress; `is_last`: nothing can change by itself any more."""

    campaign: pb.Campaign
    is_last: bool


async def look(store: CampaignStore, account_id: int, campaign_id: int, meter: Meter) -> Look | None:
    """None when the account has no such campaign. `meter` has seen the looks before this one."""
    # The counts are read before the state: a campaign that a look takes for ended has ended.
    progress = await store.progress(account_id, campaign_id)
    found = await store.get(account_id, campaign_id)
    if progress is None or found is None:
        return None
    rate = meter.show(progress)
    shown = to_proto(found, progress_proto(progress, rate=rate, ends_at=ends_at(progress, rate)))
    return Look(shown, is_over(progress) and found.state is progress.state)
