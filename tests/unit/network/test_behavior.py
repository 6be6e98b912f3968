"""What happens to a send follows from the script, the seed and the send alone."""

from statistics import median

import pytest

from infra.local.network import presets
from infra.local.network.behavior import AT_ONCE, Behavior, Draw
from kompang.dispatch.v1 import dispatch_pb2
from kompang.simulation.v1 import behavior_pb2 as pb
from shardhost.transports.transport import Failure


def draws(script: pb.Behavior, count: int = 4000) -> list[Draw]:
    behavior = Behavior(script)
    return [behavior.draw("60111", f"60{n}", f"wire-{n}", 0) for n in range(count)]


def test_failures_have_the_numbers_of_dispatch_everywhere() -> None:
    for failure in Failure:
        name = f"FAILURE_{failure.name}"
        assert failure == dispatch_pb2.Failure.Value(name) == pb.Failure.Value(name)


def test_the_same_seed_has_the_same_fate() -> None:
    assert draws(presets.hostile()) == draws(presets.hostile())


def test_another_seed_has_another_fate() -> None:
    other = presets.hostile()
    other.seed = 2
    assert draws(presets.hostile()) != draws(other)


def test_the_order_of_arrival_changes_nothing() -> None:
    behavior = Behavior(presets.hostile())
    forward = {n: behavior.draw("60111", "60999", f"wire-{n}", 0) for n in range(500)}
    backward = {n: behavior.draw("60111", "60999", f"wire-{n}", 0) for n in reversed(range(500))}
    assert forward == backward


def test_each_attempt_is_drawn_anew() -> None:
    behavior = Behavior(pb.Behavior(conduct=pb.Conduct(lost_send=0.5)))
    attempts = [behavior.draw("60111", "60999", "wire", n).lost_send for n in range(100)]
    assert 20 < sum(attempts) < 80


def test_under_the_instant_preset_nothing_is_drawn() -> None:
    assert all(draw is AT_ONCE for draw in draws(presets.instant(), 10))


def test_usual_takes_about_60_ms_in_the_median_and_nothing_goes_wrong() -> None:
    drawn = draws(presets.usual())
    assert 0.055 < median(draw.accept_delay + draw.ack_delay for draw in drawn) < 0.07
    assert not any(draw.refusal or draw.lost_send or draw.lost_ack for draw in drawn)


def test_probabilities_are_met() -> None:
    conduct = pb.Conduct(
        refusals=[
            pb.Chance(failure=pb.FAILURE_TRANSIENT, probability=0.2),
            pb.Chance(failure=pb.FAILURE_RATE_LIMITED, probability=0.1, hold_ms=500),
        ],
        lost_send=0.1,
        lost_ack=0.3,
    )
    drawn = draws(pb.Behavior(conduct=conduct))
    failures = [draw.refusal.failure for draw in drawn if draw.refusal]
    assert failures.count(pb.FAILURE_TRANSIENT) / len(drawn) == pytest.approx(0.2, abs=0.03)
    assert failures.count(pb.FAILURE_RATE_LIMITED) / len(drawn) == pytest.approx(0.1, abs=0.03)
    assert {draw.refusal.hold_ms for draw in drawn if draw.refusal} == {0, 500}
    assert sum(draw.lost_send for draw in drawn) / len(drawn) == pytest.approx(0.1, abs=0.03)
    assert sum(draw.lost_ack for draw in drawn) / len(drawn) == pytest.approx(0.9 * 0.3, abs=0.03)
    assert not any(draw.lost_send and draw.lost_ack for draw in drawn)


@pytest.mark.parametrize(
    ("latency", "low", "high"),
    [
        (pb.Latency(fixed=pb.FixedLatency(ms=25)), 0.025, 0.025),
        (pb.Latency(uniform=pb.UniformLatency(low_ms=10, high_ms=20)), 0.01, 0.02),
        (pb.Latency(lognormal=pb.LognormalLatency(median_ms=50, sigma=3, cap_ms=90)), 0, 0.09),
    ],
)
def test_latencies_keep_their_bounds(latency: pb.Latency, low: float, high: float) -> None:
    drawn = [draw.accept_delay for draw in draws(pb.Behavior(conduct=pb.Conduct(accept_latency=latency)))]
    assert low <= min(drawn) <= max(drawn) <= high
    assert max(drawn) > high * 0.95


def test_the_recipient_beats_the_device_and_the_device_the_rest() -> None:
    behavior = Behavior(
        pb.Behavior(
            conduct=pb.Conduct(lost_ack=1),
            devices={"60111": pb.Conduct(lost_send=1)},
            recipients={"60999": pb.Conduct()},
        )
    )
    assert behavior.draw("60222", "60888", "w", 0).lost_ack
    assert behavior.draw("60111", "60888", "w", 0).lost_send
    assert behavior.draw("60111", "60999", "w", 0) == AT_ONCE


def test_absent_recipients_by_name_and_by_fraction() -> None:
    behavior = Behavior(pb.Behavior(absent_recipients=["60999"], absent_fraction=0.25))
    named = behavior.draw("60111", "60999", "w", 0).refusal
    assert named is not None
    assert named.failure == pb.FAILURE_NOT_ON_WHATSAPP
    absent = {n for n in range(2000) if behavior.draw("60111", f"601{n}", "w", 0).refusal}
    assert len(absent) / 2000 == pytest.approx(0.25, abs=0.04)
    assert absent == {n for n in range(2000) if behavior.draw("60222", f"601{n}", "other", 3).refusal}


@pytest.mark.parametrize(
    "script",
    [
        '{"conduct": {"lostAck": 1.5}}',
        '{"conduct": {"refusals": [{"probability": 0.5}]}}',
        '{"conduct": {"acceptLatency": {"uniform": {"lowMs": 2, "highMs": 1}}}}',
        '{"conduct": {"refusals": [{"failure": 1, "probability": 0.6}, {"failure": 2, "probability": 0.6}]}}',
        '{"nonsense": 1}',
        "nonsense",
    ],
)
def test_bad_scripts_are_refused(script: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        presets.checked(presets.parsed(script))
