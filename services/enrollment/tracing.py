"""The head of each lead's trace: a span that covers its enrollment, and that all its messages hang on."""

from collections.abc import Mapping, Sequence

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Span, SpanKind
from opentelemetry.util.types import AttributeValue

from services.runtime.telemetry import traceparent


class Heads:
    """Started before the batch is written, since the rows carry them; only those written are ended.

    A span that is never ended is never exported. Without a tracer provider there are no spans at all.
    """

    def __init__(self, lead_ids: Sequence[int], *, sequence_id: int, message_count: int) -> None:
        self._lead_ids = lead_ids
        self._spans: dict[int, Span] = {}
        if not isinstance(trace.get_tracer_provider(), TracerProvider):
            return
        tracer = trace.get_tracer("kompang.enrollment")
        attributes: dict[str, AttributeValue] = {
            "messaging.system": "kompang",
            "messaging.operation.name": "enroll",
            "messaging.operation.type": "create",
            "messaging.destination.name": "message",
            "messaging.batch.message_count": message_count,
            "kompang.sequence.id": sequence_id,
        }
        for lead_id in lead_ids:
            # An empty context: one trace a lead, not one a batch or a call.
            self._spans[lead_id] = tracer.start_span(
                "enroll", Context(), SpanKind.PRODUCER, {**attributes, "kompang.lead.id": lead_id}
            )

    @property
    def traceparents(self) -> list[str]:
        """One for each lead, empty where nothing is recorded."""
        if not self._spans:
            return [""] * len(self._lead_ids)
        return [traceparent(self._spans[lead_id]) for lead_id in self._lead_ids]

    def end(self, enrollment_ids: Mapping[int, int]) -> None:
        """Ends the spans of the leads that were enrolled: lead id → enrollment id."""
        if not self._spans:
            return
        for lead_id, enrollment_id in enrollment_ids.items():
            span = self._spans[lead_id]
            span.set_attribute("kompang.enrollment.id", enrollment_id)
            span.end()
