"""Log-ins that were refused: counted, and held back where one peer fails again and again.

A peer is the address that a call comes from, of IPv6 its /64 network; behind a proxy that is the proxy's.
Who fails often is not refused for that, because good keys may come from the same address: only its wrong
keys wait longer (`Keyring.match`). What is kept is bounded, whoever calls from wherever.
"""

from dataclasses import dataclass
from enum import StrEnum

from opentelemetry import metrics

from gateway.auth.allowance import Allowance

# Of one peer at once, and how many more a second.
_BURST = 20
_PER_S = 1.0
# Counted apart until they are taken, every few seconds; all others are one peer, `elsewhere`.
_MOST_COUNTED = 200
_ELSEWHERE = "elsewhere"

_counter = metrics.get_meter(__name__).create_counter(
    "kompang.failed_logins", unit="{call}", description="Calls that were refused for want of a good key."
)


class Failure(StrEnum):
    """Why a log-in was refused."""

    MISSING = "missing"
    """There was no key, or what was sent has not the form of one."""
    UNKNOWN = "unknown"
    """No key has this public id, or it was revoked, or has expired."""
    WRONG_SECRET = "wrong_secret"  # noqa: S105 - a reason, no secret


@dataclass
class Failed:
    """How often it was refused to one peer for one reason; `public_id` of the key tried last."""

    peer: str
    reason: Failure
    public_id: str
    count: int = 0


class Failures:
    """Of one gateway."""

    def __init__(self) -> None:
        self._counted: dict[tuple[str, Failure], Failed] = {}
        self._soon = Allowance(_BURST, _PER_S)

    def count(self, peer: str, reason: Failure, public_id: str = "") -> None:
        """Counts one."""
        _counter.add(1, {"kompang.reason": reason})
        if (peer, reason) not in self._counted and len(self._counted) >= _MOST_COUNTED:
            peer, public_id = _ELSEWHERE, ""
        failed = self._counted.setdefault((peer, reason), Failed(peer, reason, public_id))
        failed.public_id = public_id
        failed.count += 1

    def take(self) -> list[Failed]:
        """What was counted since the last time."""
        taken, self._counted = list(self._counted.values()), {}
        return taken

    def give_back(self, failed: list[Failed]) -> None:
        """What was taken and could not be written."""
        for each in failed:
            known = self._counted.setdefault((each.peer, each.reason), each)
            if known is not each:
                known.count += each.count

    def spend(self, peer: str) -> bool:
        """Whether the peer has failed seldom enough of late to be answered soon; counts this time in."""
        return self._soon.spend(peer)
