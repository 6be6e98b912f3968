"""Which connection of a device is the newest, and which devices the network has closed out."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace

from infra.local.network.behavior import Refusal
from infra.local.network.link import Link
from kompang.simulation.v1 import behavior_pb2 as pb

_CLOSING_OUT = (
    pb.FAILURE_TEMPORARY_BAN,
    pb.FAILURE_LOGGED_OUT,
    pb.FAILURE_BANNED,
    pb.FAILURE_CLIENT_OUTDATED,
    pb.FAILURE_NOT_PAIRED,
    pb.FAILURE_LOCKED,
)
_DISCONNECTED = Refusal(pb.FAILURE_TRANSIENT)
_REPLACED = Refusal(pb.FAILURE_REPLACED)
_PUMP_LOST = Refusal(pb.FAILURE_PUMP_LOST)


def closes_out(why: Refusal) -> bool:
    """Whether this refusal is of the device, not of one send."""
    return why.failure in _CLOSING_OUT


def ends_session(why: Refusal) -> bool:
    """Whether the session is over with this refusal of a send."""
    return closes_out(why) or why.failure == pb.FAILURE_PUMP_LOST


@dataclass(slots=True, eq=False)
class DeviceSession:
    """One connection of one device; `ended` says why it is over."""

    link: Link
    session_id: int
    phone: str
    epoch: int
    connection: int
    ended: Refusal | None = None


class Devices:
    """Sessions and bans, in memory alone: a network that restarts has no bans."""

    def __init__(self) -> None:
        self._newest: dict[str, DeviceSession] = {}
        # With the moment in which it is over.
        self._closed_out: dict[str, tuple[Refusal, float]] = {}

    def connect(self, session: DeviceSession) -> None:
        """Make this the device's newest connection; the one before is replaced."""
        self.end(session.phone, _REPLACED)
        self._newest[session.phone] = session

    def is_newest(self, session: DeviceSession) -> bool:
        """Whether the device has not connected again since."""
        return self._newest.get(session.phone) is session

    def live(self, phone: str) -> DeviceSession | None:
        """The session on which the device can be reached, if any."""
        session = self._newest.get(phone)
        return session if session and not session.ended else None

    def end(self, phone: str, why: Refusal) -> int:
        """End the device's live session, if any, and report that to its host; returns how many ended."""
        session = self._newest.get(phone)
        if session is None or session.ended:
            return 0
        session.ended = why
        session.link.end_session(session.session_id, why)
        return 1

    def disconnect(self, phone: str) -> int:
        """End the live session without closing the device out."""
        return self.end(phone, _DISCONNECTED)

    def lose_pump(self, phone: str) -> int:
        """The live session tells nothing any more: it is over without the device being closed out."""
        return self.end(phone, _PUMP_LOST)

    def detach(self, session: DeviceSession) -> None:
        """The host closed the session, or is gone. What has arrived from it goes on."""
        session.ended = session.ended or _DISCONNECTED

    def close_out(self, phone: str, why: Refusal, now: float) -> int:
        """End the session and refuse the device from now on; returns how many ended."""
        temporary = why.failure == pb.FAILURE_TEMPORARY_BAN
        self._closed_out[phone] = (why, now + why.hold_ms / 1000 if temporary else math.inf)
        return self.end(phone, why)

    def restore(self, phone: str) -> None:
        """Lift whatever closes the device out."""
        self._closed_out.pop(phone, None)

    def closed_out(self, phone: str, now: float) -> Refusal | None:
        """Why the device may neither connect nor send now, with what is left of a temporary ban."""
        if phone not in self._closed_out:
            return None
        why, until = self._closed_out[phone]
        if until <= now:
            self.restore(phone)
            return None
        left = 0 if until == math.inf else max(1, round((until - now) * 1000))
        return replace(why, hold_ms=left)

    def session_counts(self) -> dict[str, int]:
        """Live sessions by host."""
        return Counter(session.link.host for session in self._newest.values() if session.ended is None)
