"""Looks whether the database was restored, and settles what it has forgotten, as far as that needs no person.

Authority: the row of `cluster`; any number of replicas may do this at once, each piece is one transaction.
What needs a person is to let sending go on (`kompang admin release`).

On failure. Consul is away: nothing is settled, because the epochs of the leases must be above those of the
locks; all stays held, and it is tried again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from services.journal.journal import Journal
from services.journal.reading import read
from services.restore.replay import replay, undone
from services.restore.store import Fence, Held, RestoreStore

log = logging.getLogger(__name__)


class Restores:
    """`run_once` looks, and tells the database that it is alive."""

    def __init__(
        self,
        store: RestoreStore,
        fence: Fence,
        lock_epoch: Callable[[], Awaitable[int]],
        journal: Journal | None,
        on_restored: Callable[[], None],
    ) -> None:
        """`lock_epoch` is the highest epoch of Consul's locks; it raises `Unavailable`.

        `on_restored` is called once for each restore: the epochs that this replica remembers are void.
        """
        self._store = store
        self._fence = fence
        self._lock_epoch = lock_epoch
        self._journal = journal
        self._on_restored = on_restored
        self._known: int | None = None
        self._replayed: int | None = None

    async def run_once(self) -> None:
        """Settles a restore that is not settled, and gives back what the journals in the folder have kept."""
        notice = await self._store.beat(self._fence)
        if not notice.is_held:
            return
        held = await self._store.held()
        if held is None:
            return
        if self._known != held.id:
            self._on_restored()
            self._known = held.id
        if held.settled_at is None:
            await self._store.settle(await self._lock_epoch())
            log.warning(
                "what may have been sent since the restore point is unknown", extra={"restore": held.id}
            )
        if self._journal is not None and self._replayed != held.id:
            await self._replay(self._journal, held)
            self._replayed = held.id

    async def _replay(self, journal: Journal, held: Held) -> None:
        journals = await asyncio.to_thread(read, [journal.folder])
        for kept in journals:
            await replay(self._store, held, kept, undone(journals))
            if not kept.is_whole_since(held.known_until):
                log.error(
                    "the journal does not reach back to the restore point, or has lost words since",
                    extra={"journal": kept.name},
                )
