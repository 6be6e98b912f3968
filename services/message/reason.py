"""Why a message stands where it stands: the words in `message.reason`, in events and in the public API."""

from enum import StrEnum


class MessageReason(StrEnum):
    """A message that goes as planned has none."""

    # The message is planned, and waits.
    QUIET_HOURS = "quiet_hours"
    FREQUENCY_CAP = "frequency_cap"
    # It would begin a chat, and its device has begun enough for now.
    FIRST_CONTACT = "first_contact"
    # An earlier step of its lead waits for long.
    BEHIND = "behind"
    # The message did not leave the host.
    NOT_SENT = "not_sent"
    # The network refused the message, which may pass.
    TRANSIENT = "transient"
    # The network refused the message because of the device.
    RATE_LIMITED = "rate_limited"
    TEMPORARY_BAN = "temporary_ban"
    REACH_OUT_LIMIT = "reach_out_limit"
    LOGGED_OUT = "logged_out"
    BANNED = "banned"
    REPLACED = "replaced"
    CLIENT_OUTDATED = "client_outdated"
    NOT_PAIRED = "not_paired"
    LOCKED = "locked"
    # Somebody decided that it is sent again.
    RESEND = "resend"
    RETRY = "retry"

    # The database was restored: it may have been sent in the time that was lost, or its lead said stop.
    RESTORED = "restored"

    # A host has the message, as a repeat of an attempt that may have gone.
    REPEAT = "repeat"

    # Nobody knows whether the message was sent.
    NO_ANSWER = "no_answer"
    HOST_LOST = "host_lost"
    # The message was to be sent again, and a later step was sent meanwhile.
    OVERTAKEN = "overtaken"

    # The message failed.
    NOT_ON_WHATSAPP = "not_on_whatsapp"
    INVALID_MESSAGE = "invalid_message"
    RENDER = "render"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    # The message may have been sent, and dispatch does not try again.
    GAVE_UP = "gave_up"

    # The person is suppressed.
    SUPPRESSED = "suppressed"
    # The message was cancelled: the person replied, took the stop word back, was erased, or the plan ended.
    REPLIED = "replied"
    START_WORD = "start_word"
    ERASED = "erased"
    STOPPED = "stopped"
    # Its lead was moved to a newer version of the sequence, or began the sequence anew.
    MOVED = "moved"
    RESTARTED = "restarted"
    # The message was too late, and dropped.
    LATE = "late"

    # An operator decided that the message was sent.
    RESOLVED = "resolved"
