"""A watcher's buffer: bounded, ordered, ended once."""

import asyncio
from datetime import UTC, datetime

import pytest

from gateway.events.model import Stored
from gateway.events.place import Place, place, token
from gateway.events.watch import Watch
from gateway.tokens import Tokens
from services.runtime.errors import InvalidArgument, ResourceExhausted, Unavailable

TOKENS = Tokens(b"k" * 32)


def event(number: int) -> Stored:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Stored(Place(number, 1), at, 1, "lead_enrolled", None, number, None, None, None, None)


async def test_what_is_offered_is_taken_in_order() -> None:
    watch = Watch(1, Place(0, 0), 10)
    watch.offer([event(1)])
    watch.offer([event(2), event(3)])
    assert [one.lead_id for one in await watch.take()] == [1, 2, 3]
    waiting = asyncio.create_task(watch.take())
    await asyncio.sleep(0)
    assert not waiting.done()
    watch.offer([event(4)])
    assert [one.lead_id for one in await waiting] == [4]


async def test_a_full_buffer_ends_the_watch() -> None:
    watch = Watch(1, Place(0, 0), 2)
    watch.offer([event(1), event(2)])
    watch.offer([event(3)])
    watch.offer([event(4)])
    for _ in range(2):
        with pytest.raises(ResourceExhausted, match="read faster"):
            await watch.take()


async def test_a_watch_that_ended_twice_raises_its_first_error() -> None:
    watch = Watch(1, Place(0, 0), 2)
    watch.end(Unavailable("drain"))
    watch.end(ResourceExhausted("slow"))
    with pytest.raises(Unavailable):
        await watch.take()


def test_tokens_fit_their_field_and_their_account() -> None:
    largest = Place(2**64 - 1, 2**63 - 1)
    assert len(token(TOKENS, 2**31 - 1, largest)) <= 100
    assert place(TOKENS, 7, token(TOKENS, 7, largest)) == largest
    with pytest.raises(InvalidArgument):
        place(TOKENS, 8, token(TOKENS, 7, largest))
    with pytest.raises(InvalidArgument):
        place(TOKENS, 7, TOKENS.seal(b"events:7", (1,)))
