"""kompang.v1.LeadsService."""
# ruff: noqa: N802, ARG002 - the proto names the methods, gRPC gives each a context

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import grpc

from gateway import names
from gateway.api.imports import Imports
from gateway.auth.caller import caller
from gateway.devices.store import DeviceStore
from gateway.explain.explanations import Explanations
from gateway.idempotency.store import Change, Connection, Mutations
from gateway.leads.convert import to_proto
from gateway.leads.export import Exports
from gateway.leads.store import LeadStore, stored
from gateway.leads.upsert import Upsert
from gateway.paging import Query
from gateway.tokens import Cursor, Tokens
from gateway.zones.store import Zones
from kompang.v1 import explain_pb2, imports_pb2, leads_pb2_grpc
from kompang.v1 import leads_pb2 as pb
from services.consent.phone_hash import PhoneHashes
from services.journal.journal import Journal
from services.journal.record import Kind, Record
from services.reasons import Reason
from services.runtime.errors import FailedPrecondition

# Leads that one page of a filtered list may look at, some 20 ms of work.
_SCAN_BUDGET = 20_000
# Of these the journal keeps by which hash the person is known.
_OF_A_PERSON = ("suppress", "confirm")


class LeadsServicer(leads_pb2_grpc.LeadsServiceServicer):
    """Each method does what its comment in the proto says."""

    def __init__(
        self,
        store: LeadStore,
        devices: DeviceStore,
        mutations: Mutations,
        zones: Zones,
        imports: Imports,
        explanations: Explanations,
        exports: Exports,
        tokens: Tokens,
        hashes: PhoneHashes,
        journal: Journal | None = None,
    ) -> None:
        self._store = store
        self._devices = devices
        self._mutations = mutations
        self._zones = zones
        self._imports = imports
        self._explanations = explanations
        self._exports = exports
        self._tokens = tokens
        self._upsert = Upsert(store, devices, hashes)
        self._journal = journal

    async def GetLead(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Lead:
        """One lead."""
        found = await self._store.get(caller().account_id, names.number(request.name))
        if found is None:
            raise names.missing(request.name)
        return to_proto(found)

    async def ExplainLead(
        self, request: Any, context: grpc.aio.ServicerContext
    ) -> explain_pb2.LeadExplanation:
        """Every guard of the lead, and of its next message."""
        return await self._explanations.lead(caller().account_id, request.name)

    async def ListLeads(self, request: Any, context: grpc.aio.ServicerContext) -> pb.ListLeadsResponse:
        """Oldest first; a filtered page may be short and have a next one."""
        account_id, device_id = caller().account_id, names.number(request.device)
        query = Query.of(request, account_id, self._tokens)
        if device_id and not await self._devices.exists(account_id, device_id):
            raise names.missing(request.device, "device")
        [after] = query.cursor
        end = None
        if request.doubted:
            rows = await self._store.doubted(account_id, after, request.trigger, device_id, query.size + 1)
            return _listed(query, rows)
        if request.trigger or device_id:
            end = await self._store.scan_end(account_id, after, _SCAN_BUDGET)
        rows = await self._store.page(account_id, after, end, request.trigger, device_id, query.size + 1)
        rest = None if end is None else (end,)
        return _listed(query, rows, rest)

    async def BatchUpsertLeads(
        self, request: Any, context: grpc.aio.ServicerContext
    ) -> pb.BatchUpsertLeadsResponse:
        """All or none, by number."""

        async def upsert(connection: Connection) -> Change:
            return await self._upsert.run(connection, caller().account_id, request)

        zones = ((f"leads[{index}].timezone", lead.timezone) for index, lead in enumerate(request.leads))
        await self._zones.refuse_unknown(caller().account_id, zones)
        return await self._mutations.once(request, pb.BatchUpsertLeadsResponse, upsert, self._batch_again)

    async def SuppressLead(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Lead:
        """Suppresses the person: every planned message to the person ends."""

        async def suppress(connection: Connection) -> Change:
            account_id, lead_id = caller().account_id, names.number(request.name)
            if not await self._store.suppress(connection, account_id, lead_id, request.reason):
                raise names.missing(request.name)
            [stored] = (await self._store.read_many(connection, account_id, [lead_id])).values()
            return Change(to_proto(stored), request.name)

        response = await self._mutations.once(request, pb.Lead, suppress, self._again)
        # The words of a reason are a person's; they are erased in the database and could not be in a journal.
        await self._keep("suppress", request.name, "operator")
        return response

    async def ConfirmSuppression(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Lead:
        """Decides that a doubtful reply was a stop."""
        response = await self._decide(request, is_stop=True)
        await self._keep("confirm", request.name)
        return response

    async def UndoSuppression(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Lead:
        """Decides that a doubtful reply was no stop."""
        return await self._decide(request, is_stop=False)

    async def _decide(self, request: Any, *, is_stop: bool) -> pb.Lead:
        async def decide(connection: Connection) -> Change:
            account_id, lead_id = caller().account_id, names.number(request.name)
            is_decided = await self._store.decide(connection, account_id, lead_id, is_stop=is_stop)
            if is_decided is None:
                raise names.missing(request.name)
            if not is_decided:
                raise FailedPrecondition(
                    f"nothing waits for a decision about {request.name}: the lead is not suppressed, or not"
                    " by a reply that is in doubt; see its doubt_time",
                    reason=Reason.NOT_DOUBTED,
                )
            [stored] = (await self._store.read_many(connection, account_id, [lead_id])).values()
            return Change(to_proto(stored), request.name)

        return await self._mutations.once(request, pb.Lead, decide, self._again)

    async def ImportLeads(
        self, request_iterator: AsyncIterator[Any], context: grpc.aio.ServicerContext
    ) -> AsyncIterator[imports_pb2.ImportLeadsResponse]:
        """Imports the rows of a file, and continues an import where the import stopped."""
        async for response in self._imports.run(request_iterator):
            yield response

    async def ImportSuppressions(
        self, request_iterator: AsyncIterator[Any], context: grpc.aio.ServicerContext
    ) -> AsyncIterator[imports_pb2.ImportSuppressionsResponse]:
        """Suppresses the people of a list."""
        async for response in self._imports.suppress(request_iterator):
            yield response

    async def UndoSuppressions(
        self, request: Any, context: grpc.aio.ServicerContext
    ) -> imports_pb2.UndoSuppressionsResponse:
        """Takes back what one import suppressed."""
        found = await self._imports.get(request)
        account_id, import_id = caller().account_id, names.number(request.name)
        if request.validate_only:
            count = await self._store.suppressed_by_import(account_id, import_id)
            return imports_pb2.UndoSuppressionsResponse(removed_count=count)

        async def undo(connection: Connection) -> Change:
            removed = await self._store.unsuppress_import(connection, account_id, import_id)
            return Change(imports_pb2.UndoSuppressionsResponse(removed_count=removed), request.name)

        response = await self._mutations.once(request, imports_pb2.UndoSuppressionsResponse, undo)
        if self._journal is not None:
            record = Record("undo", datetime.now(UTC), account_id, request_id=found.request_id)
            await self._journal.append([record])
        return response

    async def GetImportErrors(
        self, request: Any, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[imports_pb2.GetImportErrorsResponse]:
        """Returns the refused rows as the file has them."""
        async for response in self._imports.errors(request):
            yield response

    async def GetImport(self, request: Any, context: grpc.aio.ServicerContext) -> imports_pb2.Import:
        """Returns an import with the number of rows that the gateway has read."""
        return await self._imports.get(request)

    async def ListImports(
        self, request: Any, context: grpc.aio.ServicerContext
    ) -> imports_pb2.ListImportsResponse:
        """Returns the imports of the account, newest first."""
        return await self._imports.page(request)

    async def ResumeLead(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Lead:
        """Resumes the enrollments that a reply holds."""

        async def resume(connection: Connection) -> Change:
            account_id, lead_id = caller().account_id, names.number(request.name)
            found = (await self._store.read_many(connection, account_id, [lead_id])).get(lead_id)
            if found is None:
                raise names.missing(request.name)
            if found.suppressed:
                raise FailedPrecondition(
                    f"{request.name} opted out: no enrollment resumes until the person writes START",
                    reason=Reason.SUPPRESSED,
                )
            await self._store.resume(connection, account_id, lead_id)
            return Change(to_proto(found), request.name)

        return await self._mutations.once(request, pb.Lead, resume, self._again)

    async def EraseLead(self, request: Any, context: grpc.aio.ServicerContext) -> pb.EraseLeadResponse:
        """Removes the person."""

        async def erase(connection: Connection) -> Change:
            cancelled = await self._store.erase(connection, caller().account_id, names.number(request.name))
            if cancelled is None:
                raise names.missing(request.name)
            return Change(pb.EraseLeadResponse(cancelled_count=cancelled), request.name)

        response = await self._mutations.once(request, pb.EraseLeadResponse, erase)
        await self._keep("erase", request.name)
        return response

    async def _keep(self, kind: Kind, name: str, reason: str = "") -> None:
        """Keeps what an operator did for a database that forgets it."""
        if self._journal is not None:
            account_id, lead_id = caller().account_id, names.number(name)
            phone_hash = await self._store.phone_hash(account_id, lead_id) if kind in _OF_A_PERSON else b""
            record = Record(kind, datetime.now(UTC), account_id, phone_hash, lead_id=lead_id, reason=reason)
            await self._journal.append([record])

    async def ExportLead(self, request: Any, context: grpc.aio.ServicerContext) -> pb.ExportLeadResponse:
        """Everything known about one lead."""
        page = await self._exports.page(caller().account_id, request)
        await self._mutations.audit(request.name)
        return page

    async def _again(self, connection: Connection, before: pb.Lead) -> pb.Lead:
        """A lead as it is now; of one that was erased the name alone."""
        [lead] = await self._read_again(connection, [before])
        return lead

    async def _batch_again(
        self, connection: Connection, before: pb.BatchUpsertLeadsResponse
    ) -> pb.BatchUpsertLeadsResponse:
        leads = await self._read_again(connection, before.leads)
        before.ClearField("leads")
        before.leads.extend(leads)
        return before

    async def _read_again(self, connection: Connection, named: Sequence[pb.Lead]) -> list[pb.Lead]:
        ids = [names.number(lead.name) for lead in named]
        stored = await self._store.read_many(connection, caller().account_id, ids)
        return [
            to_proto(stored[lead_id]) if lead_id in stored else lead
            for lead_id, lead in zip(ids, named, strict=True)
        ]


def _listed(query: Query, rows: Sequence[Any], rest: Cursor | None = None) -> pb.ListLeadsResponse:
    page = query.page(rows, lambda row: to_proto(stored(row)), lambda row: (row["id"],), rest=rest)
    return pb.ListLeadsResponse(leads=page.items, next_page_token=page.token, unreachable=page.unreachable)
