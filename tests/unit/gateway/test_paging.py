"""Pages and their tokens: bound to account and query, and made by the gateway alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.paging import MAX_BYTES, Query
from gateway.tokens import MAX_CHARACTERS, Tokens
from kompang.v1 import leads_pb2 as pb
from services.runtime.errors import InvalidArgument

TOKENS = Tokens(b"k" * 32)
seal, unseal = TOKENS.seal, TOKENS.unseal

numbers = st.lists(st.integers(-(2**63), 2**64), min_size=1, max_size=4)


@given(st.binary(max_size=40), numbers)
def test_a_seal_is_opened_by_its_own_scope(scope: bytes, cursor: list[int]) -> None:
    token = seal(scope, tuple(cursor))
    assert unseal(scope, token, len(cursor)) == tuple(cursor)
    with pytest.raises(ValueError, match="token"):
        unseal(scope + b"x", token, len(cursor))


@given(st.text(max_size=80))
def test_any_text_is_refused_not_crashed_on(text: str) -> None:
    with pytest.raises(ValueError, match="token"):
        unseal(b"scope", text, 1)


def test_a_changed_token_is_refused() -> None:
    for cursor in ((1,), (12,), (123,), (123456,)):
        token = seal(b"scope", cursor)
        for place in range(len(token)):
            changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
            with pytest.raises(ValueError, match="token"):
                unseal(b"scope", changed, 1)


def test_a_longest_token_is_not_too_long() -> None:
    longest = (-(2**63),) * 4
    assert unseal(b"scope", seal(b"scope", longest), 4) == longest
    assert len(seal(b"scope", longest)) < MAX_CHARACTERS


def test_a_token_of_an_older_secret_is_read_and_one_of_a_stranger_is_not() -> None:
    rotated = Tokens(b"n" * 32, b"k" * 32)
    assert rotated.unseal(b"scope", seal(b"scope", (7,)), 1) == (7,)
    for other in (Tokens(b"n" * 32), Tokens(b"s" * 32)):
        with pytest.raises(ValueError, match="token"):
            unseal(b"scope", other.seal(b"scope", (7,)), 1)


def request(**fields: object) -> pb.ListLeadsRequest:
    return pb.ListLeadsRequest(**fields)  # type: ignore[arg-type]


def test_a_page_size_has_a_default_and_a_maximum() -> None:
    sizes = [Query.of(request(page_size=size), 1, TOKENS).size for size in (0, 7, 1000, 1001)]
    assert sizes == [50, 7, 1000, 1000]


def test_the_size_may_change_between_pages_and_nothing_else() -> None:
    token = Query.of(request(trigger="COLD"), 1, TOKENS).token((7,))
    assert Query.of(request(trigger="COLD", page_size=3, page_token=token), 1, TOKENS).cursor == (7,)
    for other, account in ((request(page_token=token), 1), (request(trigger="COLD", page_token=token), 2)):
        with pytest.raises(InvalidArgument) as caught:
            Query.of(other, account, TOKENS)
        assert [one.field for one in caught.value.violations] == ["page_token"]


def _pages(rows: list[int], size: int, text: str) -> list[list[int]]:
    pages, query = [], Query(size, (0,), b"", TOKENS)
    while True:
        window = [row for row in rows if row > query.cursor[0]][: size + 1]
        items, token, _ = query.page(
            window, lambda row: pb.Lead(phone=str(row), display_name=text), lambda row: (row,)
        )
        pages.append([int(item.phone) for item in items])
        if not token:
            return pages
        query = Query(size, unseal(b"", token, 1), b"", TOKENS)


def test_pages_hold_every_row_once() -> None:
    rows = list(range(1, 11))
    for size in range(1, 12):
        assert [row for page in _pages(rows, size, "") for row in page] == rows
    assert _pages([1, 2], 2, "") == [[1, 2]]


def test_a_page_is_cut_before_it_grows_too_big() -> None:
    assert _pages([1, 2, 3], 10, "x" * (MAX_BYTES // 2)) == [[1], [2], [3]]
    assert _pages([1, 2], 10, "x" * (MAX_BYTES * 2)) == [[1], [2]]


def test_an_unfinished_search_goes_on_where_it_stopped() -> None:
    query = Query(5, (0,), b"", TOKENS)
    items, token, _ = query.page([], lambda _: pb.Lead(), lambda row: (row,), rest=(99,))
    assert (items, unseal(b"", token, 1)) == ([], (99,))
