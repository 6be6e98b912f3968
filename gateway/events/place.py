"""Places in the order of events, and the tokens that callers keep of them."""

from typing import NamedTuple

from gateway.paging import seal, unseal
from services.runtime.errors import InvalidArgument, Violation

_MOST_XID = 2**64 - 1
_MOST_ID = 2**63 - 1


class Place(NamedTuple):
    """After the event with this transaction and id; events are in order of the two."""

    xid: int
    id: int


def token(account_id: int, place: Place) -> str:
    """The resume token of a place, good for this account only."""
    return seal(_scope(account_id), place)


def place(account_id: int, text: str) -> Place:
    """The place of a resume token. Raises `InvalidArgument` on `resume_token` for what is none."""
    try:
        found = Place(*unseal(_scope(account_id), text, 2))
    except ValueError:
        found = Place(-1, -1)
    if not (0 <= found.xid <= _MOST_XID and 0 <= found.id <= _MOST_ID):
        why = "is no token of this account's events; send the last one received, or leave it empty"
        raise InvalidArgument([Violation("resume_token", why)])
    return found


def _scope(account_id: int) -> bytes:
    return f"events:{account_id}".encode()
