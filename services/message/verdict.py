"""What the hand decided about one candidate, and did in the same statement."""

from enum import StrEnum


class Verdict(StrEnum):
    """The values of `verdict` in `services/dispatch/hand/queries.sql`, in the order in which it asks."""

    # The statement's view is too old to act on; nothing was done. The same again, at once.
    LATE = "late"
    # The shard's lease is not held through the stream that was asked about.
    LEASE = "lease"
    # The lease is held, but the host's term has run out; a late renewal may come yet.
    LAPSED = "lapsed"
    # Another message of the device is in flight.
    BUSY = "busy"
    # It is not pending any more, or does not exist.
    GONE = "gone"
    # It was in flight and has ended meanwhile; the flight is over.
    SETTLED = "settled"
    # It may have gone, and is not repeated: it is unknown, or what its policy says.
    AMBIGUOUS = "ambiguous"
    # A later step of its lead went: it is unknown, and not sent again.
    OVERTAKEN = "overtaken"
    # It has ended.
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    # Its campaign or enrollment waits.
    PAUSED = "paused"
    # Its device may not send now.
    PARKED = "parked"
    HELD = "held"
    # It is not due yet, or not before its `not_before`.
    WAITING = "waiting"
    EARLY = "early"
    # An earlier step of its lead goes first: after a long wait, or soon.
    DEFERRED = "deferred"
    BEHIND = "behind"
    # Its device has sent enough today.
    CAPPED = "capped"
    # Its lead may not be written to now.
    QUIET = "quiet"
    FREQUENT = "frequent"
    # The device's gap is not over.
    PACED = "paced"
    # It goes.
    HAND = "hand"
