"""Limits of processor time: a slow processor is allowed for, a slow product is not."""

import time

import pytest

from tests.support import processor
from tests.support.processor import allowed_s, assert_quick, processor_slowness


def slow_processor(monkeypatch: pytest.MonkeyPatch, times: float) -> None:
    """The same work takes so many times the processor time."""
    real = time.thread_time
    monkeypatch.setattr(time, "thread_time", lambda: times * real())


def spin(seconds: float) -> None:
    """Takes so much processor time."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


@pytest.mark.parametrize(("sample_s", "expected"), [(0.001, 1.0), (2.5, 2.5), (900, 10.0)])
def test_slowness_is_what_the_sample_takes_beside_the_usual(
    monkeypatch: pytest.MonkeyPatch, sample_s: float, expected: float
) -> None:
    monkeypatch.setattr(processor, "taken_s", lambda _: sample_s * processor._USUAL_S)
    assert processor_slowness() == pytest.approx(expected)
    assert allowed_s(2.0) == pytest.approx(2 * expected)


def test_a_slower_processor_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    before = processor_slowness()
    slow_processor(monkeypatch, 8.0)
    assert processor_slowness() > 1.5 * before


def test_work_within_its_limit_passes_at_once() -> None:
    done: list[int] = []
    assert_quick(lambda: done.append(1), 0.01)
    assert done == [1]


def test_one_slow_moment_is_forgiven() -> None:
    waits = iter([0.02, 0.0])
    assert_quick(lambda: spin(next(waits)), 0.001)


def test_work_beyond_its_limit_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "processor_slowness", lambda: 2.5)
    with pytest.raises(AssertionError, match="a loop takes"):
        assert_quick(lambda: spin(0.006), 0.002, "a loop")
    assert_quick(lambda: spin(0.004), 0.002)
