"""A message as the public API shows it."""

from gateway import wire
from gateway.messages.model import Stored
from gateway.unreadable import of_row
from kompang.v1 import messages_pb2 as pb
from services.runtime.telemetry import trace_id

_HASH_BYTES = 8


@of_row(lambda stored: f"messages/{stored.id}")
def to_proto(stored: Stored) -> pb.Message:
    """A stored message as the public API shows it."""
    return pb.Message(
        name=f"messages/{stored.id}",
        state=f"STATE_{stored.state.upper()}",
        reason=stored.reason or "",
        lead=f"leads/{stored.lead_id}",
        device=f"devices/{stored.device_id}",
        sequence=f"sequences/{stored.sequence}" if stored.sequence else "",
        position=stored.position,
        schedule_time=wire.timestamp(stored.scheduled_at),
        hand_time=wire.timestamp(stored.handed_at),
        send_time=wire.timestamp(stored.sent_at),
        attempt_count=stored.attempts,
        wire_id=stored.wire_id,
        text_hash=(stored.text_hash or b"")[:_HASH_BYTES].hex(),
        trace_id=trace_id(stored.traceparent or ""),
        campaign=f"campaigns/{stored.campaign_id}" if stored.campaign_id else "",
        kind=_kind(stored),
    )


def _kind(stored: Stored) -> pb.Message.Kind:
    if stored.is_confirmation:
        return pb.Message.KIND_STOP_CONFIRMATION
    return pb.Message.KIND_CAMPAIGN if stored.campaign_id else pb.Message.KIND_STEP
