"""One call of ImportLeads, from its start to its result."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from gateway import names
from gateway.auth.caller import Caller
from gateway.imports.convert import file_response, result_response, started_response
from gateway.imports.errors import FileError
from gateway.imports.model import Counts, Import
from gateway.imports.reading.ahead import FURTHEST, Ahead
from gateway.imports.reading.guess import samples as shown
from gateway.imports.reading.plan import HEAD, Hints, Plan, make_plan
from gateway.imports.reading.records import Place, Records
from gateway.imports.rows.account import Account
from gateway.imports.rows.batch import Batcher
from gateway.imports.rows.mapper import Mapper
from gateway.imports.rows.phone_set import PhoneSet
from gateway.imports.rows.suppressions import SuppressionMapper
from gateway.imports.running.defaults import make_defaults
from gateway.imports.running.dry_run import DryRun
from gateway.imports.running.pipeline import BATCH_ROWS, Pipeline, as_invalid
from gateway.imports.running.progress import Progress
from gateway.imports.running.source import Incoming, SilentCaller, Source, other_file
from gateway.imports.running.store import BatchStore
from gateway.imports.store import ImportStore
from gateway.imports.wishes.tally import Tally
from gateway.phones import load_countries
from kompang.v1 import imports_pb2 as pb
from services.reasons import Reason
from services.runtime.errors import DeadlineExceeded, InvalidArgument, Violation
from services.runtime.lifecycle import Life
from services.runtime.offload import Offload


class Run:
    """Made for one call; `responses` is all of the call."""

    def __init__(
        self,
        imports: ImportStore,
        batches: BatchStore,
        offload: Offload,
        life: Life,
        who: Caller,
        start: pb.ImportStart,
        incoming: Incoming,
        suppressing: str | None = None,
    ) -> None:
        """`suppressing`: why the people of the list are not to be contacted; None for a list of leads."""
        self._suppressing = suppressing
        self._imports = imports
        self._batches = batches
        self._offload = offload
        self._life = life
        self._who = who
        self._start = start
        self._incoming = incoming

    async def responses(self) -> AsyncIterator[pb.ImportLeadsResponse]:
        """Raises what ImportLeads documents."""
        if self._start.validate_only:
            async for response in self._report():
                yield response
            return
        begun = await self._begin()
        try:
            async for response in self._responses(begun):
                yield response
        except SilentCaller:
            raise await self._silent(begun) from None

    async def _report(self) -> AsyncIterator[pb.ImportLeadsResponse]:
        """A dry run: no import is begun, so there is nothing to go on with."""
        begun = _unwritten(self._start)
        source = Source(self._incoming, begun, self._start)
        yield pb.ImportLeadsResponse(started=pb.ImportStarted())
        account, country = await self._batches.account(self._who.account_id)
        self._refuse_unknown(account)
        plan, place, rest, samples = await self._plan(begun, source, country)
        if "country_code" in plan.columns.fields or plan.columns.country is not None:
            await self._offload.run(load_countries)
        yield file_response(plan, samples, with_names=self._suppressing is None)
        mapper = self._mapper(plan, begun, account, country)
        records = _records(plan, place, mapper)
        tally = Tally(plan.columns.wishes, len(plan.columns.fields), plan.columns.headers)
        batcher = Batcher(records, mapper, PhoneSet(), plan, BATCH_ROWS, import_id=0, tally=tally)
        dry = DryRun(self._batches, self._who.account_id, plan, tally)
        progress = Progress(begun, self._start.size)
        try:
            async for counts in dry.run(source, records, batcher, rest):
                if progress.is_due():
                    yield progress.response(replace(begun, counts=counts, place=records.place))
        except SilentCaller:
            raise await self._silent(begun) from None
        yield dry.response()

    def _mapper(self, plan: Plan, begun: Import, account: Account, country: str) -> Mapper:
        defaults = make_defaults(self._start.options, begun, country)
        if self._suppressing is not None:
            return SuppressionMapper(plan.columns, defaults, account, self._suppressing)
        return Mapper(plan.columns, defaults, account)

    async def _silent(self, begun: Import) -> DeadlineExceeded:
        """Where the caller is to go on: nothing that is committed is sent again."""
        found = await self._imports.get(self._who.account_id, begun.id)
        offset = found.place.offset if found is not None else 0
        text = (
            f"you sent nothing for too long, and others wait; send the import again with the same request_id,"
            f" from byte {offset} on"
        )
        return DeadlineExceeded(text, reason=Reason.IMPORT_SILENT, resume_offset=str(offset))

    async def _responses(self, begun: Import) -> AsyncIterator[pb.ImportLeadsResponse]:
        source = Source(self._incoming, begun, self._start)
        yield started_response(begun, source.begin)
        if begun.finished_at is None:
            progress = Progress(begun, self._start.size)
            account, country = await self._batches.account(self._who.account_id)
            self._refuse_unknown(account)
            plan, place, rest, samples = await self._plan(begun, source, country)
            if "country_code" in plan.columns.fields or plan.columns.country is not None:
                await self._offload.run(load_countries)
            yield file_response(plan, samples, with_names=self._suppressing is None)
            begun = replace(begun, plan_json=plan.to_json())
            mapper = self._mapper(plan, begun, account, country)
            records = _records(plan, place, mapper)
            phones = await self._phones(begun)
            batcher = Batcher(records, mapper, phones, plan, BATCH_ROWS, import_id=begun.id)
            pipeline = Pipeline(self._batches, self._life, self._who.account_id, self._device_id)
            async for reached in pipeline.written(begun, source, records, batcher, rest):
                begun = reached
                if progress.is_due():
                    yield progress.response(reached)
            if begun.plan is not None and begun.plan.encoding != plan.encoding:
                yield file_response(begun.plan, with_names=self._suppressing is None)
            begun = replace(
                begun, finished_at=await self._batches.finish(self._who.account_id, begun.id, begun.place)
            )
        yield result_response(begun)

    @property
    def _device_id(self) -> int | None:
        return names.number(self._start.options.device) or None

    async def _begin(self) -> Import:
        start = self._start
        options = start.options.SerializeToString(deterministic=True)
        kind = "leads"
        if self._suppressing is not None:
            kind, options = "suppressions", options + f"suppressions {self._suppressing}".encode()
        options_hash = hashlib.sha256(options).digest()
        begun = await self._imports.begin(self._who, UUID(start.request_id), options_hash, start.size, kind)
        if begun.options_hash != options_hash:
            text = "was used for an import with other options before; send a new UUID, or those options"
            raise InvalidArgument([Violation("start.request_id", text)])
        if start.size and begun.size and begun.size != start.size:
            raise other_file()
        return begun

    def _refuse_unknown(self, account: Account) -> None:
        """Refuses options that name a trigger or a device which the account does not have."""
        options = self._start.options
        if options.trigger and account.triggers.get(options.trigger) != options.trigger:
            text = "no sequence listens for it; create the sequence first or correct the trigger"
            raise InvalidArgument([Violation("start.options.trigger", text)])
        if self._device_id is not None and str(self._device_id) not in account.devices:
            raise names.missing(options.device, "start.options.device")

    async def _plan(
        self, begun: Import, source: Source, country: str
    ) -> tuple[Plan, Place, list[bytes | None], list[str]]:
        """The plan, where the first row to come begins, the bytes read for the plan already, and samples."""
        if begun.plan is not None:
            return begun.plan, begun.place, [], []
        head = bytearray()
        content: bytes | None = b""
        while content is not None and len(head) < HEAD:
            content = await source.read()
            head += content or b""
        options = self._start.options
        columns = {each.column: each.field for each in options.columns}
        where = options.country or country
        hints = Hints(
            options.encoding,
            options.delimiter,
            columns,
            where,
            has_wishes=self._suppressing is None,
        )
        try:
            # Many titles of columns take some 100 ms to look through.
            plan, place = await self._offload.run(make_plan, bytes(head), hints, final=content is None)
        except FileError as error:
            raise as_invalid(error) from None
        content = await self._look_ahead(source, plan, place, head, content)
        # In pieces, so that no step of reading takes long.
        begins = range(place.offset, len(head), HEAD) or [place.offset]
        rest: list[bytes | None] = [bytes(head[begin : begin + HEAD]) for begin in begins]
        samples = shown(bytes(head[:HEAD]), plan.encoding)
        return plan, place, [*rest, None] if content is None else rest, samples

    async def _look_ahead(
        self, source: Source, plan: Plan, place: Place, head: bytearray, content: bytes | None
    ) -> bytes | None:
        """Reads on before anything is written; None at the end of the file, as `Source.read`."""
        if content is None or self._suppressing is not None:
            return content
        ahead = Ahead(plan, place, len(head))
        fed = place.offset
        try:
            while content is not None and len(head) < FURTHEST:
                content = await source.read()
                head += content or b""
                await self._offload.run(ahead.feed, bytes(head[fed:]), final=content is None)
                fed = len(head)
            ahead.ask()
        except FileError as error:
            raise as_invalid(error) from None
        return content

    async def _phones(self, begun: Import) -> PhoneSet:
        phones = PhoneSet()
        async for hashes in self._batches.phone_hashes(self._who.account_id, begun.id):
            phones.add_packed(hashes)
            await asyncio.sleep(0)
        return phones


def _unwritten(start: pb.ImportStart) -> Import:
    """The import that a dry run stands for."""
    now = datetime.now(UTC)
    return Import(0, start.request_id, b"", start.size, None, None, Place(0, 0), Counts(), now, None)


def _records(plan: Plan, place: Place, mapper: Mapper) -> Records:
    return Records(
        plan.encoding,
        plan.delimiter,
        offset=place.offset,
        line=place.line,
        width=len(plan.columns.fields),
        swallows=mapper.swallows,
    )
