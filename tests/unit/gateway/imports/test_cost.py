"""What a row costs, in calls: the clock of a busy machine tells nothing."""

import sys
from types import FrameType

from tests.unit.gateway.imports.reading import read

ROWS = 100
# As measured (550 and 2,000), and a half more. A comment is read as a reply would be: that is most of it.
MOST_PLAIN, MOST_COMMENTED = 800, 3000


def calls(content: bytes) -> int:
    """Calls of functions and of built-in ones, while a list is read."""
    count = 0

    def noted(_frame: FrameType, event: str, _given: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(noted)
    try:
        read(content)
    finally:
        sys.setprofile(None)
    return count


def per_row(title: str, cell: str) -> float:
    """Of the later rows of a list: what is looked at once, at the beginning, is not counted."""

    def content(rows: int) -> bytes:
        lines = (f"Lead {n},+6012{2000000 + n},{cell.format(n=n)}\n" for n in range(rows))
        return f"Name,Phone,{title}\n{''.join(lines)}".encode()

    read(content(2))
    return (calls(content(2 * ROWS)) - calls(content(ROWS))) / ROWS


def test_a_row_of_plain_columns_is_cheap() -> None:
    title, cell = "City,Address,Shop,Points,Product,Agent", "Ipoh,{n} Jalan Besar,Kedai {n},{n},Teh {n},Ana"
    assert per_row(title, cell) < MOST_PLAIN


def test_a_row_with_a_comment_has_its_bound() -> None:
    assert per_row("Comment", "came with {n} friends and paid in cash") < MOST_COMMENTED


def test_a_comment_that_comes_again_is_cheap() -> None:
    assert per_row("Comment", "came with friends and paid in cash") < MOST_PLAIN
