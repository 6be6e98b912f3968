"""The places of calls and streams, and the turns of work, by key: none takes those of others.

A call passes here when its key is known, and before anything of its request is read. Too many at once are
refused at once; what needs memory or the database waits for its turn instead. Each call needs the database,
and its connections are given to whoever asks first: a hundred calls of one key would stand before the next
call of anybody else.
"""

from collections.abc import AsyncIterator, Hashable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, nullcontext

import grpc

from gateway.auth.caller import current_caller
from gateway.auth.floods import Floods
from gateway.limits.rate import current_connection
from gateway.limits.refusals import too_many_calls, too_many_streams
from gateway.limits.settings import LimitSettings
from services.runtime.address import peer_of
from services.runtime.errors import ResourceExhausted
from services.runtime.interceptor import CallInterceptor
from services.runtime.places import Places, Turns
from services.runtime.receiving import Room

# Large requests, and those that are long work for the database or the processor.
HEAVY = frozenset(
    {
        "BatchCreateDevices",
        "BatchUpsertLeads",
        "CreateCampaign",
        "CreateSequence",
        "ExportLead",
        "ForecastCampaign",
        "PreviewStep",
        "UpdateAccount",
        "UpdateCampaign",
        "UpdateSequence",
    }
)

# They wait for enrollment, and need nothing here meanwhile.
_ELSEWHERE = frozenset({"MoveEnrollments", "RunEnrollment"})

_STREAMS = frozenset(
    {"GetImportErrors", "ImportLeads", "ImportSuppressions", "Watch", "ServerReflectionInfo"}
)


class PlacesInterceptor(CallInterceptor):
    """Behind authentication. Raises `ResourceExhausted`, with the time after which to try again."""

    is_general = True

    def __init__(self, settings: LimitSettings, floods: Floods) -> None:
        self._floods = floods
        self._calls = Places("calls", total=settings.calls_at_once, each=settings.calls_of_key)
        self._streams = Places("streams", total=settings.streams_at_once, each=settings.streams_of_key)
        # Of their own: whoever has many addresses would hold all places that keys are for.
        self._keyless = Places(
            "streams without a key", total=settings.streams_without_key, each=settings.streams_of_key
        )

    @asynccontextmanager
    async def around(self, method: str, context: grpc.aio.ServicerContext) -> AsyncIterator[None]:
        """A place for the time of the call."""
        name = method.rpartition("/")[2]
        is_stream = name in _STREAMS or name.startswith("Watch")
        streams = self._streams if _key() else self._keyless
        places, refusal = (streams, too_many_streams()) if is_stream else (self._calls, too_many_calls())
        with ExitStack() as stack:
            try:
                stack.enter_context(places.taken_by(_holder(context), refusal))
            except ResourceExhausted:
                self._floods.idle(context.peer())
                raise
            yield


class CallTurns(Room):
    """Where calls wait: few requests are read at a time, few calls served of one key, fewer heavy ones."""

    def __init__(self, settings: LimitSettings, floods: Floods) -> None:
        self._floods = floods
        self._reading = Turns(total=settings.requests_read_at_once, each=settings.requests_read_of_key)
        self._light = Turns(total=settings.calls_at_once, each=settings.calls_served_of_key)
        self._heavy = Turns(total=settings.heavy_calls_at_once, each=settings.heavy_calls_of_key)

    def reading(self) -> AbstractAsyncContextManager[None]:
        """Of every unary request: gRPC holds the whole of it before its size is known here."""
        return self._reading.turn(_key())

    def serving(self, method: str) -> AbstractAsyncContextManager[None]:
        """Of every unary call."""
        name = method.rpartition("/")[2]
        if name in _ELSEWHERE:
            return nullcontext()
        return (self._heavy if name in HEAVY else self._light).turn(_key())

    def took(self, size: int) -> None:
        """Bodies are what was asked for, and no flood."""
        self._floods.took(current_connection.get(), size)


def _holder(context: grpc.aio.ServicerContext) -> Hashable:
    """Whose place it is: the key's, else the peer's that calls a method without one."""
    return _key() or peer_of(context.peer())


def _key() -> int:
    """The id of the key that calls; 0 where none is asked for."""
    who = current_caller.get(None)
    return who.api_key_id if who else 0
