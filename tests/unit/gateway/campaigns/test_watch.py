"""Rate, end, and whether it is over."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.campaigns.model import Progress
from gateway.campaigns.state import State
from gateway.campaigns.watch import Meter, ends_at, is_over

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def seen(seconds: float = 0, state: State = State.RUNNING, swept: bool = False, **counts: int) -> Progress:
    return Progress(
        state=state, at=BEGIN + timedelta(seconds=seconds), counts=counts, is_swept=swept, suppressed=0,
        no_consent=0, erased=0, device_parked=0, leads=0, done_leads=0, plan_end=BEGIN + timedelta(hours=1),
        listed_count=None, lead_count=0,
    )  # fmt: skip


def test_the_rate_is_of_the_last_ten_seconds() -> None:
    meter = Meter()
    assert meter.show(seen(0)) == 0
    assert meter.show(seen(5, sent=50)) == 10
    assert meter.show(seen(10, sent=90, delivered=10)) == 10
    assert meter.show(seen(20, sent=100)) == 0


def test_the_end_is_the_plan_s_or_what_the_rate_says() -> None:
    assert ends_at(seen(pending=100), 0.0) == BEGIN + timedelta(hours=1)
    assert ends_at(seen(pending=100), 10.0) == BEGIN + timedelta(hours=1)
    assert ends_at(seen(pending=7200, handed=0), 1.0) == BEGIN + timedelta(hours=2)
    assert ends_at(seen(state=State.PAUSED, pending=100), 1.0) is None


@pytest.mark.parametrize(
    ("progress", "over"),
    [
        (seen(state=State.FINISHED, sent=3), True),
        (seen(state=State.RUNNING, sent=3), False),
        (seen(state=State.CANCELLED, cancelled=3, unknown=1), True),
        (seen(state=State.CANCELLED, cancelled=3, handed=1), False),
        (seen(state=State.CANCELLED, cancelled=3, swept=True), False),
    ],
)
def test_a_campaign_is_over_when_nothing_can_change_by_itself(progress: Progress, over: bool) -> None:
    assert is_over(progress) is over
