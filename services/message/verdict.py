"""The decision of the hand about one candidate; the same statement acts on the decision."""

from enum import StrEnum


class Verdict(StrEnum):
    """The values of `verdict` in `services/dispatch/hand/queries.sql`, in the order in which it asks."""

    # The statement's view is too old to act on; nothing was done. Dispatch asks again at once.
    LATE = "late"
    # The shard's lease is not held through the stream that was asked about.
    LEASE = "lease"
    # The lease is held, but the host's term has run out; a late renewal may come yet.
    LAPSED = "lapsed"
    # The database was restored, and no operator has released sending yet; nothing was done.
    RESTORED = "restored"
    # Another message of the device is in flight.
    BUSY = "busy"
    # The message is not pending any more, or does not exist.
    GONE = "gone"
    # The message was in flight and has ended meanwhile; its device is free again.
    SETTLED = "settled"
    # The message may have been sent, and is not repeated: its state is unknown, or what its policy says.
    AMBIGUOUS = "ambiguous"
    # A later step of its lead was sent: the message is unknown, and not sent again.
    OVERTAKEN = "overtaken"
    # The message has ended.
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    # Nothing is sent to its lead until somebody resumes the lead: the database was restored.
    WITHHELD = "withheld"
    # Its campaign or enrollment is paused.
    PAUSED = "paused"
    # Its device may not send now.
    PARKED = "parked"
    HELD = "held"
    # The message is not due yet, or must wait until its `not_before`.
    WAITING = "waiting"
    EARLY = "early"
    # An earlier step of its lead is sent first: after a long wait, or soon.
    DEFERRED = "deferred"
    BEHIND = "behind"
    # It would begin a chat, and its device begins none now, or has begun enough today.
    NEW_CHAT = "new_chat"
    # Its device has sent enough today.
    CAPPED = "capped"
    # Its lead may not be written to now.
    QUIET = "quiet"
    FREQUENT = "frequent"
    # The device's gap is not over.
    PACED = "paced"
    # The hand gives the message to its host.
    HAND = "hand"
