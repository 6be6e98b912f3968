"""Place tokens: the opaque places that a caller sends back, in a list, a move or the events.

Authority: the MAC. A token is made with a key that no database holds, for one scope (the account, the method
and its query), so nobody can make one, change one, or use one of another account or query. Every statement
names the account again all the same. What a caller sends is measured before it is decoded, and its MAC is
checked before it is parsed.
"""

import base64
import hmac
import json
from collections.abc import Mapping
from typing import Self

from services.runtime.secret import RootSecret

MAX_CHARACTERS = 256
"""Longer than any token that is made: four numbers of 20 digits."""

REMEDIES: Mapping[str, str] = {
    "page_token": (
        "is not a token of this query; repeat the request it came from with all else unchanged, or leave it"
        " empty to start at the first page"
    ),
    "resume_token": (
        "is no token of this account's events; send the last one received, or leave it empty to start now"
    ),
}
"""By the field that a caller sends one in: what is said of one that was not made for it."""

_LABEL = "place-tokens"
_MAC_BYTES = 16

Cursor = tuple[int, ...]


class Tokens:
    """Makes and reads tokens, with a key of the newest root secret; those of older ones are read too."""

    def __init__(self, newest: bytes, *older: bytes) -> None:
        self._keys = (newest, *older)

    @classmethod
    def of(cls, root: RootSecret) -> Self:
        """The same for all replicas, because the root secret is."""
        return cls(*root.derived(_LABEL))

    def seal(self, scope: bytes, cursor: Cursor) -> str:
        """A token for this place, good within this scope only."""
        place = json.dumps(cursor, separators=(",", ":")).encode()
        return _text(_mac(self._keys[0], scope, place) + place)

    def unseal(self, scope: bytes, token: str, length: int) -> Cursor:
        """The place, of so many numbers. Raises `ValueError` for what `seal` did not make for this scope."""
        if len(token) > MAX_CHARACTERS:
            raise ValueError("too long for a token")
        raw = _bytes(token)
        mac, place = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        # The last character of base64 has bits without a meaning: one token has one spelling.
        is_ours = any(hmac.compare_digest(mac, _mac(key, scope, place)) for key in self._keys)
        if not is_ours or token != _text(raw):
            raise ValueError("not a token of this scope")
        cursor = json.loads(place)
        if len(cursor) != length:
            raise ValueError("a token of something else")
        return tuple(cursor)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise ValueError("not a token") from None


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _mac(key: bytes, scope: bytes, place: bytes) -> bytes:
    # The length keeps scope and place apart.
    return hmac.digest(key, len(scope).to_bytes(4, "big") + scope + place, "sha256")[:_MAC_BYTES]
