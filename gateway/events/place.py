"""Places in the order of events, and the tokens that callers keep of them."""

from typing import NamedTuple

from gateway.tokens import REMEDIES, Tokens
from services.runtime.errors import InvalidArgument, Violation


class Place(NamedTuple):
    """After the event with this transaction and id; events are in order of the two."""

    xid: int
    id: int


def token(tokens: Tokens, account_id: int, place: Place) -> str:
    """The resume token of a place, good for this account only."""
    return tokens.seal(_scope(account_id), place)


def place(tokens: Tokens, account_id: int, text: str) -> Place:
    """The place of a resume token. Raises `InvalidArgument` on `resume_token` for what is none."""
    try:
        return Place(*tokens.unseal(_scope(account_id), text, 2))
    except ValueError:
        raise InvalidArgument([Violation("resume_token", REMEDIES["resume_token"])]) from None


def _scope(account_id: int) -> bytes:
    return f"events:{account_id}".encode()
