"""A campaign and its progress as the public API shows them."""

from collections.abc import Mapping
from datetime import datetime

from gateway import wire
from gateway.campaigns.store import Progress, Stored
from kompang.v1 import campaigns_pb2 as pb
from kompang.v1.messages_pb2 import Message


def to_proto(stored: Stored, progress: pb.Progress | None = None) -> pb.Campaign:
    """Without progress in lists."""
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
    """`rate` in messages a second, `ends_at` as a watch reckons them."""
    left_out = {
        pb.Exclusion.REASON_DUPLICATE: (progress.listed_count or 0) - progress.lead_count
        if progress.leads
        else 0,
        pb.Exclusion.REASON_SUPPRESSED: progress.suppressed,
        pb.Exclusion.REASON_NO_CONSENT: progress.no_consent,
        pb.Exclusion.REASON_DEVICE_PARKED: progress.device_parked,
    }
    return pb.Progress(
        counts=[
            pb.StateCount(state=f"STATE_{state.upper()}", message_count=progress.counts[state])
            for state in _STATES
            if progress.counts.get(state)
        ],
        message_count=sum(progress.counts.values()),
        exclusions=exclusions(left_out),
        launched_ratio=progress.done_leads / progress.leads if progress.leads else 0.0,
        send_rate=rate,
        estimated_end_time=wire.timestamp(ends_at),
        sweeping=progress.is_swept,
    )


def exclusions(counts: Mapping[pb.Exclusion.Reason, int]) -> list[pb.Exclusion]:
    """Those that there are."""
    return [pb.Exclusion(reason=reason, lead_count=count) for reason, count in counts.items() if count]


def etag(stored: Stored) -> str:
    """Changes with every change."""
    return f"{stored.id:x}-{stored.version:x}"


def _audience(stored: Stored) -> pb.Audience | None:
    if stored.listed_count is not None:
        return pb.Audience(leads=pb.LeadList(lead_count=stored.lead_count))
    return pb.Audience(filter=stored.filter) if stored.filter else None


# In the order of the proto.
_STATES = [name.removeprefix("STATE_").lower() for name in Message.State.keys()]  # noqa: SIM118 - no mapping
