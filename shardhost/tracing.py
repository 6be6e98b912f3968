"""The spans of a message whose trace is sampled: `process` (CONSUMER) and in it `send` (CLIENT).

No phone number and no text. Messages whose trace is not sampled never come here.
"""

from contextlib import AbstractContextManager
from dataclasses import replace

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.runtime import telemetry
from shardhost.attempt import Hand, Sender, attempt, send_plainly
from shardhost.outcomes import Report
from shardhost.transports.transport import Accepted, Outgoing, Session, TransportError

tracer = trace.get_tracer(__name__)
sampled = telemetry.sampled


async def traced(hand: Hand, sender: Sender) -> Report:
    """As `attempt`, with its spans; the report carries the context of the last send."""
    message = hand.message
    last = ""

    async def send(hand: Hand, session: Session, outgoing: Outgoing) -> Accepted:
        nonlocal last
        with _span(hand, "send", SpanKind.CLIENT, trace.set_span_in_context(process)) as span:
            last = telemetry.traceparent(span)
            try:
                return await send_plainly(hand, session, replace(outgoing, traceparent=last))
            except TransportError as error:
                span.set_attribute("error.type", type(error).__name__)
                raise

    with _span(hand, "process", SpanKind.CONSUMER, telemetry.parent(message.traceparent)) as process:
        report = await attempt(hand, sender, send)
        process.set_attribute("kompang.result", pb.Outcome.Result.Name(report.result))
        report.traceparent = last or telemetry.traceparent(process)
    return report


def _span(hand: Hand, name: str, kind: SpanKind, context: Context) -> AbstractContextManager[Span]:
    return tracer.start_as_current_span(
        name,
        context=context,
        kind=kind,
        record_exception=False,
        attributes={
            "messaging.system": "kompang",
            "messaging.operation.name": name,
            "messaging.operation.type": name,
            "messaging.message.id": str(hand.message.message_id),
            "kompang.device_id": hand.message.device_id,
            "kompang.shard": hand.shard,
            "kompang.epoch": hand.message.epoch,
        },
    )
