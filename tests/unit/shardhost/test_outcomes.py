"""Outcomes are written in order and told again until they are acknowledged."""

from kompang.dispatch.v1 import dispatch_pb2 as pb
from shardhost.outcomes import Outcomes, Report
from tests.unit.shardhost.fakes import Clock


def report(number: int, at: float = 1000.0, shard: int = 1) -> Report:
    return Report(pb.OutgoingMessage(message_id=number), shard, pb.Outcome.RESULT_SENT, at)


def ids(frame: pb.OutcomeFrame | None) -> list[int]:
    return [outcome.message_id for outcome in frame.outcomes] if frame else []


def test_outcomes_are_written_in_their_order_and_in_frames() -> None:
    outcomes = Outcomes()
    for number in range(5):
        outcomes.add(report(number))
    frames = [outcomes.frame(2) for _ in range(3)]
    assert [ids(frame) for frame in frames] == [[0, 1], [2, 3], [4]]
    assert [frame.frame_id for frame in frames if frame] == [1, 2, 3]
    assert outcomes.frame(2) is None


def test_what_is_not_acknowledged_is_replayed_ahead_of_the_rest_under_new_frame_ids() -> None:
    outcomes = Outcomes()
    for number in range(6):
        outcomes.add(report(number))
    for _ in range(2):
        outcomes.frame(2)
    outcomes.acknowledge(1)
    outcomes.replay()
    frame = outcomes.frame(10)
    assert ids(frame) == [2, 3, 4, 5]
    assert frame
    assert frame.frame_id == 3


def test_the_age_of_an_outcome_counts_to_its_writing() -> None:
    clock = Clock()
    outcomes = Outcomes(clock)
    outcomes.add(report(1, at=clock.now))
    clock.now += 1.25
    first = outcomes.frame(1)
    outcomes.replay()
    clock.now += 1
    again = outcomes.frame(1)
    assert [f.outcomes[0].age_ms for f in (first, again) if f] == [1250, 2250]


def test_a_shard_waits_until_all_of_its_outcomes_are_acknowledged() -> None:
    outcomes = Outcomes()
    outcomes.add(report(1, shard=1))
    outcomes.add(report(2, shard=2))
    assert outcomes.waiting(1) == 1
    frame = outcomes.frame(10)
    assert frame
    assert outcomes.acknowledge(frame.frame_id) == {1, 2}
    assert outcomes.acknowledge(frame.frame_id) == set()
    assert outcomes.waiting(1) == outcomes.waiting(2) == 0


class Device:
    def __init__(self) -> None:
        self.acknowledgements = 0

    def credit_with(self, report: Report) -> bool:
        return report.message.message_id == 2

    def acknowledged(self) -> None:
        self.acknowledgements += 1


def test_the_credit_is_asked_for_at_the_writing_and_the_device_learns_of_the_commit() -> None:
    outcomes, device = Outcomes(), Device()
    for number in (1, 2):
        told = report(number)
        told.device = device
        outcomes.add(told)
    frame = outcomes.frame(2)
    assert frame
    assert [outcome.ready for outcome in frame.outcomes] == [False, True]
    outcomes.acknowledge(frame.frame_id)
    assert device.acknowledgements == 2
