"""What is told to whoever finds no place."""

from services.reasons import Reason
from services.runtime.errors import ResourceExhausted, Retry


def too_many_calls() -> ResourceExhausted:
    """Of one key."""
    text = "too many calls of this key are under way; wait for some to end, then send this one again"
    return ResourceExhausted(text, reason=Reason.TOO_MANY_CALLS, retry=Retry(0.5))


def too_many_streams() -> ResourceExhausted:
    """Of one key, or of an address without one."""
    text = "too many streams of this key are open; end those that nobody reads, then open this one again"
    return ResourceExhausted(text, reason=Reason.TOO_MANY_STREAMS, retry=Retry(5.0))
