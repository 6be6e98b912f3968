"""The methods of kompang.v1.LeadsService that are about imports."""

from collections.abc import AsyncIterator
from typing import Any

from gateway import names
from gateway.auth.caller import caller
from gateway.checking import Check
from gateway.imports import refused_file
from gateway.imports.check import check_start, check_suppressions
from gateway.imports.convert import as_leads_start, as_suppressions_response, to_proto
from gateway.imports.running.run import Run
from gateway.imports.running.source import Incoming, SilentCaller
from gateway.imports.running.store import BatchStore
from gateway.imports.store import ImportStore, stored
from gateway.paging import Query
from gateway.tokens import Tokens
from kompang.v1 import imports_pb2 as pb
from services.reasons import Reason
from services.runtime.errors import DeadlineExceeded, InvalidArgument, ResourceExhausted, Retry, Violation
from services.runtime.lifecycle import Life
from services.runtime.offload import Offload
from services.runtime.places import Places

CHECK = Check({pb.ImportLeadsRequest: check_start, pb.ImportSuppressionsRequest: check_suppressions})
_NEWEST = 2**63 - 1
_IS_FINISHED = {pb.Import.STATE_OPEN: False, pb.Import.STATE_FINISHED: True}


class Imports:
    """A few calls of ImportLeads at once: each has a few MB, and its part of the event loop."""

    def __init__(
        self,
        store: ImportStore,
        batches: BatchStore,
        tokens: Tokens,
        offload: Offload,
        life: Life,
        places: Places,
        silence_s: float,
    ) -> None:
        """`silence_s`: after so long without a message, a call gives its place to others."""
        self._store = store
        self._batches = batches
        self._tokens = tokens
        self._offload = offload
        self._life = life
        self._places = places
        self._silence_s = silence_s

    async def run(self, requests: AsyncIterator[Any]) -> AsyncIterator[pb.ImportLeadsResponse]:
        """One call of ImportLeads."""
        with self._places.taken_by(caller().account_id, _too_many()):
            incoming = Incoming(requests, self._life, self._silence_s)
            start = await _start(incoming)
            run = Run(self._store, self._batches, self._offload, self._life, caller(), start, incoming)
            async for response in run.responses():
                yield response

    async def suppress(self, requests: AsyncIterator[Any]) -> AsyncIterator[pb.ImportSuppressionsResponse]:
        """One call of ImportSuppressions."""
        with self._places.taken_by(caller().account_id, _too_many()):
            incoming = Incoming(requests, self._life, self._silence_s)
            start = await _start(incoming)
            run = Run(
                self._store, self._batches, self._offload, self._life, caller(), as_leads_start(start),
                incoming, suppressing=start.reason,
            )  # fmt: skip
            async for response in run.responses():
                yield as_suppressions_response(response)

    async def errors(self, request: Any) -> AsyncIterator[pb.GetImportErrorsResponse]:
        """One call of GetImportErrors."""
        found = await self._store.get(caller().account_id, names.number(request.name))
        if found is None:
            raise names.missing(request.name)
        # The header has no line: behind it comes the first.
        after = int(request.resume_token) if request.resume_token else None
        rows = self._store.refused_rows(caller().account_id, found.id, after or 0)
        async for line, content in refused_file.contents(found.plan, rows, with_header=after is None):
            yield pb.GetImportErrorsResponse(content=content, resume_token=str(line))

    async def get(self, request: Any) -> pb.Import:
        """One call of GetImport."""
        found = await self._store.get(caller().account_id, names.number(request.name))
        if found is None:
            raise names.missing(request.name)
        return to_proto(found)

    async def page(self, request: Any) -> pb.ListImportsResponse:
        """One call of ListImports, newest first."""
        account_id = caller().account_id
        query = Query.of(request, account_id, self._tokens, first=(_NEWEST,))
        is_finished = _IS_FINISHED.get(request.state)
        rows = await self._store.page(account_id, query.cursor[0], query.size + 1, is_finished=is_finished)
        page = query.page(rows, lambda row: to_proto(stored(row)), lambda row: (row["id"],))
        return pb.ListImportsResponse(
            imports=page.items, next_page_token=page.token, unreachable=page.unreachable
        )


def _too_many() -> ResourceExhausted:
    text = "as many imports run here as may, of this account or of all; send this one again when one is done"
    return ResourceExhausted(text, reason=Reason.TOO_MANY_IMPORTS, retry=Retry(5.0))


async def _start(incoming: Incoming) -> Any:
    try:
        request = await incoming.next()
    except SilentCaller:
        text = "you did not say what to import; send `start` as soon as the call is open, from byte 0 on"
        raise DeadlineExceeded(text, reason=Reason.IMPORT_SILENT, resume_offset="0") from None
    if request is None or request.WhichOneof("part") != "start":
        raise InvalidArgument([Violation("start", "is missing; send it as the first message")])
    violations = CHECK(request)
    if violations:
        raise InvalidArgument(violations)
    return request.start
