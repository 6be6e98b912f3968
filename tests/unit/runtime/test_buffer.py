"""Frames that are acknowledged after the commit of their entries, at both ends."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from services.runtime import buffer, containment, retry
from services.runtime.buffer import Limits, ReceiveBuffer, SendBuffer
from services.runtime.errors import ResourceExhausted, Unavailable


@dataclass(frozen=True, eq=False)
class Thing:
    number: int
    lane: int = 0


class Database:
    """Takes batches; raises the next of `failures`, or the `poison` of a number in the batch."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.failures: list[Exception] = []
        self.poison: dict[int, Exception] = {}
        self.wrote = asyncio.Event()

    async def write(self, things: Sequence[Thing]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        for thing in things:
            if thing.number in self.poison:
                raise self.poison[thing.number]
        self.batches.append([thing.number for thing in things])
        self.wrote.set()

    @property
    def numbers(self) -> list[int]:
        return [number for batch in self.batches for number in batch]


class Ends:
    """A buffer over a database; the frames that were acknowledged, in their order."""

    def __init__(self, limits: Limits, **options: object) -> None:
        self.database = Database()
        self.acknowledged: list[int] = []
        self.buffer: ReceiveBuffer[int, Thing] = ReceiveBuffer(
            "tests.things",
            self.database.write,
            lambda thing: {"thing_id": thing.number},
            limits,
            **options,  # type: ignore[arg-type]
        )

    def receive(self, frame: int, *things: Thing) -> None:
        self.buffer.add(((each.number, each) for each in things), lambda: self.acknowledged.append(frame))

    def receive_numbers(self, frame: int, *numbers: int) -> None:
        self.receive(frame, *(Thing(number) for number in numbers))


@pytest.fixture
def ends() -> Ends:
    return Ends(Limits(most=100, batch=3))


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "delay", lambda *_: 0.0)


async def test_entries_are_written_in_their_order_a_batch_at_a_time(ends: Ends) -> None:
    ends.receive_numbers(1, 1, 2)
    ends.receive_numbers(2, 3, 4, 5)
    assert [await ends.buffer.run_once() for _ in range(3)] == [3, 2, 0]
    assert ends.database.batches == [[1, 2, 3], [4, 5]]


async def test_a_frame_is_acknowledged_when_the_last_of_its_entries_is_written(ends: Ends) -> None:
    ends.receive_numbers(1, 1, 2, 3, 4)
    assert ends.acknowledged == []
    await ends.buffer.run_once()
    assert ends.acknowledged == []
    await ends.buffer.run_once()
    assert ends.acknowledged == [1]


async def test_a_frame_without_entries_is_acknowledged_at_once(ends: Ends) -> None:
    ends.receive_numbers(1)
    assert ends.acknowledged == [1]


async def test_an_entry_received_twice_is_written_once_and_acknowledges_both_frames(ends: Ends) -> None:
    ends.receive_numbers(1, 7)
    ends.receive_numbers(2, 7)
    await ends.buffer.run_once()
    assert (ends.database.batches, ends.acknowledged) == ([[7]], [1, 2])


async def test_an_entry_received_twice_in_one_frame_acknowledges_it(ends: Ends) -> None:
    ends.receive_numbers(1, 7, 7)
    await ends.buffer.run_once()
    assert ends.acknowledged == [1]


async def test_an_entry_received_again_while_it_is_written_is_written_again(ends: Ends) -> None:
    async def write(things: Sequence[Thing]) -> None:
        if not ends.database.batches:
            ends.receive_numbers(2, 7)
        await ends.database.write(things)

    ends.buffer = ReceiveBuffer("tests.things", write, lambda _: {}, Limits(most=9, batch=9))
    ends.receive_numbers(1, 7)
    await ends.buffer.run_once()
    assert (ends.acknowledged, len(ends.buffer)) == ([], 1)
    await ends.buffer.run_once()
    assert (ends.database.batches, ends.acknowledged) == ([[7], [7]], [1, 2])


async def test_the_value_that_came_last_is_the_one_that_waits(ends: Ends) -> None:
    older, newer = Thing(7), Thing(7)
    ends.receive(1, older)
    ends.receive(2, newer)
    assert ends.buffer.get(7) is newer
    assert ends.buffer.get(8) is None


async def test_two_of_one_lane_do_not_meet_in_a_batch() -> None:
    ends = Ends(Limits(most=100, batch=10), lane=lambda thing: thing.lane)
    ends.receive(1, Thing(1, lane=1), Thing(2, lane=1), Thing(3, lane=2))
    await ends.buffer.run_once()
    await ends.buffer.run_once()
    assert ends.database.batches == [[1, 3], [2]]


async def test_a_frame_that_does_not_fit_is_refused_whole() -> None:
    ends = Ends(Limits(most=3, batch=10))
    ends.receive_numbers(1, 1, 2)
    with pytest.raises(ResourceExhausted):
        ends.receive_numbers(2, 3, 4)
    ends.receive_numbers(3, 2, 3)  # one of them waits already
    await ends.buffer.run_once()
    assert (ends.database.batches, ends.acknowledged) == ([[1, 2, 3]], [1, 3])


async def test_an_owner_that_fills_its_share_leaves_room_for_the_others() -> None:
    limits = Limits(most=10, batch=2, most_of_owner=3)
    made = Ends(limits, owner=lambda thing: thing.lane)
    made.receive(1, Thing(1, 7), Thing(2, 7))
    with pytest.raises(ResourceExhausted):
        made.receive(2, Thing(3, 7), Thing(4, 7))
    made.receive(3, Thing(5, 8), Thing(2, 7), Thing(3, 7))
    await made.buffer.run_once()
    made.receive(4, Thing(4, 7), Thing(6, 7))
    with pytest.raises(ResourceExhausted):
        made.receive(5, Thing(1, 7))


@pytest.mark.parametrize("error", [ValueError("7"), KeyError("7"), AttributeError("7")])
async def test_an_entry_that_fails_alone_does_not_stop_the_others(error: Exception) -> None:
    rejected = []
    acknowledged: list[int] = []

    async def reject(thing: Thing) -> None:
        rejected.append((thing.number, list(acknowledged)))

    ends = Ends(Limits(most=100, batch=10), reject=reject)
    ends.acknowledged = acknowledged
    ends.database.poison[7] = error
    before = containment.counts["tests.things"]
    ends.receive_numbers(1, 5, 6)
    ends.receive_numbers(2, 7)
    ends.receive_numbers(3, 8, 9)
    assert await ends.buffer.run_once() == 5
    assert sorted(ends.database.numbers) == [5, 6, 8, 9]
    assert sorted(ends.acknowledged) == [1, 2, 3]
    # The entry was rejected before its frame was acknowledged.
    assert [(number, 2 in frames) for number, frames in rejected] == [(7, False)]
    assert containment.counts["tests.things"] == before + 1


async def test_an_entry_whose_rejection_fails_is_kept_and_the_others_are_committed() -> None:
    rejections = 0

    async def reject(_: Thing) -> None:
        nonlocal rejections
        rejections += 1
        if rejections < 3:
            raise KeyError

    ends = Ends(Limits(most=100, batch=10), reject=reject)
    ends.database.poison[7] = ValueError()
    ends.receive_numbers(1, 7)
    ends.receive_numbers(2, 8)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await ends.buffer.run_once()
        assert (ends.acknowledged, len(ends.buffer)) == ([2], 1)
    await ends.buffer.run_once()
    assert (ends.acknowledged, len(ends.buffer)) == ([2, 1], 0)


async def test_an_entry_that_can_never_be_rejected_is_given_up_after_the_fifth_time() -> None:
    async def reject(_: Thing) -> None:
        raise KeyError

    ends = Ends(Limits(most=100, batch=10), reject=reject)
    ends.database.poison[7] = ValueError()
    ends.receive_numbers(1, 7)
    for _ in range(4):
        with pytest.raises(Unavailable):
            await ends.buffer.run_once()
    assert (ends.acknowledged, len(ends.buffer)) == ([], 1)
    await ends.buffer.run_once()
    assert (ends.acknowledged, len(ends.buffer)) == ([1], 0)


async def test_what_was_committed_before_the_database_went_away_is_not_written_again() -> None:
    ends = Ends(Limits(most=100, batch=10))
    ends.database.poison[2] = ValueError()
    ends.receive_numbers(1, 1, 2)
    ends.receive_numbers(2, 3, 4)
    written = ends.database.write

    async def write(things: Sequence[Thing]) -> None:
        if ends.database.batches == [[1]] and things[0].number == 3:
            raise Unavailable("away")
        await written(things)

    ends.buffer._write = write
    with pytest.raises(Unavailable):
        await ends.buffer.run_once()
    ends.database.poison.clear()
    await ends.buffer.run_once()
    assert ends.database.batches == [[1], [2, 3, 4]]
    assert sorted(ends.acknowledged) == [1, 2]


@pytest.mark.usefixtures("no_waiting")
async def test_a_database_that_is_away_is_tried_again_with_all_of_the_batch(ends: Ends) -> None:
    ends.database.failures = [Unavailable("away"), Unavailable("away")]
    ends.receive_numbers(1, 1, 2)
    ends.buffer.close()
    await ends.buffer.run()
    assert (ends.database.batches, ends.acknowledged) == ([[1, 2]], [1])


async def test_closing_writes_what_is_left_and_ends_the_loop(ends: Ends) -> None:
    running = asyncio.create_task(ends.buffer.run())
    ends.receive_numbers(1, 1, 2, 3, 4)
    ends.buffer.close()
    await running
    assert ends.database.numbers == [1, 2, 3, 4]


async def test_an_empty_buffer_that_is_closed_ends_at_once(ends: Ends) -> None:
    running = asyncio.create_task(ends.buffer.run())
    await asyncio.sleep(0)
    ends.buffer.close()
    await running
    assert ends.database.batches == []


async def test_entries_gather_until_there_are_many() -> None:
    ends = Ends(Limits(most=100, batch=100, gather_s=60.0, many=3))
    running = asyncio.create_task(ends.buffer.run())
    for number in range(3):
        ends.receive_numbers(number, number)
        await asyncio.sleep(0)
    await ends.database.wrote.wait()
    assert ends.database.batches == [[0, 1, 2]]
    ends.buffer.close()
    await running


async def test_a_few_entries_are_written_after_the_gathering_time(monkeypatch: pytest.MonkeyPatch) -> None:
    waited = []

    async def set_within(_: asyncio.Event, seconds: float) -> bool:
        waited.append(seconds)
        return False

    monkeypatch.setattr(buffer, "set_within", set_within)
    ends = Ends(Limits(most=100, batch=100, gather_s=0.25, many=3))
    running = asyncio.create_task(ends.buffer.run())
    ends.receive_numbers(1, 1)
    await ends.database.wrote.wait()
    assert (ends.database.batches, waited) == ([[1]], [0.25])
    ends.buffer.close()
    await running


def sent(made: SendBuffer[int, str], limit: int = 10) -> tuple[int, list[str]] | None:
    return made.take(limit)


def test_entries_are_sent_in_their_order_a_frame_at_a_time() -> None:
    made = SendBuffer[int, str](10)
    for key in (1, 2, 3):
        assert made.add(key, str(key))
    assert (sent(made, 2), sent(made, 2), sent(made, 2)) == ((1, ["1", "2"]), (2, ["3"]), None)


def test_an_acknowledged_frame_is_forgotten_and_an_unknown_one_is_none() -> None:
    made = SendBuffer[int, str](10)
    made.add(1, "one")
    sent(made)
    assert 1 in made
    assert made.acknowledge(1) == ["one"]
    assert 1 not in made
    assert made.acknowledge(1) == []
    assert made.acknowledge(99) == []


def test_a_replay_sends_what_was_not_acknowledged_again_ahead_of_the_rest() -> None:
    made = SendBuffer[int, str](10)
    for key in (1, 2, 3, 4, 5):
        made.add(key, str(key))
    sent(made, 2)
    second = sent(made, 1)
    sent(made, 1)
    assert second is not None
    made.acknowledge(second[0])
    made.replay()
    assert sent(made) == (4, ["1", "2", "4", "5"])


def test_an_entry_that_is_kept_already_is_not_sent_twice() -> None:
    made = SendBuffer[int, str](10)
    assert made.add(1, "one")
    sent(made)
    assert made.add(1, "one again")
    assert sent(made) is None


def test_what_does_not_fit_is_refused_until_something_is_acknowledged() -> None:
    made = SendBuffer[int, str](2)
    assert made.add(1, "one")
    assert made.add(2, "two")
    assert not made.add(3, "three")
    sent(made)
    assert not made.add(3, "three")
    made.acknowledge(1)
    assert made.add(3, "three")
