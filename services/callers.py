"""Who may call what between our processes: the one table. What has no row is called by nobody.

The roles are those that certificates name (docs/security.md). The public API asks for no certificate: its
callers have API keys, and `gateway/auth` decides what each key may do.
"""

from enum import StrEnum, unique

from services.runtime.peer import Callers


@unique
class Role(StrEnum):
    """The kinds of processes, as they are called in certificates."""

    GATEWAY = "gateway"
    ENROLLMENT = "enrollment"
    DISPATCH = "dispatch"
    SHARDHOST = "shardhost"


def _only(*roles: Role) -> frozenset[str]:
    return frozenset(map(str, roles))


CALLERS: Callers = {
    "kompang.dispatch.v1.DispatchService/Attach": _only(Role.SHARDHOST),
    "kompang.enrollment.v1.EnrollmentService/RunNow": _only(Role.GATEWAY),
    "kompang.enrollment.v1.EnrollmentService/Move": _only(Role.GATEWAY),
}
"""Of the ports for our own processes."""
