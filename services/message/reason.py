"""Why a message stands where it stands: the words in `message.reason`, in events and in the public API."""

from enum import StrEnum


class MessageReason(StrEnum):
    """A message that goes as planned has none."""

    # It is planned, and waits.
    QUIET_HOURS = "quiet_hours"
    FREQUENCY_CAP = "frequency_cap"
    # An earlier step of its lead waits for long.
    BEHIND = "behind"
    # It did not leave the host.
    NOT_SENT = "not_sent"
    # The network refused it, which may pass.
    TRANSIENT = "transient"
    # The network refused it because of its device.
    RATE_LIMITED = "rate_limited"
    TEMPORARY_BAN = "temporary_ban"
    REACH_OUT_LIMIT = "reach_out_limit"
    LOGGED_OUT = "logged_out"
    BANNED = "banned"
    REPLACED = "replaced"
    # Somebody decided that it is sent again.
    RESEND = "resend"
    RETRY = "retry"

    # It is with a host, as a repeat of an attempt that may have gone.
    REPEAT = "repeat"

    # Nobody knows whether it went.
    NO_ANSWER = "no_answer"
    HOST_LOST = "host_lost"
    # It was to be sent again, and a later step went meanwhile.
    OVERTAKEN = "overtaken"

    # It failed.
    NOT_ON_WHATSAPP = "not_on_whatsapp"
    INVALID_MESSAGE = "invalid_message"
    RENDER = "render"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    # It may have gone, and nobody tries any more.
    GAVE_UP = "gave_up"

    # The person asked for silence.
    SUPPRESSED = "suppressed"
    # It was cancelled: the person wrote, took the stop word back, was removed, or its plan ended.
    REPLIED = "replied"
    START_WORD = "start_word"
    ERASED = "erased"
    STOPPED = "stopped"
    # Its lead was moved to a newer version of the sequence, or began the sequence anew.
    MOVED = "moved"
    RESTARTED = "restarted"
    # It was too late, and dropped.
    LATE = "late"

    # An operator said that it went.
    RESOLVED = "resolved"
