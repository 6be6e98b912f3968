"""A send, an opening or a delayed call that the network fails on: it ends that one and no other."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local.network.behavior import Behavior
from infra.local.network.ledger import Ledger, read_ledger
from infra.local.network.network import Network
from kompang.simulation.v1 import behavior_pb2, network_pb2
from services.runtime import containment
from tests.unit.network.test_network import (
    PHONE,
    answers,
    attached,
    network,
    receive,
    run_everything,
    script,
    slow,
)

__all__ = ["network"]


def failing_for(wanted: str, function: Callable[..., object]) -> Callable[..., object]:
    """As the function, but that it raises where one of its arguments is `wanted`."""

    def fail(*args: object) -> object:
        if wanted in args:
            raise OverflowError("boom")
        return function(*args)

    return fail


def test_a_send_that_the_network_fails_on_gets_no_answer_and_the_others_of_its_frame_do(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = containment.counts["network.send"]
    link = attached(network, "a")
    monkeypatch.setattr(network.behavior, "draw", failing_for("bad", network.behavior.draw))
    receive(network, link, "good", "bad", "also good")
    assert answers(link) == ["opened 0", "ack 0", "ack 0"]
    assert [entry.wire_id for entry in read_ledger(network.ledger.path)] == ["good", "also good"]
    assert containment.counts["network.send"] == before + 1


def test_a_delayed_send_that_the_network_fails_on_does_not_keep_the_next_back(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(network, accept_latency=slow(10))
    link = attached(network, "a")
    receive(network, link, "bad", "good")
    monkeypatch.setattr(network.ledger, "knows", failing_for("bad", network.ledger.knows))
    run_everything(network)
    assert answers(link) == ["opened 0", "ack 0"]
    assert [entry.wire_id for entry in read_ledger(network.ledger.path)] == ["good"]


def test_an_opening_that_the_network_fails_on_is_refused_and_may_be_tried_again(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(network.devices, "closed_out", failing_for(PHONE, network.devices.closed_out))
        link = attached(network, "a")
        assert answers(link) == ["opened 1"]
    network.open(link, network_pb2.Open(session_id=2, phone=PHONE, epoch=1), time.monotonic())
    assert answers(link) == ["opened 1", "opened 0"]


def test_a_repeat_of_what_was_accepted_half_a_year_ago_is_acknowledged(tmp_path: Path) -> None:
    """Its age does not fit the acknowledgement, and is told as the longest that does."""
    path = tmp_path / "ledger.jsonl"
    entry = {
        "seq": 1, "time": time.time() - 180 * 86_400, "mono": 1.0, "device": PHONE, "connection": 1,
        "epoch": 1, "host": "a", "recipient": "60999", "wire_id": "old", "text_hash": "0" * 16,
        "repeat": False,
    }  # fmt: skip
    path.write_text(json.dumps(entry) + "\n")
    network = Network(Ledger(path), Behavior(behavior_pb2.Behavior()))
    link = attached(network, "a")
    receive(network, link, "old", "new")
    acks = [ack for frame in link._frames for ack in frame.acks.acks]
    assert [ack.repeated for ack in acks] == [True, False]
    assert acks[0].accepted_age_ms == 2**32 - 1
    network.ledger.close()


def test_receipts_and_closes_of_sessions_that_never_were_change_nothing(network: Network) -> None:
    link = attached(network, "a")
    network.confirm(link, [network_pb2.Receipt(session_id=99, reply_id="r")])
    network.close(link, [99])
    receive(network, link, "good")
    assert answers(link) == ["opened 0", "ack 0"]
