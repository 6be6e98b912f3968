"""A look, a watcher or an event that fails stops that one thing, and no other watch."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest

from gateway.api import events as servicers
from gateway.auth.caller import Caller, current_caller
from gateway.events.hub import Hub
from gateway.events.model import Stored
from gateway.events.place import Place, token
from gateway.events.watch import Watch
from gateway.tokens import Tokens
from kompang.v1 import events_pb2
from services.runtime.errors import KompangError
from services.runtime.lifecycle import Life
from tests.support.slowness import patient
from tests.unit.gateway.containment.unforeseen import UNFORESEEN, event


class Tail:
    """An `EventStore` whose looks come from a list: events, or what a look raises."""

    def __init__(self, *looks: list[Stored] | Exception) -> None:
        self.looks = list(looks)
        self.horizon_asked = 0

    async def horizon(self) -> Place:
        self.horizon_asked += 1
        return Place(0, 0)

    async def tail(self, after: Place, accounts: set[int], limit: int) -> tuple[list[Stored], Place]:
        look = self.looks.pop(0) if self.looks else []
        if isinstance(look, Exception):
            raise look
        return look, look[-1].place if look else after


@asynccontextmanager
async def looking(store: Any) -> AsyncIterator[Hub]:
    """A hub whose loop runs; leaving proves that the loop ended by itself, at the drain."""
    life = Life()
    hub = Hub(store, life, poll_s=0.001, buffer=10)
    loop = asyncio.create_task(hub.run())
    try:
        yield hub
    finally:
        life.drain()
        await asyncio.wait_for(loop, patient(5))


@pytest.mark.parametrize("error", UNFORESEEN)
async def test_a_look_that_fails_ends_the_watches_and_not_the_loop(error, counts):
    async with looking(Tail(error("secret"), [event(1)])) as hub:
        async with hub.watch(1) as watch:
            with pytest.raises(KompangError) as ended:
                await asyncio.wait_for(watch.take(), patient(5))
            assert (ended.value.code, ended.value.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
            assert "secret" not in ended.value.message
        async with hub.watch(1) as watch:
            assert await asyncio.wait_for(watch.take(), patient(5)) == [event(1)]
    assert counts == {"gateway.events.look": 1}


@pytest.mark.parametrize("error", UNFORESEEN)
async def test_a_watch_that_cannot_take_events_ends_alone(error, counts, monkeypatch):
    offer = Watch.offer

    def failing(watch: Watch, events: list[Stored]) -> None:
        if watch.account_id == 2:
            raise error("secret")
        offer(watch, events)

    monkeypatch.setattr(Watch, "offer", failing)
    hub = Hub(Tail([event(1)]), Life(), poll_s=1, buffer=10)  # type: ignore[arg-type]
    async with hub.watch(2) as bad, hub.watch(1) as good:
        await hub.run_once()
        assert await asyncio.wait_for(good.take(), patient(5)) == [event(1)]
        with pytest.raises(KompangError) as ended:
            await asyncio.wait_for(bad.take(), patient(5))
    assert ended.value.code is grpc.StatusCode.INTERNAL
    assert counts == {"gateway.events.watch": 1}


class History(Tail):
    """Three events, of which one is of a type that this version does not know."""

    events = (event(1), event(2, kind="of_a_newer_version"), event(3))

    async def horizon(self) -> Place:
        return Place(9, 0)

    async def history(
        self, account_id: int, after: Place, until: Place, limit: int
    ) -> tuple[list[Stored], Place | None]:
        left = [each for each in self.events if after < each.place <= until]
        return left, left[-1].place if left else None


async def taken(responses: AsyncIterator[events_pb2.WatchEventsResponse], count: int) -> list[str]:
    """The leads of the first events, so many."""
    found: list[str] = []
    async for response in responses:
        found += [each.lead for each in response.events]
        if len(found) >= count:
            return found
    raise AssertionError(found)


TOKENS = Tokens(b"k" * 32)


@pytest.mark.parametrize("resume_token", ["", token(TOKENS, 1, Place(0, 0))])
async def test_an_event_that_cannot_be_shown_is_passed_over(resume_token, counts):
    current_caller.set(Caller(1, 1, "kompang.v1.EventsService/WatchEvents"))
    store: Any = History(list(History.events))
    async with looking(store) as hub:
        servicer = servicers.EventsServicer(store, hub, TOKENS)
        request = events_pb2.WatchEventsRequest(resume_token=resume_token)
        responses: Any = servicer.WatchEvents(request, None)
        assert await asyncio.wait_for(taken(responses, 2), patient(5)) == ["leads/1", "leads/3"]
        await responses.aclose()
    assert counts == {"gateway.event.show": 1}
