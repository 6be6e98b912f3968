"""What the gateway asks of enrollment."""

import grpc

from kompang.enrollment.v1 import enrollment_pb2, enrollment_pb2_grpc
from services.enrollment.runs import Runs


class EnrollmentServicer(enrollment_pb2_grpc.EnrollmentServiceServicer):
    """Raises as `Runs.now`; the server turns that into statuses."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs

    async def RunNow(  # noqa: N802 - named by the proto
        self,
        request: enrollment_pb2.RunNowRequest,
        context: grpc.aio.ServicerContext,  # noqa: ARG002
    ) -> enrollment_pb2.RunNowResponse:
        """Waits for the end of a run that begins after this call."""
        enrolled = await self._runs.now(request.account_id, request.sequence_id)
        return enrollment_pb2.RunNowResponse(enrolled_count=enrolled.leads, message_count=enrolled.messages)
