"""The end of a stream whose caller does not read."""

from services.reasons import Reason
from services.runtime.errors import ResourceExhausted


def too_slow() -> ResourceExhausted:
    """Told behind what the caller has not read yet."""
    text = (
        "you took no response for too long, so the stream was ended; begin it anew, and read all that comes"
    )
    return ResourceExhausted(text, reason=Reason.WATCHER_TOO_SLOW)
