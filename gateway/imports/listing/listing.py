"""GetImport and ListImports of kompang.v1.LeadsService."""

from typing import Any

from gateway import names, wire
from gateway.imports.listing.store import ListingStore, Stored
from gateway.paging import Query
from kompang.v1 import imports_pb2 as pb

_NEWEST = 2**63 - 1
_IS_FINISHED = {pb.Import.STATE_OPEN: False, pb.Import.STATE_FINISHED: True}


class Listing:
    """Raises what the methods document."""

    def __init__(self, store: ListingStore) -> None:
        self._store = store

    async def get(self, account_id: int, request: Any) -> pb.Import:
        """One import."""
        found = await self._store.get(account_id, names.number(request.name))
        if found is None:
            raise names.missing(request.name)
        return to_proto(found)

    async def page(self, account_id: int, request: Any) -> pb.ListImportsResponse:
        """Newest first."""
        query = Query.of(request, account_id, first=(_NEWEST,))
        is_finished = _IS_FINISHED.get(request.state)
        rows = await self._store.page(account_id, query.cursor[0], query.size + 1, is_finished=is_finished)
        items, token = query.page(rows, to_proto, lambda row: (row.id,))
        return pb.ListImportsResponse(imports=items, next_page_token=token)


def to_proto(stored: Stored) -> pb.Import:
    """A stored import as the public API shows it."""
    return pb.Import(
        name=f"imports/{stored.id}",
        state=pb.Import.STATE_OPEN if stored.finished_at is None else pb.Import.STATE_FINISHED,
        request_id=stored.request_id,
        size=stored.size,
        offset=stored.byte_offset,
        rows=stored.tally.rows,
        counts=stored.tally.to_proto(),
        create_time=wire.timestamp(stored.created_at),
        finish_time=wire.timestamp(stored.finished_at),
    )
