"""How far somebody has come in a sequence that was changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.enrollment.moves.step_diff import had_already, passed


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("abcd", "abcd", [1, 2, 3, 4]),
        ("abcd", "aXbcd", [1, 3, 4, 5]),
        ("abcd", "abd", [1, 2, 2, 3]),
        ("abcd", "aBCd", [1, 2, 3, 4]),
        ("abcd", "aBCDE", [1, 2, 3, 4]),
        ("abcd", "XY", [1, 2, 2, 2]),
        ("abcd", "", [0, 0, 0, 0]),
        ("abcd", "dabc", [2, 3, 4, 4]),
        ("aaa", "aaaa", [1, 2, 3]),
    ],
)
def test_a_step_is_known_again_by_what_it_says_or_by_its_place(
    before: str, after: str, expected: list[int]
) -> None:
    assert [passed(before, after, position) for position in range(1, len(before) + 1)] == expected


@given(st.text("abc", min_size=1, max_size=8), st.text("abc", max_size=8))
def test_who_is_further_on_stays_further_on(before: str, after: str) -> None:
    found = [passed(before, after, position) for position in range(1, len(before) + 1)]
    assert found == sorted(found)
    assert all(0 <= one <= len(after) for one in found)


@pytest.mark.parametrize(
    ("before", "after", "position", "expected"),
    [
        ("abc", "bca", 1, {2}),
        ("abc", "bca", 3, {2}),
        ("abc", "abca", 1, set()),
        ("aab", "aba", 2, {2}),
        ("abab", "ababab", 3, set()),
        ("abc", "cab", 2, set()),
    ],
)
def test_a_step_moved_to_the_end_is_not_said_again(
    before: str, after: str, position: int, expected: set[int]
) -> None:
    assert had_already(before, after, position) == expected
