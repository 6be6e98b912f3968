"""ExportLead, page by page: the lead with all that is stored of it, then its messages, then its events."""

import asyncio
from dataclasses import replace
from typing import Any

from gateway import names
from gateway.events.store import EventStore
from gateway.leads.export_convert import event_part, lead_part, message_part
from gateway.leads.store import LeadStore
from gateway.messages.model import Filter
from gateway.messages.store import MessageStore
from gateway.paging import MAX_SIZE, Query
from gateway.tokens import Cursor, Tokens
from kompang.v1 import leads_pb2 as pb

_FIRST = (0, 0, 0)
_MESSAGES, _EVENTS = 0, 1
_ALL = Filter(0, ())

_Part = tuple[Cursor, pb.ExportLeadResponse]


class Exports:
    """A cursor is (messages or events, microseconds since 1970, id)."""

    def __init__(self, leads: LeadStore, messages: MessageStore, events: EventStore, tokens: Tokens) -> None:
        self._leads = leads
        self._messages = messages
        self._events = events
        self._tokens = tokens

    async def page(self, account_id: int, request: Any) -> pb.ExportLeadResponse:
        """Raises `NotFound` for an unknown lead, `InvalidArgument` for a token of another."""
        query = Query.of(request, account_id, self._tokens, first=_FIRST)
        size = query.size if request.page_size else MAX_SIZE
        query = replace(query, size=size)
        lead_id = names.number(request.name)
        found = await self._leads.get(account_id, lead_id)
        if found is None:
            raise names.missing(request.name)
        page = pb.ExportLeadResponse()
        if query.cursor == _FIRST:
            page = lead_part(found, await self._leads.known(account_id, found))
        parts = await self._parts(account_id, lead_id, query.cursor, size + 1)
        found_parts = query.page(parts, lambda part: part[1], lambda part: part[0])
        for item in found_parts.items:
            page.MergeFrom(item)
        page.next_page_token = found_parts.token
        return page

    async def _parts(self, account_id: int, lead_id: int, after: Cursor, limit: int) -> list[_Part]:
        kind, at_us, last_id = after
        parts: list[_Part] = []
        if kind == _MESSAGES:
            parts = await self._message_parts(account_id, lead_id, (at_us, last_id), limit)
            at_us, last_id = 0, 0
        events = await self._events.of_lead(account_id, lead_id, (at_us, last_id), limit - len(parts))
        return parts + [((_EVENTS, event.at_us, event.place.id), event_part(event)) for event in events]

    async def _message_parts(
        self, account_id: int, lead_id: int, after: tuple[int, int], limit: int
    ) -> list[_Part]:
        messages = await self._messages.of_lead(account_id, lead_id, after, _ALL, limit)
        written = await self._messages.written_of(account_id, messages)
        parts: list[_Part] = []
        for message in messages:
            part = message_part(message, written.get(message.id))
            parts.append(((_MESSAGES, message.scheduled_us, message.id), part))
            # A text with long greetings takes some milliseconds to render, and a page has a thousand texts.
            await asyncio.sleep(0)
        return parts
