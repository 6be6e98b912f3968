"""ImportLeads and GetImportErrors of kompang.v1.LeadsService."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

from gateway import names
from gateway.auth.caller import caller
from gateway.checking import Check
from gateway.imports import errors_file
from gateway.imports.check import check_start
from gateway.imports.run import Run
from gateway.imports.source import Incoming
from gateway.imports.store import ImportStore
from kompang.v1 import imports_pb2 as pb
from services.reasons import Reason
from services.runtime.errors import InvalidArgument, ResourceExhausted, Violation
from services.runtime.lifecycle import Life

_check = Check({pb.ImportLeadsRequest: check_start})


class Imports:
    """At most so many calls at once: each has a few MB, and its part of the event loop."""

    def __init__(self, store: ImportStore, life: Life, *, most: int) -> None:
        self._store = store
        self._life = life
        self._most = most
        self._running = 0

    async def run(self, requests: AsyncIterator[Any]) -> AsyncIterator[pb.ImportLeadsResponse]:
        """One call of ImportLeads."""
        with self._place():
            incoming = Incoming(requests, self._life)
            start = await _start(incoming)
            async for response in Run(self._store, self._life, caller(), start, incoming).responses():
                yield response

    async def errors(self, request: Any) -> AsyncIterator[pb.GetImportErrorsResponse]:
        """One call of GetImportErrors."""
        import_id = names.number(request.name)
        found, plan = await self._store.plan(caller().account_id, import_id)
        if not found:
            raise names.missing(request.name)
        async for content in errors_file.contents(plan, self._store.errors(import_id)):
            yield pb.GetImportErrorsResponse(content=content)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if self._running >= self._most:
            raise ResourceExhausted(
                f"{self._most} imports run here already; try again when one is done",
                reason=Reason.TOO_MANY_IMPORTS,
            )
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1


async def _start(incoming: Incoming) -> pb.ImportStart:
    request = await incoming.next()
    if request is None or request.WhichOneof("part") != "start":
        raise InvalidArgument([Violation("start", "is missing; send it as the first message")])
    violations = _check(request)
    if violations:
        raise InvalidArgument(violations)
    return request.start
