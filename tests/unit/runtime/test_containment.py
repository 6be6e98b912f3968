import logging
from dataclasses import dataclass, field

import pytest

from services.runtime import containment
from services.runtime.containment import PASSING, contained, contained_all
from services.runtime.errors import Unavailable


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
