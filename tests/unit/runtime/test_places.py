"""Places that are refused, and turns that are waited for."""

import asyncio
from contextlib import ExitStack

import pytest

from services.runtime.errors import ResourceExhausted
from services.runtime.places import Places, Turns


def taken(places: Places, stack: ExitStack, holder: str, wanted: int) -> int:
    """How many of so many a holder gets."""
    for got in range(wanted):
        try:
            stack.enter_context(places.taken_by(holder, ResourceExhausted("no")))
        except ResourceExhausted:
            return got
    return wanted


def test_a_holder_has_its_share_and_no_more() -> None:
    places = Places("x", total=100, each=10)
    with ExitStack() as stack:
        assert taken(places, stack, "a", 50) == 10
        assert taken(places, stack, "b", 50) == 10
    assert places.taken == 0
    with ExitStack() as stack:
        assert taken(places, stack, "a", 50) == 10


def test_however_many_are_greedy_a_newcomer_finds_a_place() -> None:
    places = Places("x", total=64, each=64)
    with ExitStack() as stack:
        for number in range(5):
            assert taken(places, stack, f"greedy {number}", 64) > 0
        assert taken(places, stack, "new", 1) == 1


def test_few_places_are_given_whole() -> None:
    places = Places("x", total=4, each=2)
    with ExitStack() as stack:
        assert [taken(places, stack, holder, 2) for holder in "abcd"] == [2, 1, 1, 0]


def test_a_place_is_given_back_when_its_block_fails() -> None:
    places = Places("x", total=1, each=1)
    with pytest.raises(ValueError, match="broken"), places.taken_by("a", ResourceExhausted("no")):
        raise ValueError("broken")
    assert places.taken == 0


async def test_those_who_wait_do_not_take_the_turns_of_others() -> None:
    turns = Turns(total=3, each=2)
    done, inside = asyncio.Event(), asyncio.Semaphore(0)

    async def greedy() -> None:
        async with turns.turn("greedy"):
            inside.release()
            await done.wait()

    tasks = [asyncio.create_task(greedy()) for _ in range(5)]
    for _ in range(2):
        await inside.acquire()
    async with turns.turn("other"):
        assert inside.locked()
    tasks[4].cancel()
    done.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert turns.is_idle
