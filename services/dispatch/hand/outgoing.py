"""A handed message as its host gets it, and its span."""

import json
from collections.abc import Iterable, Iterator

from opentelemetry import trace
from opentelemetry.trace import SpanKind

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.hand.store import Decision
from services.dispatch.window.window import Entry
from services.runtime import telemetry

# The longest that the gateway takes: 50 attributes of a thousand characters.
_LONGEST_BYTES = 256 * 1024
# A frame that is larger than the channel takes would end its stream, and again on the next one.
_FRAME_BYTES = 1024 * 1024
# Each may come with a template of 16 KB.
_FRAME_MESSAGES = 100

tracer = trace.get_tracer(__name__)


def outgoing(decision: Decision, wait_s: float, started: int) -> pb.OutgoingMessage:
    """Raises `ValueError` or `TypeError` for columns that make no message, or one that no stream takes."""
    entry = Entry.of(decision.message_id, decision.scheduled_at)
    message = pb.OutgoingMessage(
        message_id=decision.message_id,
        scheduled_at_us=entry.scheduled_us,
        device_id=decision.device_id,
        epoch=decision.epoch,
        recipient=(decision.phone or "").removeprefix("+"),
        wire_id=decision.wire_id or "",
        wait_ms=int(wait_s * 1000),
        repeat=decision.is_repeat,
        trace_only=decision.is_trace_only,
        attempt=decision.attempts or 0,
        is_first_contact=decision.is_first_contact,
        lid=decision.lid or "",
        traceparent=_traced(decision, started) if telemetry.sampled(decision.traceparent or "") else "",
    )
    if not decision.is_trace_only:
        _add_words(message, decision)
    if message.ByteSize() > _LONGEST_BYTES:
        raise ValueError("a message that is too large")
    return message


def parts(messages: Iterable[pb.OutgoingMessage]) -> Iterator[list[pb.OutgoingMessage]]:
    """The messages in frames that any stream takes."""
    part: list[pb.OutgoingMessage] = []
    size = 0
    for message in messages:
        size += message.ByteSize()
        if part and (size > _FRAME_BYTES or len(part) == _FRAME_MESSAGES):
            yield part
            part, size = [], message.ByteSize()
        part.append(message)
    if part:
        yield part


def _add_words(message: pb.OutgoingMessage, decision: Decision) -> None:
    """What the text is made of; who only asks about a message needs none of it."""
    message.template_id = decision.step_id or 0
    message.wording_id = decision.wording_id or 0
    message.name = decision.display_name or ""
    if decision.attributes not in (None, "{}"):
        message.attributes.update(json.loads(decision.attributes or "{}"))
    message.language = decision.language or ""
    message.local_minute = decision.local_minute or 0


def _traced(decision: Decision, started: int) -> str:
    span = tracer.start_span(
        "hand",
        context=telemetry.parent(decision.traceparent or ""),
        kind=SpanKind.PRODUCER,
        links=telemetry.links(decision.launch_traceparent or ""),
        start_time=started,
        attributes={
            "messaging.system": "kompang",
            "messaging.operation.name": "hand",
            "messaging.operation.type": "send",
            "messaging.destination.name": f"devices/{decision.device_id}",
            "messaging.message.id": str(decision.message_id),
            "kompang.shard": decision.shard,
            "kompang.epoch": decision.epoch,
            "kompang.attempt": decision.attempts or 1,
        },
    )
    span.end()
    return telemetry.traceparent(span)
