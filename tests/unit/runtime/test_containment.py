"""An unforeseen error ends the work on one thing and nothing beside it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from services.runtime import containment
from services.runtime.containment import PASSING, contained, contained_all, contained_each
from services.runtime.errors import KompangError, NotFound, Unavailable


def test_an_unforeseen_error_ends_the_work_on_one_thing_and_is_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = containment.counts["tests.thing"]
    done = []
    with caplog.at_level(logging.ERROR):
        for number in range(3):
            with contained("tests.thing", thing_id=number) as ended:
                if number == 1:
                    raise ValueError("+60123456789 wrote: stop")
                done.append(number)
            assert (ended.error is not None) == (number == 1)
    assert done == [0, 2]
    assert containment.counts["tests.thing"] == before + 1
    (record,) = caplog.records
    assert record.__dict__["thing_id"] == 1
    assert "+60123456789" not in str(record.__dict__)


@pytest.mark.parametrize("kind", PASSING)
def test_what_passes_by_itself_is_raised(kind: type[Unavailable]) -> None:
    with pytest.raises(kind), contained("tests.thing"):
        raise kind("later")


def test_a_cancellation_is_not_contained() -> None:
    with pytest.raises(KeyboardInterrupt), contained("tests.thing"):
        raise KeyboardInterrupt


@pytest.mark.parametrize("kind", [*PASSING, ValueError])
def test_where_nobody_tries_again_what_passes_by_itself_is_contained_too(kind: type[Exception]) -> None:
    before = containment.counts["tests.thing"]
    with contained_all("tests.thing") as ended:
        raise kind("later")
    assert isinstance(ended.error, kind)
    assert containment.counts["tests.thing"] == before + 1


def test_an_error_of_generated_code_has_a_place_too(caplog: pytest.LogCaptureFixture) -> None:
    """The name of its file has no folder."""

    def fail() -> int:
        raise ValueError("boom")

    @dataclass
    class Thing:
        number: int = field(default_factory=fail)

    with caplog.at_level(logging.ERROR), contained("tests.thing"):
        Thing()
    assert caplog.records[-1].__dict__["at"][-2].startswith("<string>:")


async def halved(things: list[int], bad: dict[int, Exception], **options: Any) -> tuple[list[int], list[int]]:
    """The things that were worked on, and those that failed alone."""
    done: list[int] = []

    async def work(part: Sequence[int]) -> None:
        for thing in part:
            if thing in bad:
                raise bad[thing]
        done.extend(part)

    failed = await contained_each("tests.each", things, work, lambda thing: {"thing_id": thing}, **options)
    return done, failed


async def test_of_many_things_those_at_fault_are_found_and_the_others_are_done() -> None:
    before = containment.counts["tests.each"]
    done, failed = await halved([*range(50)], {7: ValueError(), 8: KeyError(), 49: LookupError()})
    assert failed == [7, 8, 49]
    assert done == [each for each in range(50) if each not in failed]
    assert containment.counts["tests.each"] == before + 3


async def test_nothing_is_worked_on_where_there_is_nothing() -> None:
    assert await halved([], {}) == ([], [])


async def test_what_passes_by_itself_is_raised_for_many_things_too() -> None:
    with pytest.raises(Unavailable):
        await halved([1, 2, 3], {3: Unavailable("away")})


async def test_a_refusal_is_an_answer_where_the_caller_says_so() -> None:
    with pytest.raises(NotFound):
        await halved([1, 2, 3], {3: NotFound("gone")}, raised=(KompangError,))
    with pytest.raises(NotFound), contained("tests.thing", raised=(KompangError,)):
        raise NotFound("gone")
    assert await halved([1, 2, 3], {3: NotFound("gone")}) == ([1, 2], [3])


def test_of_very_many_errors_in_one_place_some_are_logged_and_all_are_counted(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = containment.counts["tests.flood"]
    minutes = iter([0.0] * 100 + [60.0])
    monkeypatch.setattr("time.monotonic", lambda: next(minutes))
    for number in range(101):
        containment.report("tests.flood", ValueError(), thing_id=number)
    assert containment.counts["tests.flood"] == before + 101
    assert len(caplog.records) == 61
    assert caplog.records[-1].__dict__["unlogged_before"] == 40
