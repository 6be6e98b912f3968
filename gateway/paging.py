"""Pages of a list: how many rows, after which place, and the token of the next page.

A page token is a place token (`gateway.tokens`) whose scope is the account, the method and the query, so that
one of another query is refused instead of giving a wrong page.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from google.protobuf.message import Message

from gateway import wire
from gateway.tokens import REMEDIES, Cursor, Tokens
from gateway.unreadable import Unreadable
from services.runtime.errors import InvalidArgument, Violation

DEFAULT_SIZE = 50
MAX_SIZE = 1000
# Clients take 4 MB a response unless told otherwise.
MAX_BYTES = 3 * 1024 * 1024

Row = TypeVar("Row")
Item = TypeVar("Item", bound=Message)


class Page(NamedTuple, Generic[Item]):
    """The items of a page, the token of the next one, and the names of the rows that cannot be shown."""

    items: list[Item]
    token: str
    unreachable: list[str]


@dataclass(frozen=True)
class Query:
    """One page asked for: at most `size` rows after `cursor`."""

    size: int
    cursor: Cursor
    scope: bytes
    tokens: Tokens

    @classmethod
    def of(cls, request: Any, account_id: int, tokens: Tokens, first: Cursor = (0,)) -> "Query":
        """Reads a List request; `first` is the cursor before everything.

        Raises `InvalidArgument` on `page_token` for a token of another query.
        """
        scope = _scope(request, account_id)
        size = min(request.page_size or DEFAULT_SIZE, MAX_SIZE)
        if not request.page_token:
            return cls(size, first, scope, tokens)
        try:
            cursor = tokens.unseal(scope, request.page_token, len(first))
            return cls(size, cursor, scope, tokens)
        except ValueError:
            raise InvalidArgument([Violation("page_token", REMEDIES["page_token"])]) from None

    def token(self, cursor: Cursor) -> str:
        """The token of the page after this place."""
        return self.tokens.seal(self.scope, cursor)

    def page(
        self,
        rows: Sequence[Row],
        convert: Callable[[Row], Item],
        cursor_of: Callable[[Row], Cursor],
        *,
        rest: Cursor | None = None,
    ) -> Page[Item]:
        """The items of this page and the next page's token.

        `rows` holds one more than `size` when there are more. `rest`: where to go on when the rows are
        used up but the search was not over. A row that `convert` finds unreadable is named instead.
        """
        items: list[Item] = []
        unreachable: list[str] = []
        room = MAX_BYTES
        taken = 0
        for row in rows[: self.size]:
            try:
                item = convert(row)
            except Unreadable as error:
                unreachable.append(error.name)
            else:
                room -= item.ByteSize()
                if items and room < 0:
                    break
                items.append(item)
            taken += 1
        if taken < len(rows):
            return Page(items, self.token(cursor_of(rows[taken - 1])), unreachable)
        return Page(items, "" if rest is None else self.token(rest), unreachable)


def _scope(request: Any, account_id: int) -> bytes:
    head = f"{account_id}:{request.DESCRIPTOR.full_name}:".encode()
    return head + wire.canonical(request, "page_token", "page_size")
