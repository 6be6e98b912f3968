"""Who is a member, and who was: read from the keys that the members' sessions hold."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.runtime.discovery.client import Entry


@dataclass(frozen=True)
class Members:
    """Member → its session. `index` is Consul's at that time; equal members are equal at any index.

    `away` are those that were members and are not, each with the ModifyIndex of its key.
    """

    sessions: Mapping[str, str]
    index: int = field(compare=False)
    away: Mapping[str, int] = field(default_factory=dict)

    @property
    def ids(self) -> frozenset[str]:
        """The members alone."""
        return frozenset(self.sessions)

    @property
    def known(self) -> frozenset[str]:
        """The members, and those that are away."""
        return self.ids.union(self.away)


def members_in(prefix: str, entries: Iterable[Entry], index: int) -> Members:
    """Members are the keys that a session holds: Consul takes an ended session off its keys."""
    sessions, away = dict[str, str](), dict[str, int]()
    for entry in entries:
        member = entry.key.removeprefix(prefix)
        if entry.session:
            sessions[member] = entry.session
        else:
            away[member] = entry.modify_index
    return Members(sessions, index, away)
