"""What the events of a session say of the link of its device to the network."""

from collections.abc import Iterable
from dataclasses import dataclass

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.states import LinkState

_LONGEST_JID = 100

_LINKS = {
    pb.DeviceEvent.TYPE_CONNECTED: LinkState.CONNECTED,
    pb.DeviceEvent.TYPE_DISCONNECTED: LinkState.DISCONNECTED,
    pb.DeviceEvent.TYPE_REPLACED: LinkState.DISCONNECTED,
    pb.DeviceEvent.TYPE_LOGGED_OUT: LinkState.UNPAIRED,
    pb.DeviceEvent.TYPE_BANNED: LinkState.UNPAIRED,
    pb.DeviceEvent.TYPE_TEMPORARY_BAN: LinkState.DISCONNECTED,
    pb.DeviceEvent.TYPE_CLIENT_OUTDATED: LinkState.DISCONNECTED,
    pb.DeviceEvent.TYPE_NOT_PAIRED: LinkState.UNPAIRED,
    pb.DeviceEvent.TYPE_LOCKED: LinkState.UNPAIRED,
    pb.DeviceEvent.TYPE_PUMP_LOST: LinkState.DISCONNECTED,
}


@dataclass(frozen=True, slots=True)
class Link:
    """The link of one device, as a session under this epoch told it; `jid` is empty where it told none."""

    device_id: int
    epoch: int
    state: str
    jid: str

    def ids(self) -> dict[str, object]:
        """The ids by which the log names it."""
        return {"device_id": self.device_id}


def links(events: Iterable[pb.DeviceEvent]) -> list[Link]:
    """The last word of each device. What only a newer host knows says nothing here."""
    last: dict[int, Link] = {}
    for event in events:
        state = _LINKS.get(event.type)
        if state is None:
            continue
        jid = event.jid if event.jid.isprintable() else ""
        last[event.device_id] = Link(event.device_id, event.epoch, state, jid[:_LONGEST_JID])
    return sorted(last.values(), key=lambda link: link.device_id)
