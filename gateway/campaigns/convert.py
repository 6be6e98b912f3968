"""A campaign and its progress between the public API and how they are kept."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from gateway import names, wire
from gateway.campaigns.check import MASK
from gateway.campaigns.model import Draft, Progress, Stored
from gateway.resource import etag
from gateway.unreadable import of_row
from kompang.v1 import campaigns_pb2 as pb
from kompang.v1.messages_pb2 import Message, OnUnknown
from kompang.v1.wording_pb2 import Variation

# As for a device: of two delays, the one that a caller leaves unset gets this value.
_MIN = timedelta(seconds=5)
_MAX = timedelta(seconds=15)
_LATE = timedelta(hours=1)
_DELAYS = frozenset({"min_delay", "max_delay"})


@of_row(lambda stored: stored.name)
def to_proto(stored: Stored, progress: pb.Progress | None = None) -> pb.Campaign:
    """A stored campaign as the public API shows it; lists have no progress."""
    return pb.Campaign(
        name=stored.name,
        display_name=stored.display_name,
        text=stored.text,
        audience=_audience(stored),
        state=f"STATE_{stored.state.upper()}",
        min_delay=None if stored.min_delay is None else wire.duration(stored.min_delay),
        max_delay=None if stored.max_delay is None else wire.duration(stored.max_delay),
        variation=f"VARIATION_{stored.variation.upper()}" if stored.variation else "VARIATION_UNSPECIFIED",
        on_unknown=f"ON_UNKNOWN_{stored.on_unknown.upper()}",
        on_late=f"ON_LATE_{stored.on_late.upper()}",
        late_tolerance=wire.duration(stored.late_after),
        start_time=wire.timestamp(stored.starts_at),
        timezone=stored.timezone,
        end_time=wire.timestamp(stored.ended_at),
        progress=progress,
        etag=etag(stored),
        create_time=wire.timestamp(stored.created_at),
        update_time=wire.timestamp(stored.updated_at),
    )


def progress_proto(progress: Progress, *, rate: float = 0.0, ends_at: datetime | None = None) -> pb.Progress:
    """`rate` in messages a second, `ends_at` as a watch computes them."""
    return pb.Progress(
        counts=state_counts(progress.counts),
        message_count=sum(progress.counts.values()),
        exclusions=exclusions(
            duplicates=(progress.listed_count or 0) - progress.lead_count if progress.leads else 0,
            suppressed=progress.suppressed,
            no_consent=progress.no_consent,
            erased=progress.erased,
            device_parked=progress.device_parked,
        ),
        launched_ratio=progress.done_leads / progress.leads if progress.leads else 0.0,
        send_rate=rate,
        estimated_end_time=wire.timestamp(ends_at),
        sweeping=progress.is_swept,
    )


def state_counts(counts: Mapping[str, int]) -> list[pb.StateCount]:
    """Messages by state, in the order of the proto; states without messages are left out."""
    return [
        pb.StateCount(state=f"STATE_{state.upper()}", message_count=counts[state])
        for state in wire.words(Message.State)
        if counts.get(state)
    ]


def exclusions(
    *, duplicates: int, suppressed: int, no_consent: int, erased: int, device_parked: int
) -> list[pb.Exclusion]:
    """Leads of an audience that get no message, by reason; reasons without leads are left out."""
    counts = {
        pb.Exclusion.REASON_DUPLICATE: duplicates,
        pb.Exclusion.REASON_SUPPRESSED: suppressed,
        pb.Exclusion.REASON_NO_CONSENT: no_consent,
        pb.Exclusion.REASON_ERASED: erased,
        pb.Exclusion.REASON_DEVICE_PARKED: device_parked,
    }
    return [pb.Exclusion(reason=reason, lead_count=count) for reason, count in counts.items() if count]


def draft_of(campaign: pb.Campaign) -> Draft:
    """The draft that a checked request asks for; its filter can be parsed."""
    audience = campaign.audience
    is_list = audience.WhichOneof("audience") == "leads"
    least, most = _delays(campaign)
    return Draft(
        display_name=campaign.display_name,
        text=campaign.text,
        filter=audience.filter.strip(),
        lead_ids=tuple(map(names.number, audience.leads.leads)) if is_list else None,
        min_delay=least,
        max_delay=most,
        variation=wire.word(Variation, campaign.variation) or None,
        on_unknown=wire.word(OnUnknown, campaign.on_unknown, "hold"),
        on_late=wire.word(pb.Campaign.OnLate, campaign.on_late, "send"),
        late_tolerance=campaign.late_tolerance.ToTimedelta()
        if campaign.HasField("late_tolerance")
        else _LATE,
    )


def merged(before: Draft, request: pb.UpdateCampaignRequest) -> Draft:
    """The draft that an update asks for."""
    named = MASK.named(request.update_mask.paths, request.campaign)
    # One delay completes the other.
    if named & _DELAYS:
        named |= _DELAYS
    return MASK.merged(before, draft_of(request.campaign), named)


def _delays(campaign: pb.Campaign) -> tuple[timedelta | None, timedelta | None]:
    has_least, has_most = campaign.HasField("min_delay"), campaign.HasField("max_delay")
    if not has_least and not has_most:
        return None, None
    least, most = campaign.min_delay.ToTimedelta(), campaign.max_delay.ToTimedelta()
    return (least if has_least else min(_MIN, most)), (most if has_most else max(_MAX, least))


def _audience(stored: Stored) -> pb.Audience | None:
    if stored.listed_count is not None:
        return pb.Audience(leads=pb.LeadList(lead_count=stored.lead_count))
    return pb.Audience(filter=stored.filter) if stored.filter else None
