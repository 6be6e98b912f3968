"""One mechanism tries again: how long it waits, when it gives up, and what it says."""

import asyncio
import logging

import pytest

from services.runtime import retry
from services.runtime.backoff import delay
from services.runtime.containment import counts
from services.runtime.errors import Aborted, NotFound, ResourceExhausted, Unavailable
from services.runtime.lifecycle import Life, every
from services.runtime.retry import Retry, repeated


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "delay", lambda *_: 0.0)


class Failing:
    """Raises these one after the other, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


@pytest.mark.parametrize(
    ("failures", "ceiling"), [(0, 0.4), (1, 0.4), (2, 0.8), (4, 3.2), (5, 5), (10_000, 5)]
)
def test_a_delay_doubles_to_the_longest_and_half_of_it_is_jitter(failures: int, ceiling: float) -> None:
    delays = [delay(failures) for _ in range(200)]
    assert all(ceiling / 2 <= each <= ceiling for each in delays)
    assert max(delays) - min(delays) > ceiling / 4


def test_a_delay_begins_and_ends_where_the_caller_says() -> None:
    assert 0.05 <= delay(1, 0.1, 1.0) <= 0.1
    assert 0.5 <= delay(20, 0.1, 1.0) <= 1.0


def test_failures_in_a_row_make_the_delay_longer_until_a_success() -> None:
    made = Retry("test", first_s=1.0, longest_s=100.0)
    assert [made.failed() > limit for limit in (0.4, 0.9, 1.9)] == [True] * 3
    made.succeeded()
    assert made.failed() <= 1.0


def test_the_first_failure_and_the_recovery_are_logged_and_nothing_between(
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = Retry("reading")
    with caplog.at_level(logging.INFO):
        for _ in range(5):
            made.failed(Unavailable("the database is away"))
        made.succeeded()
        made.succeeded()
    first, last = (record.__dict__ for record in caplog.records)
    assert (first["what"], first["reason"], first["error"]) == (
        "reading",
        "UNAVAILABLE",
        "the database is away",
    )
    assert (last["what"], last["failures"]) == ("reading", 5)


def test_the_text_of_a_foreign_error_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    Retry("reading").failed(OSError("+60123456789"))
    (record,) = caplog.records
    assert record.__dict__["reason"] == "OSError"
    assert "+60123456789" not in str(record.__dict__)


def test_without_a_name_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    silent = Retry(None)
    with caplog.at_level(logging.DEBUG):
        silent.failed(Unavailable("away"))
        silent.succeeded()
    assert not caplog.records


async def test_a_pause_ends_with_the_drain_and_says_so() -> None:
    life = Life()
    made = Retry("test", first_s=60.0, longest_s=60.0, life=life)
    asyncio.get_running_loop().call_soon(life.drain)
    assert not await made.pause(Unavailable("away"))


@pytest.mark.usefixtures("no_waiting")
async def test_a_pause_without_a_drain_asks_for_another_try() -> None:
    assert await Retry("test").pause()
    assert await Retry("test", life=Life()).pause()


@pytest.mark.usefixtures("no_waiting")
async def test_a_call_is_repeated_while_its_failure_passes() -> None:
    attempt = Failing(Unavailable("away"), Aborted("deadlock"), ResourceExhausted("full"))
    made = Retry("test")
    assert await made.call(attempt) == "answer"
    assert (attempt.calls, made.failures) == (4, 0)


@pytest.mark.usefixtures("no_waiting")
async def test_a_call_that_used_up_its_tries_raises_the_last_failure() -> None:
    attempt = Failing(*(Unavailable(str(number)) for number in range(9)))
    with pytest.raises(Unavailable, match="2"):
        await Retry("test").call(attempt, tries=3)
    assert attempt.calls == 3


@pytest.mark.usefixtures("no_waiting")
async def test_what_does_not_pass_is_raised_at_once() -> None:
    attempt = Failing(NotFound("no such lead"))
    with pytest.raises(NotFound):
        await Retry("test").call(attempt)
    assert attempt.calls == 1


async def test_a_call_in_a_drain_raises_instead_of_waiting() -> None:
    life = Life()
    life.drain()
    attempt = Failing(Unavailable("away"))
    with pytest.raises(Unavailable):
        await Retry("test", first_s=60.0, longest_s=60.0, life=life).call(attempt)


@pytest.mark.usefixtures("no_waiting")
async def test_a_statement_is_repeated_over_a_restart_but_not_on_a_full_disk() -> None:
    attempt = Failing(Unavailable("restart"), Aborted("deadlock"))
    assert await repeated(attempt, Life()) == "answer"
    with pytest.raises(ResourceExhausted):
        await repeated(Failing(ResourceExhausted("full")), Life())


@pytest.mark.usefixtures("no_waiting")
async def test_a_loop_outlives_what_passes_and_ends_with_the_drain() -> None:
    life = Life()
    attempt = Failing(Unavailable("away"), ResourceExhausted("full"))

    async def run_once() -> None:
        await attempt()
        life.drain()

    await every(60.0, run_once, life)
    assert attempt.calls == 3


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("error", [NotFound("no such lead"), ValueError(), RecursionError()])
async def test_a_loop_outlives_what_nobody_foresaw_and_counts_it(error: Exception) -> None:
    life = Life()
    attempt = Failing(error, error)
    before = counts["loop"]

    async def run_once() -> None:
        await attempt()
        life.drain()

    await every(60.0, run_once, life)
    assert (attempt.calls, counts["loop"] - before) == (3, 2)
