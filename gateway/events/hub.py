"""One look at the events for all watchers of this process.

Authority: the order (transaction, id) of committed rows. A look takes only rows of transactions older
than every one still open, so nothing can be committed behind the place it has come to. What is trusted
meanwhile: nothing; a watch that misses a look for any reason is ended, and its caller resumes from its
token. Failure: when the database is away or the process drains, every watch ends with `Unavailable`; after
a look that failed for an unforeseen reason, with an internal error. A watch that cannot take its events ends
alone. The loop goes on in each case. While nobody watches, nothing is asked.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.events.place import Place
from gateway.events.store import EventStore
from gateway.events.watch import Watch
from services.runtime.containment import PASSING, contained
from services.runtime.errors import KompangError, Unavailable
from services.runtime.group import Group
from services.runtime.lifecycle import Life

log = logging.getLogger(__name__)

_LOOK = 2000


class Hub:
    """`run` belongs in the process's TaskGroup; servicers `watch`."""

    def __init__(self, store: EventStore, life: Life, *, poll_s: float, buffer: int) -> None:
        self._store = store
        self._life = life
        self._poll_s = poll_s
        self._buffer = buffer
        self._watches: set[Watch] = set()
        self._watched = asyncio.Event()
        # A look and a new watch exclude each other: the watch starts where a look ended.
        self._looking = asyncio.Lock()
        self._place: Place | None = None

    @asynccontextmanager
    async def watch(self, account_id: int) -> AsyncIterator[Watch]:
        """The account's events from now on. Raises `Unavailable` when draining or without the database."""
        async with self._looking:
            self.refuse_draining()
            if self._place is None:
                self._place = await self._store.horizon()
            watch = Watch(account_id, self._place, self._buffer)
            self._watches.add(watch)
            self._watched.set()
        try:
            yield watch
        finally:
            self._watches.discard(watch)
            self._rest_if_unwatched()

    async def run(self) -> None:
        """Looks again and again until the drain, then ends every watch."""
        async with Group() as group:
            looks = group.create_task(self._look_while_watched())
            await self._life.drained()
            looks.cancel()
        self._end_all(_draining())

    async def run_once(self) -> bool:
        """Reads the new events once; returns whether there are more to read at once."""
        async with self._looking:
            if self._place is None:
                return False
            accounts = {watch.account_id for watch in self._watches}
            events, place = await self._store.tail(self._place, accounts, _LOOK)
            self._place = place
            for watch in self._watches:
                with contained("gateway.events.watch", account_id=watch.account_id) as offered:
                    watch.offer([event for event in events if event.account_id == watch.account_id])
                if offered.error is not None:
                    watch.end(_broken())
            self._rest_if_unwatched()
        return len(events) == _LOOK

    def refuse_draining(self) -> None:
        """Raises `Unavailable` once the process drains."""
        if self._life.is_draining:
            raise _draining()

    async def _look_while_watched(self) -> None:
        while True:
            await self._watched.wait()
            if not await self._looked():
                await asyncio.sleep(self._poll_s)

    async def _looked(self) -> bool:
        """Reads the new events once and contains errors; returns whether there are more to read at once."""
        more = False
        try:
            with contained("gateway.events.look", watches=len(self._watches)) as look:
                more = await self.run_once()
        except PASSING as error:
            log.warning("watches end: the database is away", extra={"watches": len(self._watches)})
            self._end_all(Unavailable(f"{error}; resume with the last resume_token"))
            return False
        if look.error is not None:
            self._end_all(_broken())
        return more

    def _end_all(self, error: KompangError) -> None:
        for watch in self._watches:
            watch.end(error)
        self._watches.clear()
        self._rest_if_unwatched()

    def _rest_if_unwatched(self) -> None:
        if not self._watches:
            self._place = None
            self._watched.clear()


def _draining() -> Unavailable:
    return Unavailable("this gateway drains; resume at another with the last resume_token")


def _broken() -> KompangError:
    """For a watch that ends because of an error in the gateway: the log has all of it."""
    return KompangError("the gateway made an error in this watch; resume with the last resume_token")
