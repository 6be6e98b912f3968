"""One suite for every due window, and the switch between them."""

import asyncio

import pytest
from pydantic import SecretStr

from services.dispatch.window.fallback import FallbackWindow
from services.dispatch.window.memory import MemoryWindow
from services.dispatch.window.redis import RedisWindow
from services.dispatch.window.window import Entry, Place
from services.runtime import redis
from services.runtime.settings import RedisSettings
from tests.support.slowness import patient

ONE, TWO = Place(3, 1), Place(4, 2)


@pytest.fixture(params=["memory", "redis", "fallback", "fallback without redis"])
async def window(request, stack):
    url = "redis://127.0.0.1:1" if "without" in request.param else stack.redis.url
    client = redis.connect(
        RedisSettings(redis_url=SecretStr(url), redis_retries=0, redis_timeout_s=patient(5.0))
    )
    backend = RedisWindow(client, f"test-{id(request)}")
    made = {"memory": MemoryWindow(100), "redis": backend}
    yield made.get(request.param) or FallbackWindow(backend, MemoryWindow(100), 30.0)
    await client.aclose()


async def test_entries_come_out_in_the_order_they_are_due(window):
    await window.add({ONE: [Entry(300, 3), Entry(100, 1)], TWO: [Entry(50, 9)]})
    await window.add({ONE: [Entry(200, 2)]})
    taken = [await window.take([ONE]) for _ in range(4)]
    assert taken == [[Entry(100, 1)], [Entry(200, 2)], [Entry(300, 3)], [None]]
    assert await window.take([TWO, ONE]) == [Entry(50, 9), None]


async def test_adding_twice_is_adding_once(window):
    await window.add({ONE: [Entry(100, 1)]})
    await window.add({ONE: [Entry(100, 1)]})
    assert await window.take([ONE]) == [Entry(100, 1)]
    assert await window.take([ONE]) == [None]


async def test_microseconds_of_this_century_survive(window):
    entry = Entry(1_795_454_245_123_457, 2**53 + 1)
    await window.add({ONE: [entry]})
    assert await window.take([ONE]) == [entry]


async def test_many_devices_in_one_call(window):
    places = [Place(n % 16, n) for n in range(1, 501)]
    await window.add({place: [Entry(n, n)] for n, place in enumerate(places)})
    assert await window.take(places) == [Entry(n, n) for n in range(500)]


async def test_a_taken_entry_is_given_to_one_taker(window):
    await window.add({ONE: [Entry(n, n) for n in range(50)]})
    taken = await asyncio.gather(*(window.take([ONE]) for _ in range(50)))
    assert sorted(entry.message_id for [entry] in taken) == list(range(50))
