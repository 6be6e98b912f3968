"""The errors of a call to Consul; no other error leaves this package."""

from services.runtime.errors import AlreadyExists, GenericReason, Unavailable


class DiscoveryUnavailable(Unavailable):
    """Consul did not answer in time, refused, or has no leader. The change asked for may have been made."""

    reason: str = GenericReason.DISCOVERY_UNAVAILABLE


class MemberExists(AlreadyExists):
    """Another live session holds this member's name: two processes were given the same one."""

    def __init__(self, member: str, holder_session: str) -> None:
        super().__init__(f"member {member!r} is held by session {holder_session}")
        self.member = member
        self.holder_session = holder_session
