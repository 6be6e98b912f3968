"""How the demo's network behaves: a few sends are lost, late or refused, so that the verdict counts."""

from google.protobuf import json_format

from infra.local.mesh.process_specs import Overrides
from kompang.simulation.v1 import behavior_pb2 as pb

MIN_DELAY_S, MAX_DELAY_S = 0.1, 0.3
# Of most people the network tells whom it knows them as, of some late, of some another one later.
IDENTITIES = pb.Identities(told=0.9, late=0.2, changed=0.1)

# In the demo an hour of the sequences takes a second; the time-outs of the processes are short as well.
SHORT_TIMEOUTS: Overrides = {
    "host": {"KOMPANG_SEND_TIMEOUT_S": "3", "KOMPANG_TRACE_TIMEOUT_S": "1"},
    "dispatch": {"KOMPANG_RETRY_S": "1"},
}


def behavior() -> pb.Behavior:
    """Slow sends, lost sends and acknowledgements, errors that pass, new chats that are refused for a while.

    Nothing ends a device. Receipts come late, twice, in the wrong order, before the acknowledgement, never.
    """
    receipts = pb.Receipts(
        delivered=0.95,
        read=0.6,
        delivered_latency=latency(200, 5000),
        read_latency=latency(1000, 5000),
        twice=0.05,
        read_first=0.05,
        early=0.05,
    )
    conduct = pb.Conduct(
        accept_latency=latency(40, 5000),
        ack_latency=latency(20, 2000),
        open_latency=latency(100, 2000),
        lost_send=0.002,
        lost_ack=0.005,
        receipts=receipts,
        # Of devices whose network forgets ids.
        traces=pb.Traces(latency=latency(50, 5000), unclear=0.1, lost=0.05),
        look_up_latency=latency(20, 3000),
        # A device of the demo begins eight chats in its first two seconds.
        new_chats=pb.NewChats(most=5, window_ms=2000, hold_ms=1500),
        refusals=[
            pb.Chance(failure=pb.FAILURE_TRANSIENT, probability=0.01),
            pb.Chance(failure=pb.FAILURE_RATE_LIMITED, probability=0.0005, hold_ms=2000),
        ],
    )
    return pb.Behavior(seed=1, conduct=conduct, identities=IDENTITIES)


def as_json(script: pb.Behavior) -> str:
    """The behavior as the network's command line takes it."""
    return json_format.MessageToJson(script, indent=None)


def latency(median_ms: float, cap_ms: float) -> pb.Latency:
    """Times around a median, with a long tail that is cut at `cap_ms`."""
    return pb.Latency(lognormal=pb.LognormalLatency(median_ms=median_ms, sigma=0.9, cap_ms=cap_ms))
