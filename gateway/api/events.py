"""kompang.v1.EventsService."""
# ruff: noqa: N802, ARG002 - the proto names the methods, gRPC gives each a context

from collections.abc import AsyncIterator, Sequence
from typing import Any

import grpc

from gateway.auth.caller import caller
from gateway.events import place as places
from gateway.events.convert import to_protos
from gateway.events.hub import Hub
from gateway.events.model import Stored
from gateway.events.place import Place
from gateway.events.store import EventStore
from gateway.tokens import Tokens
from kompang.v1 import events_pb2 as pb
from kompang.v1 import events_pb2_grpc
from services.runtime.errors import InvalidArgument, Violation

_FRAME = 500


class EventsServicer(events_pb2_grpc.EventsServiceServicer):
    """Each method does what its comment in the proto says."""

    def __init__(self, store: EventStore, hub: Hub, tokens: Tokens) -> None:
        self._store = store
        self._hub = hub
        self._tokens = tokens

    async def WatchEvents(
        self, request: Any, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[pb.WatchEventsResponse]:
        """Sends the account's events from the token on, or from now on."""
        account_id = caller().account_id
        if request.resume_token:
            place = places.place(self._tokens, account_id, request.resume_token)
            await self._refuse_forgotten(place)
            stream = self._resumed(account_id, place)
        else:
            stream = self._live(account_id)
        async for frame, place in stream:
            wanted = [event for event in to_protos(frame) if not request.types or event.type in request.types]
            # The first frame is empty on purpose: it tells that the stream is live. A later one that holds
            # no wanted event is not sent.
            if wanted or not frame:
                token = places.token(self._tokens, account_id, place)
                yield pb.WatchEventsResponse(events=wanted, resume_token=token)

    async def _refuse_forgotten(self, place: Place) -> None:
        """After a restore the log is shorter: a watch from beyond its end would be silent for long."""
        if place.xid > (await self._store.horizon()).xid:
            why = "is of a time that a restore of the database has lost; leave it empty"
            raise InvalidArgument([Violation("resume_token", why)])

    async def _live(self, account_id: int) -> AsyncIterator[tuple[Sequence[Stored], Place]]:
        async with self._hub.watch(account_id) as watch:
            yield (), watch.start
            while True:
                for frame in _framed(await watch.take()):
                    yield frame, frame[-1].place

    async def _resumed(self, account_id: int, place: Place) -> AsyncIterator[tuple[Sequence[Stored], Place]]:
        """History first, without a watch whose buffer it could fill; the watch joins at its end."""
        yield (), place
        async for frame, reached in self._history(account_id, place, None):
            place = reached
            yield frame, place
        async with self._hub.watch(account_id) as watch:
            async for frame, reached in self._history(account_id, place, watch.start):
                place = reached
                yield frame, place
            while True:
                # The token may come from another gateway, which had read further than this watch begins.
                newer = [event for event in await watch.take() if event.place > place]
                for frame in _framed(newer):
                    place = frame[-1].place
                    yield frame, place

    async def _history(
        self, account_id: int, after: Place, until: Place | None
    ) -> AsyncIterator[tuple[Sequence[Stored], Place]]:
        """The events between two places; without `until` up to the horizon, as it moves."""
        while True:
            self._hub.refuse_draining()
            end = until or await self._store.horizon()
            frame, place = await self._store.history(account_id, after, end, _FRAME)
            if place is None:
                return
            after = place
            if frame:
                yield frame, place


def _framed(events: list[Stored]) -> list[list[Stored]]:
    return [events[at : at + _FRAME] for at in range(0, len(events), _FRAME)]
