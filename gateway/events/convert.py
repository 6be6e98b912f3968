"""An event as the public API shows it."""

from gateway import wire
from gateway.events.model import Stored
from kompang.v1 import events_pb2 as pb


def to_proto(stored: Stored) -> pb.Event:
    """A stored event as the public API shows it."""
    state = f"STATE_{stored.state.upper()}" if stored.state else None
    return pb.Event(
        type=f"TYPE_{stored.type.upper()}",
        event_time=wire.timestamp(stored.at),
        message=f"messages/{stored.message_id}" if stored.message_id else "",
        lead=f"leads/{stored.lead_id}" if stored.lead_id else "",
        device=f"devices/{stored.device_id}" if stored.device_id else "",
        message_state=state if stored.type == "message_changed" else None,
        device_state=state if stored.type == "device_changed" else None,
        reason=stored.reason or "",
        sequence=f"sequences/{stored.sequence}" if stored.sequence else "",
    )
