"""The spans of enrollment: the first span of each lead's trace, and that of a campaign's launch.

An enrollment and its messages are one trace. A launch is not: each message of a campaign has a trace of its
own, whose id the database reckons from the launch's (`campaign_traceparent`), and links to the launch.
"""

from collections.abc import Mapping, Sequence

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind
from opentelemetry.util.types import AttributeValue

from services.runtime.telemetry import has_provider, identity, ratio, traceparent


class EnrollmentSpans:
    """Started before the batch is written, since the rows carry them; only those written are ended.

    A span that is never ended is never exported. Without a tracer provider there are no spans at all.
    """

    def __init__(self, lead_ids: Sequence[int], *, sequence_id: int, message_count: int) -> None:
        self._lead_ids = lead_ids
        self._spans: dict[int, Span] = {}
        if not has_provider():
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


class LaunchSpan:
    """Covers the launch of a campaign in the replica that began it; that replica ends the span."""

    def __init__(self, campaign_id: int) -> None:
        self._span = trace.get_tracer("kompang.enrollment").start_span(
            "launch",
            Context(),
            SpanKind.PRODUCER,
            {
                "messaging.system": "kompang",
                "messaging.operation.name": "launch",
                "messaging.operation.type": "create",
                "messaging.destination.name": "message",
                "kompang.campaign.id": campaign_id,
            },
        )

    @property
    def traceparent(self) -> str:
        """Stored with the campaign, also where the launch itself is not sampled: its messages may be."""
        return identity(self._span)

    @property
    def message_ratio(self) -> float:
        """The share of the messages whose traces are recorded."""
        return ratio()

    def end(self, message_count: int) -> None:
        """The launch is over, or this replica has done its part."""
        self._span.set_attribute("messaging.batch.message_count", message_count)
        self._span.end()
