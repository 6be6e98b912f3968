"""The check of linear time goes red on quadratic work."""

import pytest

from tests.support import linear
from tests.support.linear import assert_linear


def test_linear_work_passes() -> None:
    done = []

    assert_linear(lambda count: done.append(sum(n % 7 for n in range(count))), 1000)

    assert done


def test_quadratic_work_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    # One round sees it, too, and takes a third of the time.
    monkeypatch.setattr(linear, "_ROUNDS", 1)
    with pytest.raises(AssertionError, match="times as long"):
        assert_linear(lambda count: sum(1 for _ in range(count) for _ in range(count)), 60)
