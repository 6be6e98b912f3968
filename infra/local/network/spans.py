"""The network's part of a message's trace: one span from arrival to decision, for sampled sends only."""

from __future__ import annotations

import time

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from infra.local.network.behavior import Refusal
from infra.local.network.ledger import Receipt
from kompang.simulation.v1 import behavior_pb2, network_pb2
from services.runtime import telemetry


def record_acceptance(
    send: network_pb2.Send, arrived: float, decided: float, why: Refusal | None, receipt: Receipt | None
) -> None:
    """Record the span `accept`; times in seconds of the monotonic clock. No number, no text."""
    if not telemetry.sampled(send.traceparent):
        return
    end = time.time_ns()
    span = trace.get_tracer("kompang.network").start_span(
        "accept",
        context=telemetry.parent(send.traceparent),
        kind=SpanKind.SERVER,
        start_time=end - int((decided - arrived) * 1e9),
        attributes={
            "messaging.system": "whatsapp",
            "messaging.operation.name": "accept",
            "messaging.operation.type": "process",
            "messaging.message.id": send.wire_id,
            "kompang.accepted": receipt is not None,
            "kompang.repeat": bool(receipt and receipt.repeat),
        },
    )
    if why:
        failure = behavior_pb2.Failure.Name(why.failure).removeprefix("FAILURE_").lower()
        span.set_attribute("error.type", failure)
        span.set_status(Status(StatusCode.ERROR, failure))
    span.end(end)
