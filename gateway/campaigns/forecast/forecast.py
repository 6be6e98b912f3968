"""What a launch would do, summed over the devices."""

import asyncio
import time
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway import wire
from gateway.campaigns.convert import exclusions
from gateway.campaigns.forecast.calendar import Calendar
from gateway.campaigns.forecast.device_load import DeviceLoad
from gateway.campaigns.forecast.first_contacts import Wait, waiting
from gateway.campaigns.forecast.projection import DAYS, Projection, project
from gateway.campaigns.model import Stored
from kompang.v1 import campaigns_pb2 as pb

_LISTED_AT_MOST = 1000
# Steps of the projection for one device, and for all: some seconds. Beyond them the plan's own end is shown.
_MOST_STEPS = 4_000
_MOST_STEPS_IN_ALL = 300_000
# Steps of one device times the zones of its leads, which each step looks at: some 30 ms.
_MOST_WORK = 20_000
_TURN_S = 0.005
# After so many devices, or milliseconds, the event loop serves other calls.
_AT_A_TIME = 10


@dataclass(frozen=True)
class _Sending:
    load: DeviceLoad
    ends_at: datetime
    quiet: int
    first_contacts: Wait | None


async def forecast(
    stored: Stored, starts_at: datetime, loads: Sequence[DeviceLoad], calendar: Calendar
) -> pb.ForecastCampaignResponse:
    """A parked device sends nothing, whatever its leads would get. A cancelled call ends it."""
    sending = await _sending(starts_at, loads, calendar)
    duplicates = stored.listed_count - stored.lead_count if stored.listed_count is not None else 0
    return pb.ForecastCampaignResponse(
        audience_count=sum(load.leads for load in loads) + duplicates,
        message_count=sum(one.load.chosen for one in sending),
        exclusions=exclusions(
            duplicates=duplicates,
            suppressed=sum(load.suppressed for load in loads),
            no_consent=sum(load.no_consent for load in loads),
            erased=sum(load.erased for load in loads),
            device_parked=sum(load.chosen for load in loads if load.is_parked),
        ),
        deferrals=_deferrals(sending),
        device_loads=[
            pb.DeviceLoad(
                device=f"devices/{one.load.device_id}",
                message_count=one.load.chosen,
                end_time=wire.timestamp(one.ends_at),
                other_message_count=one.load.overdue + one.load.others,
            )
            for one in sending[:_LISTED_AT_MOST]
        ],
        device_count=len(sending),
        start_time=wire.timestamp(starts_at),
        end_time=wire.timestamp(sending[0].ends_at) if sending else None,
        first_contact_count=sum(one.load.first_contacts for one in sending),
    )


async def _sending(starts_at: datetime, loads: Sequence[DeviceLoad], calendar: Calendar) -> list[_Sending]:
    """The devices with messages, the one that ends last first."""
    found: list[_Sending] = []
    left = _MOST_STEPS_IN_ALL
    wanted = [load for load in loads if load.chosen and not load.is_parked]
    turn = time.perf_counter()
    # The devices that end last by the plan are projected first.
    for place, load in enumerate(sorted(wanted, key=lambda load: load.plan_end, reverse=True)):
        if place % _AT_A_TIME == 0 or time.perf_counter() - turn > _TURN_S:
            await asyncio.sleep(0)
            turn = time.perf_counter()
        # The calendar knows no nights that far ahead: there the plan's own end counts.
        is_near = (load.plan_end - starts_at).days < DAYS
        most = min(_MOST_STEPS, left, _MOST_WORK // max(1, len(load.zones))) if is_near else 0
        run = project(load, starts_at, calendar, most) or Projection(_planned(load), 0, most)
        left -= run.steps
        wait = waiting(load, starts_at, calendar)
        ends_at = max(run.ends_at, wait.ends_at) if wait else run.ends_at
        found.append(_Sending(load, ends_at, run.quiet + _after_nights(load, starts_at, calendar), wait))
    return sorted(found, key=lambda one: (one.ends_at, -one.load.device_id), reverse=True)


def _planned(load: DeviceLoad) -> datetime:
    return max(load.plan_end, load.free_until or load.plan_end)


def _after_nights(load: DeviceLoad, starts_at: datetime, calendar: Calendar) -> int:
    """Messages that the plan itself has moved behind a night."""
    begins, ends = calendar.nights(load.timezone)
    night = bisect_right(ends, starts_at.timestamp())
    if night == len(begins):
        return 0
    span = bisect_right([opens.timestamp() for opens in load.opens], begins[night])
    return max(0, load.chosen - load.firsts[span]) if span < len(load.firsts) else 0


def _deferrals(sending: Sequence[_Sending]) -> list[pb.Deferral]:
    frequent = [one.load for one in sending if one.load.frequent]
    until = max((load.free_until for load in frequent if load.free_until), default=None)
    waits = [one.first_contacts for one in sending if one.first_contacts]
    last = max((wait.ends_at for wait in waits), default=None)
    counts = {
        pb.Deferral.REASON_QUIET_HOURS: (sum(min(one.load.chosen, one.quiet) for one in sending), None),
        pb.Deferral.REASON_FREQUENCY_CAP: (sum(load.frequent for load in frequent), until),
        pb.Deferral.REASON_FIRST_CONTACT: (sum(wait.count for wait in waits), last),
    }
    return [
        pb.Deferral(reason=reason, message_count=count, until_time=wire.timestamp(end))
        for reason, (count, end) in counts.items()
        if count
    ]
