"""How the day's network behaves: a few sends are lost, late or refused, but no device is ever banned."""

from collections.abc import Iterable

from infra.local.demo.network_behavior import IDENTITIES, latency
from infra.local.mesh.process_specs import Overrides
from kompang.simulation.v1 import behavior_pb2 as pb

# Shorter than in production, as the whole day is: a host repeats a send without an acknowledgement after 3 s,
# and a failure is final after three attempts.
SHORT_TIMEOUTS: Overrides = {
    "host": {"KOMPANG_SEND_TIMEOUT_S": "3"},
    "dispatch": {"KOMPANG_RETRY_S": "0.3", "KOMPANG_ATTEMPTS": "3"},
}


def behavior(
    *, absent: Iterable[str] = (), refused: Iterable[str] = (), is_fair: bool = False
) -> pb.Behavior:
    """Slow sends, lost sends and acknowledgements, errors that pass; nothing that ends a device.

    The network accepts a send at most half a second after its arrival, so that a message that comes later
    than 2 s after a pause is the mesh's fault.

    Args:
        absent: numbers that have no WhatsApp, without their plus.
        refused: numbers to which every send fails for now, without their plus.
        is_fair: the network loses nothing, and refuses only the numbers above.

    """
    conduct = pb.Conduct(
        accept_latency=latency(40, 500), ack_latency=latency(20, 500), open_latency=latency(100, 1000)
    )
    conduct.receipts.CopyFrom(
        pb.Receipts(
            delivered=0.95,
            read=0.6,
            delivered_latency=latency(100, 1000),
            read_latency=latency(500, 2000),
            twice=0.02,
            read_first=0.02,
            early=0.02,
        )
    )
    if not is_fair:
        conduct.lost_send, conduct.lost_ack = 0.003, 0.005
        conduct.refusals.add(failure=pb.FAILURE_TRANSIENT, probability=0.01)
        conduct.refusals.add(failure=pb.FAILURE_RATE_LIMITED, probability=0.001, hold_ms=1000)
    script = pb.Behavior(seed=1, conduct=conduct, absent_recipients=list(absent), identities=IDENTITIES)
    for phone in refused:
        script.recipients[phone].refusals.add(failure=pb.FAILURE_TRANSIENT, probability=1)
    return script
