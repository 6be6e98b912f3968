"""Reads and writes the batches of one call.

While one batch is being written, the next one is read; never more. Reading goes in slices of a few
milliseconds, so that other calls have their turn. Back-pressure is gRPC's own: the gateway takes nothing more
from the caller until a batch is written.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from gateway.imports.errors import FileError
from gateway.imports.model import Import
from gateway.imports.reading.records import Records
from gateway.imports.rows.batch import Batch, Batcher
from gateway.imports.running.source import Source, drained
from gateway.imports.running.store import BatchStore
from services.runtime.errors import InvalidArgument, Violation
from services.runtime.lifecycle import Life

BATCH_ROWS = 2000
# Their numbers' hashes take 16 MB a million.
MAX_ROWS = 5_000_000


class Pipeline:
    """`device_id`: for new leads without a device of their own."""

    def __init__(self, store: BatchStore, life: Life, account_id: int, device_id: int | None) -> None:
        self._store = store
        self._life = life
        self._account_id = account_id
        self._device_id = device_id

    async def written(
        self, begun: Import, source: Source, records: Records, batcher: Batcher, rest: list[bytes | None]
    ) -> AsyncIterator[Import]:
        """The import after each batch. `rest`: bytes that were read before, the first of all."""
        writing: asyncio.Task[Import] | None = None
        try:
            async for batch in batches(source, records, batcher, rest):
                if writing is not None:
                    begun = await writing
                    yield begun
                if self._life.is_draining:
                    raise drained()
                if begun.counts.rows + batch.row_count > MAX_ROWS:
                    raise as_invalid(FileError("file", f"has more than {MAX_ROWS:,} rows; split the file"))
                writing = asyncio.create_task(self._write(begun, batch, source.head_hash))
            if writing is not None:
                yield await writing
        finally:
            if writing is not None and not writing.done():
                writing.cancel()
                await asyncio.wait({writing})

    async def _write(self, begun: Import, batch: Batch, head_hash: bytes) -> Import:
        # The first batch begins after the header, the import at 0.
        batch.begin = begun.place
        counts = await self._store.write(self._account_id, begun, batch, head_hash, self._device_id)
        return replace(begun, plan_json=batch.plan.to_json(), place=batch.end, counts=counts)


async def batches(
    source: Source, records: Records, batcher: Batcher, rest: list[bytes | None]
) -> AsyncIterator[Batch]:
    """The rows of a file, batch by batch. `rest`: bytes that were read before, the first of all."""
    final = False
    while not final:
        content = rest.pop(0) if rest else await source.read()
        final = content is None
        try:
            records.feed(content or b"", final=final)
        except FileError as error:
            raise as_invalid(error, records.line + 1) from None
        for batch in batcher.slices():
            if batch is not None:
                yield batch
            await asyncio.sleep(0)
    yield batcher.flush()


def as_invalid(error: FileError, line: int | None = None) -> InvalidArgument:
    """The refusal of a file, for the caller."""
    where = f"line {line}: " if line else ""
    return InvalidArgument([Violation(error.field, where + error.because)])
