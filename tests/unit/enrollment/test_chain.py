"""Flattening a chain of linked sequences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.enrollment.chain import LONGEST_S, MOST_STEPS, ChainError, Link, flatten

HOUR = 3600.0
COLD = Link(1, 2, ((11, 300.0), (12, 12 * HOUR), (13, 24 * HOUR), (14, 36 * HOUR), (15, 48 * HOUR)))
WARM = Link(2, 3, ((21, 12 * HOUR), (22, 24 * HOUR), (23, 36 * HOUR), (24, 48 * HOUR)))
HOT = Link(3, None, ((31, 12 * HOUR), (32, 24 * HOUR)))


def test_cold_warm_hot_is_eleven_steps_twelve_hours_apart() -> None:
    chain = flatten(1, [HOT, COLD, WARM])
    assert chain.step_ids == (11, 12, 13, 14, 15, 21, 22, 23, 24, 31, 32)
    assert chain.offsets_s == (300.0, *(k * 12 * HOUR for k in range(1, 11)))
    assert chain.length_s == 120 * HOUR


def test_a_sequence_without_steps_contributes_nothing() -> None:
    chain = flatten(1, [COLD, Link(2, 3, ()), HOT])
    assert chain.step_ids == (11, 12, 13, 14, 15, 31, 32)
    assert chain.offsets_s[-2:] == (60 * HOUR, 72 * HOUR)


def test_an_empty_head_starts_the_next_at_the_enrollment() -> None:
    assert flatten(2, [Link(2, 3, ()), HOT]).offsets_s == (12 * HOUR, 24 * HOUR)


@pytest.mark.parametrize(
    "links",
    [
        [Link(1, 1, ((1, 0.0),))],
        [Link(1, 2, ((1, 0.0),)), Link(2, 1, ((2, 0.0),))],
        [Link(1, 2, ()), Link(2, 3, ()), Link(3, 2, ((1, 0.0),))],
    ],
    ids=["itself", "head", "tail"],
)
def test_a_circle_is_refused(links: list[Link]) -> None:
    with pytest.raises(ChainError, match="linked twice"):
        flatten(1, links)


def test_no_steps_too_many_and_too_late_are_refused() -> None:
    with pytest.raises(ChainError, match="add one"):
        flatten(1, [Link(1, None, ())])
    with pytest.raises(ChainError, match="steps"):
        flatten(1, [Link(1, None, tuple((k, float(k)) for k in range(MOST_STEPS + 1)))])
    with pytest.raises(ChainError, match="days"):
        flatten(1, [Link(1, None, ((1, LONGEST_S + 1),))])


@given(st.lists(st.lists(st.floats(0, 1e6), max_size=8).map(sorted), min_size=1, max_size=5))
def test_messages_of_a_lead_never_go_back_in_time(offsets: list[list[float]]) -> None:
    last = len(offsets)
    links = [
        Link(k, k + 1 if k < last else None, tuple(enumerate(steps, start=100 * k)))
        for k, steps in enumerate(offsets, start=1)
    ]
    if not any(offsets):
        return
    chain = flatten(1, links)
    assert len(chain) == sum(map(len, offsets))
    assert list(chain.offsets_s) == sorted(chain.offsets_s)
