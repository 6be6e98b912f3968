"""Page tokens: opaque places in a list, each bound to the account and the query it was made for.

A token carries a hash of its query, so that one of another query is refused instead of giving a wrong
page. It is no secret: every statement names the account again, and a forged token opens nothing.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from google.protobuf.message import Message

from gateway import wire
from services.runtime.errors import InvalidArgument, Violation

DEFAULT_SIZE = 50
MAX_SIZE = 1000
# Clients take 4 MB a response unless told otherwise.
MAX_BYTES = 3 * 1024 * 1024

_DIGEST_BYTES = 9

Cursor = tuple[int, ...]
Row = TypeVar("Row")
Item = TypeVar("Item", bound=Message)


def seal(scope: bytes, cursor: Cursor) -> str:
    """A token for this place, good within this scope only."""
    place = json.dumps(cursor, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_digest(scope, place) + place).decode().rstrip("=")


def unseal(scope: bytes, token: str, length: int) -> Cursor:
    """The place, of so many numbers. Raises `ValueError` for what `seal` did not make for this scope."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        digest, place = raw[:_DIGEST_BYTES], raw[_DIGEST_BYTES:]
        cursor = json.loads(place)
    except (ValueError, RecursionError) as error:
        raise ValueError("not a token") from error
    if digest != _digest(scope, place) or not isinstance(cursor, list) or len(cursor) != length:
        raise ValueError("a token of something else")
    if not all(isinstance(number, int) for number in cursor):
        raise ValueError("not a token")
    return tuple(cursor)


def _digest(scope: bytes, place: bytes) -> bytes:
    text = len(scope).to_bytes(4, "big") + scope + place
    return hashlib.sha256(text).digest()[:_DIGEST_BYTES]


@dataclass(frozen=True)
class Query:
    """One page asked for: at most `size` rows after `cursor`."""

    size: int
    cursor: Cursor
    scope: bytes

    @classmethod
    def of(cls, request: Any, account_id: int, first: Cursor = (0,)) -> "Query":
        """Reads a List request; `first` is the cursor before everything.

        Raises `InvalidArgument` on `page_token` for a token of another query.
        """
        scope = _scope(request, account_id)
        size = min(request.page_size or DEFAULT_SIZE, MAX_SIZE)
        if not request.page_token:
            return cls(size, first, scope)
        try:
            return cls(size, unseal(scope, request.page_token, len(first)), scope)
        except ValueError:
            text = (
                "is not a token of this query; repeat the request it came from with all else unchanged,"
                " or leave it empty to start at the first page"
            )
            raise InvalidArgument([Violation("page_token", text)]) from None

    def token(self, cursor: Cursor) -> str:
        """The token of the page after this place."""
        return seal(self.scope, cursor)

    def page(
        self,
        rows: Sequence[Row],
        convert: Callable[[Row], Item],
        cursor_of: Callable[[Row], Cursor],
        *,
        rest: Cursor | None = None,
    ) -> tuple[list[Item], str]:
        """The items of this page and the next page's token.

        `rows` holds one more than `size` when there are more. `rest`: where to go on when the rows are
        used up but the search was not over.
        """
        items: list[Item] = []
        room = MAX_BYTES
        for row in rows[: self.size]:
            item = convert(row)
            room -= item.ByteSize()
            if items and room < 0:
                break
            items.append(item)
        if len(items) < len(rows):
            return items, self.token(cursor_of(rows[len(items) - 1]))
        return items, "" if rest is None else self.token(rest)


def _scope(request: Any, account_id: int) -> bytes:
    head = f"{account_id}:{request.DESCRIPTOR.full_name}:".encode()
    return head + wire.canonical(request, "page_token", "page_size")
