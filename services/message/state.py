"""Where a message stands. The steps between the states are in `services/dispatch/state.py`."""

from enum import StrEnum


class MessageState(StrEnum):
    """The values of the type `kompang.message_state` in Postgres."""

    PENDING = "pending"
    HANDED = "handed"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
