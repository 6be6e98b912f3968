"""Behaviours by name, for the command line."""

from __future__ import annotations

import protovalidate
from google.protobuf import json_format

from infra.local.network.behavior import Behavior
from kompang.simulation.v1 import behavior_pb2 as pb


def _latency(median_ms: float) -> pb.Latency:
    return pb.Latency(lognormal=pb.LognormalLatency(median_ms=median_ms, sigma=0.5, cap_ms=2000))


def usual() -> pb.Behavior:
    """Nothing goes wrong; an acknowledgement takes about 60 ms in the median. There are no receipts."""
    return pb.Behavior(conduct=pb.Conduct(accept_latency=_latency(40), ack_latency=_latency(17)))


def receipts() -> pb.Behavior:
    """As usual, and nearly all messages arrive; most of them are opened."""
    script = usual()
    script.conduct.receipts.CopyFrom(
        pb.Receipts(
            delivered=0.97,
            read=0.6,
            delivered_latency=_latency(300),
            read_latency=_latency(1000),
            twice=0.01,
            read_first=0.01,
            early=0.01,
        )
    )
    return script


def instant() -> pb.Behavior:
    """Answers at once and without failures: for benchmarks of other parts."""
    return pb.Behavior()


def hostile() -> pb.Behavior:
    """Some of each failure that does not end a device."""
    script = receipts()
    script.seed = 1
    script.conduct.open_latency.CopyFrom(_latency(200))
    script.conduct.lost_send = script.conduct.lost_ack = 0.01
    script.conduct.refusals.extend(
        [
            pb.Chance(failure=pb.FAILURE_TRANSIENT, probability=0.03),
            pb.Chance(failure=pb.FAILURE_RATE_LIMITED, probability=0.01, hold_ms=2000),
            pb.Chance(failure=pb.FAILURE_TEMPORARY_BAN, probability=0.001, hold_ms=5000),
        ]
    )
    # Met by a device that begins a chat each second.
    script.conduct.new_chats.CopyFrom(pb.NewChats(most=8, window_ms=10_000, hold_ms=5000))
    script.conduct.receipts.delivered = 0.9
    script.conduct.receipts.twice = script.conduct.receipts.read_first = script.conduct.receipts.early = 0.1
    script.conduct.traces.CopyFrom(pb.Traces(latency=_latency(100), unclear=0.2, lost=0.05))
    script.conduct.look_up_latency.CopyFrom(_latency(50))
    script.absent_fraction = 0.005
    script.identities.CopyFrom(pb.Identities(told=0.8, late=0.3, changed=0.1))
    return script


PRESETS = {"usual": usual, "receipts": receipts, "instant": instant, "hostile": hostile}


def checked(script: pb.Behavior) -> Behavior:
    """The compiled script. Raises ValueError, naming the field, when it breaks a rule of the proto."""
    try:
        protovalidate.validate(script)
    except protovalidate.ValidationError as error:
        raise ValueError(str(error)) from error
    return Behavior(script)


def parsed(text: str) -> pb.Behavior:
    """A preset's name, or a `Behavior` as JSON. Raises ValueError."""
    if text in PRESETS:
        return PRESETS[text]()
    try:
        return json_format.Parse(text, pb.Behavior())
    except json_format.ParseError as error:
        raise ValueError(f"neither one of {', '.join(PRESETS)} nor a Behavior in JSON: {error}") from error
