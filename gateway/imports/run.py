"""One call of ImportLeads, from its start to its result.

While one batch is being written, the next one is read; never more. Reading goes in slices of a few
milliseconds, so that other calls have their turn. Back-pressure is gRPC's own: nothing more is taken from
the caller until a batch is written.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from gateway import names, wire
from gateway.auth.caller import Caller
from gateway.imports.batch import Batch, Batcher
from gateway.imports.errors import FileFault
from gateway.imports.mapper import Account, Defaults, Mapper
from gateway.imports.phone_set import Seen
from gateway.imports.plan import HEAD, Place, Plan, Wishes, made
from gateway.imports.records import Records
from gateway.imports.source import Incoming, Source, drained, other_file
from gateway.imports.store import Import, ImportStore
from gateway.leads.model import Consent
from gateway.phones import Notation
from kompang.v1 import imports_pb2 as pb
from services.runtime.errors import InvalidArgument, Violation
from services.runtime.lifecycle import Life

BATCH_ROWS = 2000
# Their numbers' hashes take 16 MB a million.
MAX_ROWS = 5_000_000
_PROGRESS_S = 0.5
_SKEW = timedelta(minutes=1)
# Where dates are written with the month first.
_MONTH_FIRST = frozenset({"US", "PH"})


class Run:
    """Made for one call; `responses` is all of it."""

    def __init__(
        self, store: ImportStore, life: Life, who: Caller, start: pb.ImportStart, incoming: Incoming
    ) -> None:
        self._store = store
        self._life = life
        self._who = who
        self._start = start
        self._incoming = incoming
        self._device_id = names.number(start.options.device) or None
        self._began = time.monotonic()
        self._told = self._began

    async def responses(self) -> AsyncIterator[pb.ImportLeadsResponse]:
        """Raises what ImportLeads documents."""
        found = await self._opened()
        source = Source(self._incoming, found, self._start)
        yield pb.ImportLeadsResponse(started=pb.ImportStarted(name=found.name, resume_offset=source.begin))
        if found.finished_at is None:
            account, country = await self._store.account(self._who.account_id)
            defaults = self._defaults(found, account, country)
            plan, place, rest = await self._planned(found, source)
            yield _file_response(plan)
            mapper = Mapper(plan.columns, defaults, account)
            records = Records(
                plan.encoding,
                plan.delimiter,
                offset=place.offset,
                line=place.line,
                width=len(plan.columns.fields),
                swallows=mapper.swallows,
            )
            batches = Batcher(records, mapper, await self._seen(found), plan, BATCH_ROWS)
            first = replace(found, plan=plan, place=found.place)
            async for done in self._written(first, source, records, batches, rest):
                found = done
                if self._is_time():
                    yield self._progress(first, found)
            if found.plan is not None and found.plan.encoding != plan.encoding:
                yield _file_response(found.plan)
            finished_at = await self._store.finish(found.id, found.place)
            found = replace(found, finished_at=finished_at)
        yield _result_response(found)

    async def _opened(self) -> Import:
        start = self._start
        options_hash = hashlib.sha256(start.options.SerializeToString(deterministic=True)).digest()
        found = await self._store.begun(self._who, UUID(start.request_id), options_hash, start.size)
        if found.options_hash != options_hash:
            text = "was used for an import with other options before; send a new UUID, or those options"
            raise InvalidArgument([Violation("start.request_id", text)])
        if start.size and found.size and found.size != start.size:
            raise other_file()
        return found

    def _defaults(self, found: Import, account: Account, country: str) -> Defaults:
        options = self._start.options
        country = options.country or country
        if options.trigger and account.triggers.get(options.trigger) != options.trigger:
            raise InvalidArgument(
                [
                    Violation(
                        "start.options.trigger",
                        "no sequence listens for it; create the sequence first or correct the trigger",
                    )
                ]
            )
        if self._device_id is not None and str(self._device_id) not in account.devices:
            raise names.missing(options.device, "start.options.device")
        return Defaults(
            notation=Notation(country),
            trigger=options.trigger,
            consent=self._consent(found),
            is_dated=options.consent.HasField("grant_time"),
            month_first=country in _MONTH_FIRST,
            now=found.created_at + _SKEW,
        )

    def _consent(self, found: Import) -> Consent | None:
        options = self._start.options
        if not options.HasField("consent"):
            return None
        given = options.consent
        granted_at = wire.moment(given.grant_time) if given.HasField("grant_time") else found.created_at
        return Consent(given.source, given.wording, granted_at)

    async def _planned(self, found: Import, source: Source) -> tuple[Plan, Place, list[bytes | None]]:
        """The plan, where its first row to come begins, and the bytes read for it already."""
        if found.plan is not None:
            return found.plan, found.place, []
        head = bytearray()
        content: bytes | None = b""
        while content is not None and len(head) < HEAD:
            content = await source.read()
            head += content or b""
        columns = {each.column: each.field for each in self._start.options.columns}
        wishes = Wishes(self._start.options.encoding, self._start.options.delimiter, columns)
        try:
            plan, place = made(bytes(head), wishes, final=content is None)
        except FileFault as fault:
            raise _as_error(fault) from None
        rest: list[bytes | None] = [bytes(head[place.offset :])]
        return plan, place, [*rest, None] if content is None else rest

    async def _seen(self, found: Import) -> Seen:
        seen = Seen()
        async for hashes in self._store.seen(found.id):
            seen.restore(hashes)
            await asyncio.sleep(0)
        return seen

    async def _written(
        self, found: Import, source: Source, records: Records, batcher: Batcher, rest: list[bytes | None]
    ) -> AsyncIterator[Import]:
        """The import after each batch."""
        writing: asyncio.Task[Import] | None = None
        try:
            async for batch in self._batches(source, records, batcher, rest):
                if writing is not None:
                    found = await writing
                    yield found
                if self._life.is_draining:
                    raise drained()
                if found.tally.rows + batch.row_count > MAX_ROWS:
                    raise _as_error(FileFault("file", f"has more than {MAX_ROWS:,} rows; split it"))
                writing = asyncio.create_task(self._write(found, batch, source.head_hash))
            if writing is not None:
                yield await writing
        finally:
            if writing is not None and not writing.done():
                writing.cancel()
                await asyncio.wait({writing})

    async def _write(self, found: Import, batch: Batch, head_hash: bytes) -> Import:
        # The first batch begins after the header, the import at 0.
        batch.begin = found.place
        tally = await self._store.write(
            self._who.account_id, found.id, batch, found.tally, head_hash, self._device_id
        )
        return replace(found, plan=batch.plan, place=batch.end, tally=tally)

    async def _batches(
        self, source: Source, records: Records, batcher: Batcher, rest: list[bytes | None]
    ) -> AsyncIterator[Batch]:
        final = False
        while not final:
            content = rest.pop(0) if rest else await source.read()
            final = content is None
            try:
                records.feed(content or b"", final=final)
            except FileFault as fault:
                raise _as_error(fault, records.line + 1) from None
            for batch in batcher.slices():
                if batch is not None:
                    yield batch
                await asyncio.sleep(0)
        yield batcher.taken()

    def _is_time(self) -> bool:
        now = time.monotonic()
        if now - self._told < _PROGRESS_S:
            return False
        self._told = now
        return True

    def _progress(self, first: Import, found: Import) -> pb.ImportLeadsResponse:
        elapsed = time.monotonic() - self._began
        progress = pb.ImportProgress(
            rows=found.tally.rows,
            offset=found.place.offset,
            rows_per_second=(found.tally.rows - first.tally.rows) / elapsed,
            counts=found.tally.to_proto(),
        )
        done = found.place.offset - first.place.offset
        if self._start.size and done > 0:
            left = (self._start.size - found.place.offset) * elapsed / done
            progress.remaining.CopyFrom(wire.duration(timedelta(seconds=max(0.0, left))))
        return pb.ImportLeadsResponse(progress=progress)


def _file_response(plan: Plan) -> pb.ImportLeadsResponse:
    headers = plan.columns.headers or [str(n + 1) for n in range(len(plan.columns.fields))]
    columns = [
        pb.ImportColumn(column=header, field=field)
        for header, field in zip(headers, plan.columns.fields, strict=True)
    ]
    return pb.ImportLeadsResponse(
        file=pb.ImportedFile(
            encoding=plan.encoding,
            delimiter=plan.delimiter,
            columns=columns,
            has_header=bool(plan.columns.headers),
        )
    )


def _result_response(found: Import) -> pb.ImportLeadsResponse:
    return pb.ImportLeadsResponse(
        result=pb.ImportResult(
            name=found.name,
            rows=found.tally.rows,
            counts=found.tally.to_proto(),
            start_time=wire.timestamp(found.created_at),
            finish_time=wire.timestamp(found.finished_at),
        )
    )


def _as_error(fault: FileFault, line: int | None = None) -> InvalidArgument:
    where = f"line {line}: " if line else ""
    return InvalidArgument([Violation(fault.field, where + fault.because)])
