"""What an account holds back although it is due: quiet hours and caps per person."""

from dataclasses import dataclass
from datetime import time

from kompang.v1 import accounts_pb2 as pb


@dataclass(frozen=True)
class Guards:
    """Local times, both or none; messages to one person in 24 and in 168 hours, 0 for no cap."""

    quiet_from: time | None = None
    quiet_until: time | None = None
    daily_cap: int = 0
    weekly_cap: int = 0


# Of new accounts; docs/design.md has them too.
DEFAULT = Guards(time(21), time(9), 2, 7)


def quiet_hours_of(given: pb.Account) -> tuple[time | None, time | None]:
    """As a caller wrote them, checked."""
    if not given.HasField("quiet_hours"):
        return None, None
    return time.fromisoformat(given.quiet_hours.start), time.fromisoformat(given.quiet_hours.end)


def quiet_hours_shown(guards: Guards) -> pb.QuietHours | None:
    """None: the field is left unset."""
    if guards.quiet_from is None or guards.quiet_until is None:
        return None
    return pb.QuietHours(start=f"{guards.quiet_from:%H:%M}", end=f"{guards.quiet_until:%H:%M}")
