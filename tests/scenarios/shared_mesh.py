"""One mesh of real processes for many scenarios: its start costs more than all that one of them does with it.

A scenario gets it whole: what the one before killed runs again, the network has its usual ways, every shard
is leased. Each makes an account of its own, and sees of the ledger what came since it began. One that failed
may have left anything, so after it comes a new mesh.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

import pytest

from tests.scenarios.processes import ProcessMesh

FAILED = pytest.StashKey[bool]()
"""Set for a test that failed."""


class SharedMesh:
    """Starts when the first scenario asks for it."""

    def __init__(self, start: Callable[[], AbstractAsyncContextManager[ProcessMesh]]) -> None:
        self._start = start
        self._resources = AsyncExitStack()
        self._mesh: ProcessMesh | None = None

    @asynccontextmanager
    async def lent(self, scenario: pytest.Item) -> AsyncIterator[ProcessMesh]:
        """For this scenario alone. Raises `ProcessDied` when a process died that nobody had killed."""
        mesh = await self._whole()
        yield mesh
        if scenario.stash.get(FAILED, False):
            await self.aclose()
        else:
            mesh.check()

    async def aclose(self) -> None:
        """End it; the next scenario gets a new one."""
        self._mesh = None
        await self._resources.aclose()

    async def _whole(self) -> ProcessMesh:
        if self._mesh is None:
            self._mesh = await self._resources.enter_async_context(self._start())
        else:
            await self._mesh.renew()
        return self._mesh
