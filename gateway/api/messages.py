"""kompang.v1.MessagesService."""
# ruff: noqa: N802, ARG002 - the proto names the methods, gRPC gives each a context

from typing import Any

import grpc

from gateway import names, wire
from gateway.auth.caller import caller
from gateway.explain.explanations import Explanations
from gateway.idempotency.store import Change, Connection, Mutations
from gateway.messages.convert import to_proto
from gateway.messages.model import Filter, Resolution, Verdict
from gateway.messages.preconditions import unresolved
from gateway.messages.rendering import rendered
from gateway.messages.store import MessageStore
from gateway.paging import Page, Query
from gateway.tokens import Tokens
from kompang.v1 import explain_pb2, messages_pb2_grpc
from kompang.v1 import messages_pb2 as pb
from services.message.reason import MessageReason
from services.message.state import MessageState

# Enrollments that one page of a filtered list may look at, some 22,000 messages.
_SCAN_BUDGET = 2000

_RESOLUTIONS = {
    pb.ResolveMessageRequest.RESOLUTION_SENT: Resolution(MessageState.SENT, MessageReason.RESOLVED),
    pb.ResolveMessageRequest.RESOLUTION_RESEND: Resolution(MessageState.PENDING, MessageReason.RESEND),
    pb.ResolveMessageRequest.RESOLUTION_GIVE_UP: Resolution(MessageState.FAILED, MessageReason.GAVE_UP),
}


class MessagesServicer(messages_pb2_grpc.MessagesServiceServicer):
    """Each method does what its comment in the proto says."""

    def __init__(
        self, store: MessageStore, mutations: Mutations, explanations: Explanations, tokens: Tokens
    ) -> None:
        self._store = store
        self._mutations = mutations
        self._explanations = explanations
        self._tokens = tokens

    async def GetMessage(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Message:
        """One message."""
        found = await self._store.get(caller().account_id, names.number(request.name))
        if found is None:
            raise names.missing(request.name)
        return to_proto(found)

    async def ListMessages(self, request: Any, context: grpc.aio.ServicerContext) -> pb.ListMessagesResponse:
        """A page of messages: of one lead in the order they are due, else enrollment by enrollment."""
        account_id = caller().account_id
        wanted = Filter(
            await self._sequence_id(account_id, request.sequence),
            sorted({wire.word(pb.Message.State, state) for state in request.states}),
            await self._campaign_id(account_id, request.campaign),
        )
        if request.lead:
            return await self._list_of_lead(account_id, request, wanted)
        if request.campaign:
            return await self._list_of_campaign(account_id, request, wanted)
        return await self._list_of_account(account_id, request, wanted)

    async def ResolveMessage(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Message:
        """Settles a message that may have gone, as the operator decides."""

        async def resolve(connection: Connection) -> Change:
            account_id, message_id = caller().account_id, names.number(request.name)
            resolution = _RESOLUTIONS[request.resolution]
            verdict = await self._store.resolve(connection, account_id, message_id, resolution)
            stored = await self._store.read(connection, account_id, message_id)
            if verdict is None or stored is None:
                raise names.missing(request.name)
            if verdict is not Verdict.RESOLVED:
                raise unresolved(request.name, stored, verdict)
            return Change(to_proto(stored), request.name)

        return await self._mutations.once(request, pb.Message, resolve)

    async def RenderMessage(
        self, request: Any, context: grpc.aio.ServicerContext
    ) -> pb.RenderMessageResponse:
        """Renders the text of a message: the text that went, or the text that will go."""
        written = await self._store.written(caller().account_id, names.number(request.name))
        if written is None:
            raise names.missing(request.name)
        return rendered(written)

    async def ExplainMessage(
        self, request: Any, context: grpc.aio.ServicerContext
    ) -> explain_pb2.MessageExplanation:
        """Every guard of a message, as it stands now."""
        return await self._explanations.message(caller().account_id, request.name)

    async def _list_of_lead(self, account_id: int, request: Any, wanted: Filter) -> pb.ListMessagesResponse:
        lead_id = names.number(request.lead)
        if not await self._store.has_lead(account_id, lead_id):
            raise names.missing(request.lead, "lead")
        query = Query.of(request, account_id, self._tokens, first=(0, 0))
        after_us, after_id = query.cursor
        rows = await self._store.of_lead(account_id, lead_id, (after_us, after_id), wanted, query.size + 1)
        page = query.page(rows, to_proto, lambda row: (row.scheduled_us, row.id))
        return _listed(page)

    async def _list_of_campaign(
        self, account_id: int, request: Any, wanted: Filter
    ) -> pb.ListMessagesResponse:
        if wanted.sequence_id:
            return pb.ListMessagesResponse()  # its messages are no steps of a sequence
        query = Query.of(request, account_id, self._tokens)
        budget = _SCAN_BUDGET if wanted.states else query.size + 1
        found = await self._store.of_campaign(account_id, query.cursor[0], wanted, budget, query.size + 1)
        rest = None if found.rest is None else (found.rest,)
        page = query.page(found.messages, to_proto, lambda row: (row.lead_id,), rest=rest)
        return _listed(page)

    async def _list_of_account(
        self, account_id: int, request: Any, wanted: Filter
    ) -> pb.ListMessagesResponse:
        query = Query.of(request, account_id, self._tokens, first=(0, 0, 0))
        after_enrollment, after_us, after_id = query.cursor
        # Each enrollment has a message at least, so without a filter `size` of them fill a page.
        budget = _SCAN_BUDGET if wanted.sequence_id or wanted.states else query.size + 1
        scanned = await self._store.enrollments(account_id, after_enrollment, budget)
        rows = await self._store.of_enrollments(
            caller().account_id, scanned, (after_enrollment, after_us, after_id), wanted, query.size + 1
        )
        rest = (scanned[-1].id + 1, 0, 0) if len(scanned) == budget else None
        page = query.page(
            rows, to_proto, lambda row: (row.enrollment_id or 0, row.scheduled_us, row.id), rest=rest
        )
        return _listed(page)

    async def _campaign_id(self, account_id: int, name: str) -> int:
        campaign_id = names.number(name)
        if campaign_id and not await self._store.has_campaign(account_id, campaign_id):
            raise names.missing(name, "campaign")
        return campaign_id

    async def _sequence_id(self, account_id: int, name: str) -> int:
        if not name:
            return 0
        found = await self._store.sequence_id(account_id, names.slug(name))
        if found is None:
            raise names.missing(name, "sequence")
        return found


def _listed(page: Page[pb.Message]) -> pb.ListMessagesResponse:
    return pb.ListMessagesResponse(
        messages=page.items, next_page_token=page.token, unreachable=page.unreachable
    )
