"""The public reasons of refusals, in the words that stand on the wire.

`protos/kompang/v1/errors.proto` documents each: its enum `ErrorReason` has the same names with the prefix
`ERROR_REASON_`. A test holds the two equal. The reasons that need no domain word stand in
`services.runtime.errors`. Gateway and enrollment refuse; every process may read this file.
"""

from enum import StrEnum, unique


@unique
class Reason(StrEnum):
    """Given to the constructor of an error of `services.runtime.errors`."""

    API_KEY_MISSING = "API_KEY_MISSING"
    API_KEY_INVALID = "API_KEY_INVALID"
    SCOPE_MISSING = "SCOPE_MISSING"
    ETAG_STALE = "ETAG_STALE"
    CAMPAIGN_STATE = "CAMPAIGN_STATE"
    CAMPAIGN_EMPTY = "CAMPAIGN_EMPTY"
    DEVICE_HELD = "DEVICE_HELD"
    NO_DEVICE = "NO_DEVICE"
    LEAD_ENROLLED = "LEAD_ENROLLED"
    LEAD_DELETED = "LEAD_DELETED"
    SUPPRESSED = "SUPPRESSED"
    IMPORT_ELSEWHERE = "IMPORT_ELSEWHERE"
    TOO_MANY_IMPORTS = "TOO_MANY_IMPORTS"
    MESSAGE_NOT_UNKNOWN = "MESSAGE_NOT_UNKNOWN"
    STOP_CONFIRMATION = "STOP_CONFIRMATION"
    LEAD_SUPPRESSED = "LEAD_SUPPRESSED"
    MESSAGE_STOPPED = "MESSAGE_STOPPED"
    LATER_STEP_HANDED = "LATER_STEP_HANDED"
    TEXT_UNRENDERABLE = "TEXT_UNRENDERABLE"
    SEQUENCE_CIRCLE = "SEQUENCE_CIRCLE"
    SEQUENCE_EMPTY = "SEQUENCE_EMPTY"
    SEQUENCE_INACTIVE = "SEQUENCE_INACTIVE"
    SEQUENCE_WITHOUT_TRIGGER = "SEQUENCE_WITHOUT_TRIGGER"
    SEQUENCE_NOT_LISTENING = "SEQUENCE_NOT_LISTENING"
    SEQUENCE_UNKNOWN = "SEQUENCE_UNKNOWN"
    CHAIN_NOT_ENROLLABLE = "CHAIN_NOT_ENROLLABLE"
    WATCHER_TOO_SLOW = "WATCHER_TOO_SLOW"
    ANSWER_FORGOTTEN = "ANSWER_FORGOTTEN"
