"""MoveEnrollments: the gateway asks enrollment, in calls short enough for a caller to wait."""

from typing import Any

from gateway import names
from gateway.auth.caller import caller
from gateway.enrollment.client import Enrollment
from gateway.idempotency.store import Change, Connection, Mutations
from gateway.sequences.store import SequenceStore
from gateway.tokens import Tokens
from kompang.enrollment.v1 import enrollment_pb2
from kompang.v1 import sequences_pb2 as pb
from services.runtime.errors import InvalidArgument, Violation

# The time of one call, as the comment of MoveEnrollments says.
_BUDGET_MS = 10_000


class Moves:
    """Raises what the method documents."""

    def __init__(
        self, store: SequenceStore, mutations: Mutations, enrollment: Enrollment, tokens: Tokens
    ) -> None:
        self._store = store
        self._mutations = mutations
        self._enrollment = enrollment
        self._tokens = tokens

    async def run(self, request: Any) -> pb.MoveEnrollmentsResponse:
        """One call. A repeated call moves nobody twice; the request_id keeps the counts."""
        before = await self._mutations.answered(request, pb.MoveEnrollmentsResponse)
        if before is not None:
            return before
        account_id = caller().account_id
        scope = f"{account_id}:{request.DESCRIPTOR.full_name}:{request.name}:{request.validate_only}".encode()
        after = self._place(scope, request.page_token)
        found = await self._store.get(account_id, names.slug(request.name))
        if found is None:
            raise names.missing(request.name)
        moved = await self._enrollment.move(
            enrollment_pb2.MoveRequest(
                account_id=account_id,
                sequence_id=found.id,
                validate_only=request.validate_only,
                after=after,
                budget_ms=_BUDGET_MS,
            )
        )
        response = self._response(moved, scope)
        if request.validate_only:
            return response

        async def keep(_: Connection) -> Change:
            return Change(response, request.name)

        return await self._mutations.once(request, pb.MoveEnrollmentsResponse, keep)

    def _place(self, scope: bytes, token: str) -> enrollment_pb2.Place | None:
        if not token:
            return None
        try:
            sequence_id, lead_id, round_ = self._tokens.unseal(scope, token, 3)
            return enrollment_pb2.Place(sequence_id=sequence_id, lead_id=lead_id, round=round_)
        except ValueError:
            text = "is not a token of this move; repeat the call it came from, or leave it empty to begin"
            raise InvalidArgument([Violation("page_token", text)]) from None

    def _response(self, moved: enrollment_pb2.MoveResponse, scope: bytes) -> pb.MoveEnrollmentsResponse:
        place = moved.next
        return pb.MoveEnrollmentsResponse(
            moved_count=moved.moved_count,
            unchanged_count=moved.unchanged_count,
            waiting_count=moved.waiting_count,
            rewritten_count=moved.rewritten_count,
            added_count=moved.added_count,
            dropped_count=moved.dropped_count,
            next_page_token=self._tokens.seal(scope, (place.sequence_id, place.lead_id, place.round))
            if moved.HasField("next")
            else "",
        )
