"""An event as the public API shows it."""

from collections.abc import Iterable

from gateway import wire
from gateway.events.model import Stored
from kompang.v1 import events_pb2 as pb
from services.runtime.containment import contained


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
        ban_reason=f"BAN_REASON_{stored.ban_reason.upper()}" if stored.ban_reason else None,
        sequence=f"sequences/{stored.sequence}" if stored.sequence else "",
    )


def to_protos(events: Iterable[Stored]) -> list[pb.Event]:
    """Those that this version can show: an event that it cannot show is reported and passed over."""
    shown = []
    for event in events:
        with contained("gateway.event.show", event_id=event.place.id):
            shown.append(to_proto(event))
    return shown
