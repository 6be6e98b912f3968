"""What a word or phrase does in a clause: the keys of a language in `vocabulary.toml`. Pure."""

from enum import Enum


class Role(Enum):
    """Of two meanings of a word that of the later role counts."""

    REASON = "reason"
    LIST = "list"
    STOP = "stop"
    ALONE = "alone"
    LEAVE = "leave"
    PERHAPS = "perhaps"
    COMPLAINT = "complaint"
    START = "start"
    NOT = "not"
    NOT_AFTER = "not_after"
    WANT = "want"
    SEND = "send"
    CONTACT = "contact"
    OBJECT = "object"
    PLACE = "place"
    REMOVE = "remove"
    ME = "me"
    FILLER = "filler"
    TODAY = "today"
    LATER = "later"
    NUMBER = "number"
    WHY = "why"
    OTHER = "other"
    GO_ON = "go_on"

    # There is one object of each, and the hash of its name would take a tenth of the time of a reply.
    __hash__ = object.__hash__
