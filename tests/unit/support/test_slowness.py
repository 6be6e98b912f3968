"""Time-outs that allow for a slow machine."""

import signal
import subprocess
import sys

import pytest

from tests.faults import pace
from tests.support import slowness
from tests.support.eventually import eventually


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the session measured stays as it is."""
    monkeypatch.setenv("KOMPANG_TEST_SLOWNESS", "2.5")


def test_a_time_out_is_stretched_by_what_was_measured() -> None:
    assert slowness.patient(4.0) == 10.0


@pytest.mark.parametrize(("sample_s", "workers", "expected"), [(0.01, 1, 1.0), (0.3, 1, 2.5), (900, 1, 20.0)])
def test_slowness_is_what_a_start_takes_beside_the_usual(
    monkeypatch: pytest.MonkeyPatch, sample_s: float, workers: int, expected: float
) -> None:
    monkeypatch.setattr(slowness, "_sample_s", lambda: sample_s)

    assert slowness.measure(workers) == pytest.approx(expected)
    assert slowness.slowness() == pytest.approx(expected)


def test_slowness_now_is_of_one_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slowness, "_sample_s", lambda: 0.3)

    assert slowness.slowness_now() == pytest.approx(2.5)


async def test_a_silence_is_stretched_by_the_slowness_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[float] = []

    def sample() -> float:
        taken.append(0.36 if taken else 0.12)
        return taken[-1]

    async def are_three() -> bool:
        return len(taken) >= 3

    monkeypatch.setattr(slowness, "_sample_s", sample)
    monkeypatch.setattr(pace, "_EVERY_S", 0.0)

    async with pace.Pace() as measured:
        await eventually(are_three)

    assert measured.allowed(3.0) == pytest.approx(9.0)


def test_workers_that_share_a_core_count_as_slowness(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slowness, "_sample_s", lambda: 0.01)
    monkeypatch.setattr("os.cpu_count", lambda: 2)

    assert slowness.measure(workers=4) == 2.0


async def test_waiting_ends_with_the_last_answer_when_the_time_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def never() -> int:
        return 0

    monkeypatch.setattr(slowness, "_sample_s", lambda: 0.12)
    with pytest.raises(AssertionError, match=r"not within 0.25 s: a miracle; last answer 0"):
        await eventually(never, within_s=0.1, what="a miracle")


async def test_waiting_goes_on_where_the_machine_is_slower_than_when_the_session_began(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sampled: list[float] = []

    def sample() -> float:
        sampled.append(1.2)
        return sampled[-1]

    async def is_sampled() -> bool:
        """True only after the time that the session's slowness allows."""
        return bool(sampled)

    monkeypatch.setattr(slowness, "_sample_s", sample)

    await eventually(is_sampled, within_s=0.1)

    assert len(sampled) == 1


def test_a_test_run_that_was_started_with_ctrl_c_ignored_does_not_hand_that_on() -> None:
    """As under `nohup make test &`."""
    asked = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"

    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    assert found.stdout.strip() == "True"
