"""Finding each other, and agreeing who may try what, through Consul.

Who has authority: nobody here. Consul says who may *try* (a lock says so to one session at a time);
the database says who may *act*, fenced by the epoch that `Locks.acquire` returns. So each part of this
package may be late or wrong for a moment and nothing is done twice.

For what term: a member's session lives as long as it is renewed, plus up to twice its TTL. While Consul
cannot be reached, a session counts as held, since Consul ends none while it has no leader, and a new
leader starts every TTL afresh. It is lost only when Consul itself says so.

What happens on failure: every call has a deadline and fails as `DiscoveryUnavailable`, nothing else.
Loops (announce, watch, renew) outlive an absent Consul: they go on with what they last knew and try
again with jitter. Consul's data restored from an old backup makes epochs fall: the database then
refuses every lease until the indexes have caught up, which is the safe side.

Keys: `<prefix>/members/<member>` (held by the member's session; without one while the member is away)
and `<prefix>/locks/<key>`. Both show who holds them (`signature`).
"""

from services.runtime.discovery.client import Entry, Instance
from services.runtime.discovery.errors import DiscoveryUnavailable, MemberExists
from services.runtime.discovery.locks import Locks
from services.runtime.discovery.member_session import MemberSession
from services.runtime.discovery.members import Members
from services.runtime.discovery.registry import Discovery
from services.runtime.discovery.signature import is_signed_by, signature

__all__ = [
    "Discovery",
    "DiscoveryUnavailable",
    "Entry",
    "Instance",
    "Locks",
    "MemberExists",
    "MemberSession",
    "Members",
    "is_signed_by",
    "signature",
]
