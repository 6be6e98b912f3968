"""Pure: what a launch would do, summed over the devices."""

from collections.abc import Sequence
from datetime import datetime

from gateway import wire
from gateway.campaigns.shown import exclusions
from gateway.campaigns.store import Load, Stored
from kompang.v1 import campaigns_pb2 as pb

_TOLD = 1000


def summed(stored: Stored, starts_at: datetime, loads: Sequence[Load]) -> pb.ForecastCampaignResponse:
    """`loads` by their end, the last first. A parked device sends nothing, whatever its leads would get."""
    sending = [load for load in loads if load.chosen and not load.is_parked]
    duplicates = stored.listed_count - stored.lead_count if stored.listed_count is not None else 0
    left_out = {
        pb.Exclusion.REASON_DUPLICATE: duplicates,
        pb.Exclusion.REASON_SUPPRESSED: sum(load.suppressed for load in loads),
        pb.Exclusion.REASON_NO_CONSENT: sum(load.no_consent for load in loads),
        pb.Exclusion.REASON_DEVICE_PARKED: sum(load.chosen for load in loads if load.is_parked),
    }
    return pb.ForecastCampaignResponse(
        audience_count=sum(load.leads for load in loads) + duplicates,
        message_count=sum(load.chosen for load in sending),
        exclusions=exclusions(left_out),
        device_loads=[
            pb.DeviceLoad(
                device=f"devices/{load.device_id}",
                message_count=load.chosen,
                end_time=wire.timestamp(load.ends_at),
            )
            for load in sending[:_TOLD]
        ],
        device_count=len(sending),
        start_time=wire.timestamp(starts_at),
        end_time=wire.timestamp(sending[0].ends_at) if sending else None,
    )
