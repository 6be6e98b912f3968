"""How the demo's network behaves: mostly well, with enough mischief for the verdict to mean something."""

from google.protobuf import json_format

from infra.local.mesh.process_specs import Overrides
from kompang.simulation.v1 import behavior_pb2 as pb

MIN_DELAY_S, MAX_DELAY_S = 0.1, 0.3

# On the demo's clock an hour takes a second; patience is shortened with it.
PATIENCE: Overrides = {"host": {"KOMPANG_SEND_TIMEOUT_S": "3"}, "dispatch": {"KOMPANG_RETRY_S": "1"}}


def behavior() -> str:
    """As JSON: a slow tail, lost sends and acknowledgements, passing errors; nothing that ends a device."""
    conduct = pb.Conduct(
        accept_latency=_latency(40, 5000),
        ack_latency=_latency(20, 2000),
        open_latency=_latency(100, 2000),
        lost_send=0.002,
        lost_ack=0.005,
        refusals=[
            pb.Chance(failure=pb.FAILURE_TRANSIENT, probability=0.01),
            pb.Chance(failure=pb.FAILURE_RATE_LIMITED, probability=0.0005, hold_ms=2000),
        ],
    )
    return json_format.MessageToJson(pb.Behavior(seed=1, conduct=conduct), indent=None)


def _latency(median_ms: float, cap_ms: float) -> pb.Latency:
    return pb.Latency(lognormal=pb.LognormalLatency(median_ms=median_ms, sigma=0.9, cap_ms=cap_ms))
