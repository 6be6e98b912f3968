"""One bad outcome, hold or credit ends that alone; what cannot be read is a doubt."""

from typing import Any
from unittest.mock import AsyncMock

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch import policy
from services.dispatch.leases.grants import Grants
from services.dispatch.outcomes import outcomes as outcomes_module
from services.dispatch.outcomes.outcomes import Outcomes
from services.dispatch.outcomes.store import Doubt
from services.dispatch.window.window import Entry
from tests.unit.dispatch.containment.support import SETTINGS, THEN, Store, acknowledged, every_error, sent
from tests.unit.dispatch.test_roster import roster_of, row


@every_error
async def test_an_outcome_that_the_database_refuses_is_in_doubt_and_the_others_are_recorded(error, counted):
    roster, attachment = roster_of(row(1), row(2), row(3))
    store: Any = Store(error)
    outcomes = Outcomes(store, store, roster, Grants(store, roster), SETTINGS, AsyncMock())
    outcomes.add(attachment, pb.OutcomeFrame(frame_id=7, outcomes=[sent(1), sent(2), sent(3)]))
    assert await outcomes.run_once() == 3
    assert sorted(store.recorded) == [2, 3]
    assert store.doubted == [Doubt(1, 101, "")]
    assert acknowledged(attachment) == ["outcome_ack"]
    assert all(roster.slot(device).is_ready for device in (1, 2, 3))
    assert counted["dispatch.outcomes"] == 1
    assert await outcomes.run_once() == 0


@pytest.mark.parametrize(
    ("changes", "doubt"),
    [
        ({"scheduled_at_us": 2**62}, Doubt(1, 101, "")),
        ({"scheduled_at_us": -1}, Doubt(1, 101, "")),
        ({"epoch": -1}, Doubt(1, 101, "")),
        ({"message_id": 0}, Doubt(1, None, "")),
        ({"message_id": -5}, Doubt(1, None, "")),
        # No such device: its message was handed to device 1.
        ({"device_id": 2**40}, Doubt(1, 101, "")),
        ({"device_id": -3}, Doubt(1, 101, "")),
        ({"text_hash": b"x" * 9000}, Doubt(1, 101, "")),
        ({"result": pb.Outcome.RESULT_UNSPECIFIED}, Doubt(1, 101, "")),
        ({"result": 77}, Doubt(1, 101, "")),
    ],
    ids=str,
)
async def test_an_outcome_that_cannot_be_read_puts_in_doubt_what_is_in_flight(changes, doubt, counted):
    roster, attachment = roster_of(row(1), row(2))
    roster.slot(1).last = Entry.of(101, THEN)
    store: Any = Store(ValueError())
    store._unless = lambda _is_bad: None
    outcomes = Outcomes(store, store, roster, Grants(store, roster), SETTINGS, AsyncMock())
    outcomes.add(attachment, pb.OutcomeFrame(frame_id=7, outcomes=[sent(1, **changes), sent(2)]))
    await outcomes.run_once()
    assert store.recorded == [2]
    assert store.doubted == [doubt]
    assert counted["dispatch.outcome"] == 1
    assert acknowledged(attachment) == ["outcome_ack"]
    # The scan finds it left over, and the device goes on.
    assert (roster.slot(1).last, roster.slot(1).is_ready) == (None, True)


@every_error
async def test_a_policy_that_fails_concerns_its_outcome_only(error, counted, monkeypatch):
    roster, attachment = roster_of(row(1), row(2))
    decide = policy.decide

    def failing(outcome: pb.Outcome, *more: Any) -> Any:
        if outcome.device_id == 1:
            raise error
        return decide(outcome, *more)

    monkeypatch.setattr(outcomes_module, "decide", failing)
    store: Any = Store(error)
    outcomes = Outcomes(store, store, roster, Grants(store, roster), SETTINGS, AsyncMock())
    outcomes.add(attachment, pb.OutcomeFrame(frame_id=7, outcomes=[sent(1), sent(2)]))
    await outcomes.run_once()
    assert (store.recorded, store.doubted) == ([2], [Doubt(1, 101, "")])


@every_error
async def test_a_hold_that_cannot_be_recorded_leaves_the_others_and_the_outcomes_alone(error, counted):
    roster, attachment = roster_of(row(1), row(2))

    class Marks(Store):
        async def record_outcomes(self, results):
            return {r.message_id: str(r.state) for r in results}

    store: Any = Marks(error)
    outcomes = Outcomes(store, store, roster, Grants(store, roster), SETTINGS, AsyncMock())
    banned = {"result": pb.Outcome.RESULT_REFUSED, "failure": pb.FAILURE_BANNED}
    outcomes.add(attachment, pb.OutcomeFrame(frame_id=7, outcomes=[sent(1, **banned), sent(2, **banned)]))
    await outcomes.run_once()
    assert store.done == [2]
    assert counted["dispatch.device_mark"] == 1
    assert store.doubted == []
    assert acknowledged(attachment) == ["outcome_ack"]


@every_error
async def test_a_credit_that_fails_is_that_device_s_alone(error, counted, monkeypatch):
    roster, attachment = roster_of(row(1), row(2))

    def failing(outcome: pb.Outcome, *_more: Any) -> None:
        raise error

    monkeypatch.setattr(outcomes_module, "span", failing)
    store: Any = Store(error)
    store._unless = lambda _is_bad: None
    outcomes = Outcomes(store, store, roster, Grants(store, roster), SETTINGS, AsyncMock())
    traced = sent(1, traceparent=f"00-{'1' * 32}-{'2' * 16}-01")
    outcomes.add(attachment, pb.OutcomeFrame(frame_id=7, outcomes=[traced, sent(2)]))
    await outcomes.run_once()
    assert counted["dispatch.credit"] == 1
    assert roster.slot(2).is_ready
    assert acknowledged(attachment) == ["outcome_ack"]


@every_error
async def test_an_identity_that_cannot_be_kept_leaves_the_outcomes_alone(error, counted):
    roster, attachment = roster_of(row(1), row(2))
    store: Any = Store(ValueError())
    store._unless = lambda _is_bad: None
    store.learn = AsyncMock(side_effect=error)
    outcomes = Outcomes(store, store, roster, Grants(store, roster), SETTINGS, AsyncMock())
    outcomes.add(attachment, pb.OutcomeFrame(frame_id=7, outcomes=[sent(1, lid="77"), sent(2)]))
    await outcomes.run_once()
    assert sorted(store.recorded) == [1, 2]
    assert [told.device_id for told in store.learn.call_args.args[0]] == [1]
    assert counted["dispatch.outcome.identities"] == 1
