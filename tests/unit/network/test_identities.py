"""What the simulated network tells of people, with acceptances and with replies."""

import time
from pathlib import Path

import pytest

from infra.local.network.behavior import Behavior
from infra.local.network.identities import Identities
from infra.local.network.ledger import Ledger
from infra.local.network.network import Network
from kompang.simulation.v1 import behavior_pb2, network_pb2
from tests.unit.network.test_network import attached

PEOPLE = [f"6012{n:07}" for n in range(400)]
NEW, OLD = "5511987654321", "551187654321"


def script(**identities: object) -> behavior_pb2.Behavior:
    return behavior_pb2.Behavior(seed=3, identities=behavior_pb2.Identities(**identities))  # type: ignore[arg-type]


def test_identities_are_told_at_times_late_and_change() -> None:
    drawn = Identities(script(told=0.5, late=0.5, changed=0.5))
    first, second, third = ([drawn.told(each, n)[0] for each in PEOPLE] for n in range(3))
    assert 0.2 < sum(map(bool, first)) / len(PEOPLE) < 0.3
    assert 0.4 < sum(map(bool, second)) / len(PEOPLE) < 0.6
    # Once told, it stays, until it is another one.
    assert all(a in ("", b) for a, b in zip(first, second, strict=True))
    changed = sum(b != c for b, c in zip(second, third, strict=True))
    assert 0.15 < changed / len(PEOPLE) < 0.35
    assert all(len(each) == 15 for each in third if each)
    assert len({drawn.of(each, 0) for each in PEOPLE}) == len(PEOPLE)
    assert drawn.of(NEW, 0) == drawn.of(OLD, 0)


@pytest.mark.parametrize("told", [True, False])
def test_an_acknowledgement_and_a_reply_tell_the_same_identity(tmp_path: Path, told: bool) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    behavior = Behavior(script(told=1, numbers={NEW: OLD}) if told else behavior_pb2.Behavior())
    network = Network(ledger, behavior)
    link = attached(network, "host")
    sends = [network_pb2.Send(send_id=1, session_id=1, recipient=NEW, wire_id="W1", text="Hi")]
    network.receive(link, sends, time.monotonic())
    [ack] = [ack for frame in link._frames for ack in frame.acks.acks]
    assert (ack.lid, ack.number) == ((network.identity(OLD), OLD) if told else ("", ""))
    ledger.close()
