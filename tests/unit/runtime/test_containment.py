import logging

import pytest

from services.runtime import containment
from services.runtime.containment import PASSING, contained
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
