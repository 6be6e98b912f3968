"""The calls that the gateway makes to enrollment."""

import grpc

from kompang.enrollment.v1 import enrollment_pb2, enrollment_pb2_grpc
from services.enrollment.moves.mover import Mover, MoveRequest
from services.enrollment.moves.store import Place
from services.enrollment.run_queue import RunQueue


class EnrollmentServicer(enrollment_pb2_grpc.EnrollmentServiceServicer):
    """Raises as `RunQueue.now` and `Mover.run`; the server turns that into statuses."""

    def __init__(self, runs: RunQueue, mover: Mover) -> None:
        self._runs = runs
        self._mover = mover

    async def RunNow(  # noqa: N802 - named by the proto
        self,
        request: enrollment_pb2.RunNowRequest,
        context: grpc.aio.ServicerContext,  # noqa: ARG002
    ) -> enrollment_pb2.RunNowResponse:
        """Waits for the end of a run that begins after this call."""
        enrolled = await self._runs.now(request.account_id, request.sequence_id)
        return enrollment_pb2.RunNowResponse(enrolled_count=enrolled.leads, message_count=enrolled.messages)

    async def Move(  # noqa: N802
        self,
        request: enrollment_pb2.MoveRequest,
        context: grpc.aio.ServicerContext,  # noqa: ARG002
    ) -> enrollment_pb2.MoveResponse:
        """Moves for as long as is asked for."""
        after = Place(request.after.sequence_id, request.after.lead_id, request.after.round)
        moved, place = await self._mover.run(
            MoveRequest(
                request.account_id,
                request.sequence_id,
                after,
                request.validate_only,
                request.budget_ms / 1000,
            )
        )
        return enrollment_pb2.MoveResponse(
            moved_count=moved.leads,
            unchanged_count=moved.unchanged,
            waiting_count=moved.waiting,
            rewritten_count=moved.rewritten,
            added_count=moved.added,
            dropped_count=moved.dropped,
            next=_place(place),
        )


def _place(place: Place | None) -> enrollment_pb2.Place | None:
    if place is None:
        return None
    return enrollment_pb2.Place(sequence_id=place.head_id, lead_id=place.lead_id, round=place.round)
