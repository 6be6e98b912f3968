"""kompang.v1.SequencesService."""
# ruff: noqa: N802, ARG002 - the proto names the methods, gRPC gives each a context

import secrets
from dataclasses import replace
from typing import Any

import grpc

from gateway import names
from gateway.auth.caller import caller
from gateway.enrollment.client import Enrollment
from gateway.enrollment.moves import Moves
from gateway.idempotency.store import Change, Connection, Mutations
from gateway.paging import Query
from gateway.previews.previews import Previews
from gateway.resource import refuse_stale
from gateway.sequences import preconditions
from gateway.sequences.chain import Link
from gateway.sequences.convert import draft_of, listed, merged, to_proto
from gateway.sequences.model import Draft, Stored
from gateway.sequences.store import SequenceStore, stored
from gateway.tokens import Tokens
from gateway.wording.promises import refuse_promises
from kompang.v1 import sequences_pb2 as pb
from kompang.v1 import sequences_pb2_grpc
from services.runtime.offload import Offload


class SequencesServicer(sequences_pb2_grpc.SequencesServiceServicer):
    """Each method does what its comment in the proto says."""

    def __init__(
        self,
        store: SequenceStore,
        mutations: Mutations,
        previews: Previews,
        enrollment: Enrollment,
        enrollment_timeout_s: float,
        tokens: Tokens,
        offload: Offload,
    ) -> None:
        self._store = store
        self._mutations = mutations
        self._previews = previews
        self._enrollment = enrollment
        self._offload = offload
        self._moves = Moves(store, mutations, enrollment, tokens)
        self._tokens = tokens
        self._enrollment_timeout_s = enrollment_timeout_s

    async def GetSequence(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Sequence:
        """One sequence with its newest steps."""
        found = await self._store.get(caller().account_id, names.slug(request.name))
        if found is None:
            raise names.missing(request.name)
        # The warnings of a hundred texts take time to compute.
        return await self._offload.run(to_proto, found)

    async def ListSequences(
        self, request: Any, context: grpc.aio.ServicerContext
    ) -> pb.ListSequencesResponse:
        """A page of sequences, the oldest first."""
        account_id = caller().account_id
        query = Query.of(request, account_id, self._tokens)
        rows = await self._store.page(account_id, query.cursor[0], query.size + 1)
        page = query.page(rows, lambda row: listed(stored(row)), lambda row: (row["id"],))
        return pb.ListSequencesResponse(
            sequences=page.items, next_page_token=page.token, unreachable=page.unreachable
        )

    async def CreateSequence(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Sequence:
        """Creates a sequence, which is inactive until ActivateSequence."""

        async def create(connection: Connection) -> Change:
            account_id = caller().account_id
            slug = request.sequence_id or f"seq-{secrets.token_hex(6)}"
            draft = draft_of(request.sequence)
            if draft.next_slug == slug:
                raise preconditions.circular(f"{slug} → {slug}")
            await self._store.lock(connection, account_id)
            links = await self._store.links(connection, account_id)
            next_id = _resolve(links, draft.next_slug)
            await self._refuse_promises(connection, account_id, draft)
            if not await self._store.create(connection, account_id, slug, draft, next_id):
                raise preconditions.taken(slug)
            return await self._changed(connection, account_id, slug)

        return await self._mutations.once(request, pb.Sequence, create)

    async def UpdateSequence(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Sequence:
        """Changes the fields that the mask names."""

        async def update(connection: Connection) -> Change:
            account_id, slug = caller().account_id, names.slug(request.sequence.name)
            await self._store.lock(connection, account_id)
            before = await self._known(connection, account_id, slug, "sequence.name")
            refuse_stale(request.sequence, before)
            draft = merged(before.draft, request)
            if draft != before.draft:
                await self._refuse_promises(connection, account_id, draft)
                await self._apply(connection, account_id, before, draft)
            return await self._changed(connection, account_id, slug)

        return await self._mutations.once(request, pb.Sequence, update)

    async def ActivateSequence(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Sequence:
        """Lets enrollment take leads with the sequence's trigger from now on."""

        async def activate(connection: Connection) -> Change:
            account_id, slug = caller().account_id, names.slug(request.name)
            await self._store.lock(connection, account_id)
            known = await self._known(connection, account_id, slug, "name")
            preconditions.refuse_inactivatable(await self._store.links(connection, account_id), known.id)
            await self._store.set_active(connection, account_id, known.id, active=True)
            return await self._changed(connection, account_id, slug)

        return await self._mutations.once(request, pb.Sequence, activate)

    async def DeactivateSequence(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Sequence:
        """Lets enrollment take no new leads; those already enrolled go on."""

        async def deactivate(connection: Connection) -> Change:
            account_id, slug = caller().account_id, names.slug(request.name)
            await self._store.lock(connection, account_id)
            known = await self._known(connection, account_id, slug, "name")
            await self._store.set_active(connection, account_id, known.id, active=False)
            return await self._changed(connection, account_id, slug)

        return await self._mutations.once(request, pb.Sequence, deactivate)

    async def RunEnrollment(
        self, request: Any, context: grpc.aio.ServicerContext
    ) -> pb.RunEnrollmentResponse:
        """Lets enrollment scan now, and waits for the end of the scan."""
        account_id = caller().account_id
        sequence_id = await self._listening(account_id, request.sequence) if request.sequence else 0
        await self._mutations.audit(request.sequence)
        timeout_s = context.time_remaining() or self._enrollment_timeout_s
        ran = await self._enrollment.run_now(account_id, sequence_id, timeout_s)
        return pb.RunEnrollmentResponse(enrolled_count=ran.enrolled_count, message_count=ran.message_count)

    async def MoveEnrollments(
        self, request: Any, context: grpc.aio.ServicerContext
    ) -> pb.MoveEnrollmentsResponse:
        """Moves leads in flight to the newest version of their steps."""
        return await self._moves.run(request)

    async def PreviewStep(self, request: Any, context: grpc.aio.ServicerContext) -> pb.PreviewStepResponse:
        """Shows samples of a text, and how many different texts it makes."""
        return await self._previews.show(caller().account_id, request)

    async def _refuse_promises(self, connection: Connection, account_id: int, draft: Draft) -> None:
        texts = {f"sequence.steps[{index}].text": step.text for index, step in enumerate(draft.steps)}
        own_words = await self._store.stop_words(connection, account_id)
        await self._offload.run(refuse_promises, texts, own_words)

    async def _listening(self, account_id: int, name: str) -> int:
        found = await self._store.get(account_id, names.slug(name))
        if found is None:
            raise names.missing(name, "sequence")
        preconditions.refuse_silent(found)
        return found.id

    async def _known(self, connection: Connection, account_id: int, slug: str, field: str) -> Stored:
        found = await self._store.read(connection, account_id, slug)
        if found is None:
            raise names.missing(f"sequences/{slug}", field)
        return found

    async def _apply(self, connection: Connection, account_id: int, before: Stored, draft: Draft) -> None:
        links = await self._store.links(connection, account_id)
        next_id = _resolve(links, draft.next_slug)
        links[before.id] = replace(
            links[before.id], trigger=draft.trigger, next_id=next_id, has_steps=bool(draft.steps)
        )
        preconditions.refuse_circle(links, before.id)
        preconditions.refuse_breaking_active(links, before.id)
        if before.is_active:
            preconditions.refuse_inactivatable(links, before.id)
        await self._store.change(connection, account_id, before, draft, next_id)

    async def _changed(self, connection: Connection, account_id: int, slug: str) -> Change:
        stored = await self._known(connection, account_id, slug, "name")
        return Change(await self._offload.run(to_proto, stored), stored.name)


def _resolve(links: dict[int, Link], slug: str) -> int | None:
    if not slug:
        return None
    for link in links.values():
        if link.slug == slug:
            return link.id
    raise names.missing(f"sequences/{slug}", "sequence.next_sequence")
