"""The network's decisions, on links that nobody reads from a socket."""

import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.network.behavior import Behavior, Refusal
from infra.local.network.ledger import Ledger, read_ledger
from infra.local.network.link import Link
from infra.local.network.network import Network
from kompang.simulation.v1 import behavior_pb2, network_pb2

PHONE = "60111"


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    yield Network(ledger, Behavior(behavior_pb2.Behavior()))
    ledger.close()


def script(network: Network, **conduct: Any) -> None:
    network.behavior = Behavior(behavior_pb2.Behavior(conduct=behavior_pb2.Conduct(**conduct)))


def slow(ms: float) -> behavior_pb2.Latency:
    return behavior_pb2.Latency(fixed=behavior_pb2.FixedLatency(ms=ms))


def attached(network: Network, host: str, session_id: int = 1) -> Link:
    link = Link(host)
    network.attach(link)
    network.open(link, network_pb2.Open(session_id=session_id, phone=PHONE, epoch=1), time.monotonic())
    return link


def receive(network: Network, link: Link, *wire_ids: str, session_id: int = 1) -> None:
    sends = [
        network_pb2.Send(send_id=n, session_id=session_id, recipient="60999", wire_id=wire_id, text="Hi")
        for n, wire_id in enumerate(wire_ids, start=1)
    ]
    network.receive(link, sends, time.monotonic())


def run_everything(network: Network) -> None:
    network.run_once(math.inf)
    network.run_once(math.inf)


def answers(link: Link) -> list[str]:
    """What was put on the link, in order: opened, end or ack and the failure."""
    told = []
    for frame in link._frames:
        told += [f"opened {opened.failure}" for opened in frame.opened.opened]
        told += [f"ack {ack.failure}" for ack in frame.acks.acks]
        told += [f"end {end.failure}" for end in frame.ends.ends]
    return told


def test_newest_connection_wins(network: Network) -> None:
    old = attached(network, "a")
    new = attached(network, "b")
    receive(network, old, "late")
    receive(network, new, "now")
    assert answers(old) == ["opened 0", "end 7", "ack 7"]
    assert answers(new) == ["opened 0", "ack 0"]
    assert [(entry.host, entry.connection) for entry in read_ledger(network.ledger.path)] == [("b", 2)]


@pytest.mark.parametrize("leave", ["close", "detach"])
def test_a_slow_open_that_was_given_up_does_not_take_the_device(network: Network, leave: str) -> None:
    script(network, open_latency=slow(1000))
    slow_link = attached(network, "a")
    if leave == "close":
        network.close(slow_link, [1])
    else:
        network.detach(slow_link)
    script(network)
    link = attached(network, "b")
    run_everything(network)
    assert answers(slow_link) == []
    assert answers(link) == ["opened 0"]


def test_what_is_under_way_is_refused_once_a_newer_connection_is_there(network: Network) -> None:
    script(network, accept_latency=slow(1000))
    old = attached(network, "a")
    receive(network, old, "under-way")
    attached(network, "b")
    run_everything(network)
    assert answers(old) == ["opened 0", "end 7", "ack 7"]
    assert read_ledger(network.ledger.path) == []


def test_what_is_under_way_goes_on_without_its_host(network: Network) -> None:
    script(network, accept_latency=slow(1000))
    link = attached(network, "a")
    receive(network, link, "under-way")
    network.detach(link)
    run_everything(network)
    assert [entry.wire_id for entry in read_ledger(network.ledger.path)] == ["under-way"]
    assert answers(link) == ["opened 0"]


def test_the_line_is_written_before_the_acknowledgement_is_due(network: Network) -> None:
    script(network, ack_latency=slow(1000))
    link = attached(network, "a")
    receive(network, link, "w")
    assert [entry.wire_id for entry in read_ledger(network.ledger.path)] == ["w"]
    assert answers(link) == ["opened 0"]
    run_everything(network)
    assert answers(link) == ["opened 0", "ack 0"]


def test_a_frame_shares_one_write(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    flushes: list[None] = []
    flush = network.ledger.flush
    monkeypatch.setattr(network.ledger, "flush", lambda: flushes.append(flush()))
    receive(network, attached(network, "a"), *(f"w{n}" for n in range(100)))
    assert len(flushes) == 1
    assert len(read_ledger(network.ledger.path)) == 100


def test_nothing_is_acknowledged_when_the_ledger_cannot_be_written(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise OSError(28, "no space")

    link = attached(network, "a")
    monkeypatch.setattr(network.ledger, "flush", full)
    with pytest.raises(OSError, match="no space"):
        receive(network, link, "w")
    monkeypatch.undo()
    assert answers(link) == ["opened 0"]


def test_a_drawn_ban_refuses_first_and_then_ends_the_session(network: Network) -> None:
    chance = behavior_pb2.Chance(failure=behavior_pb2.FAILURE_TEMPORARY_BAN, probability=1, hold_ms=60_000)
    script(network, refusals=[chance], ack_latency=slow(10))
    link = attached(network, "a")
    receive(network, link, "w")
    assert answers(link) == ["opened 0", "ack 3", "end 3"]
    assert answers(attached(network, "b")) == ["opened 3"]
    network.devices.restore(PHONE)
    assert answers(attached(network, "c")) == ["opened 0"]


def test_a_temporary_ban_passes(network: Network) -> None:
    network.devices.close_out(PHONE, Refusal(behavior_pb2.FAILURE_TEMPORARY_BAN, 1000), now=100.0)
    assert network.devices.closed_out(PHONE, now=100.5) == Refusal(behavior_pb2.FAILURE_TEMPORARY_BAN, 500)
    assert network.devices.closed_out(PHONE, now=101.0) is None


def test_a_lost_acknowledgement_is_a_repeat_next_time(network: Network) -> None:
    script(network, lost_ack=1)
    link = attached(network, "a")
    receive(network, link, "w")
    script(network)
    receive(network, link, "w")
    assert answers(link) == ["opened 0", "ack 0"]
    assert [entry.repeat for entry in read_ledger(network.ledger.path)] == [False, True]
    assert (network.stats.accepted, network.stats.repeated, network.stats.lost) == (1, 1, 1)


def test_a_known_id_is_not_refused_for_itself(network: Network) -> None:
    link = attached(network, "a")
    receive(network, link, "w")
    script(
        network, refusals=[behavior_pb2.Chance(failure=behavior_pb2.FAILURE_INVALID_MESSAGE, probability=1)]
    )
    receive(network, link, "w", "x")
    assert answers(link) == ["opened 0", "ack 0", "ack 0", "ack 9"]
    assert [(entry.wire_id, entry.repeat) for entry in read_ledger(network.ledger.path)] == [
        ("w", False),
        ("w", True),
    ]


def test_a_lost_send_leaves_no_trace(network: Network) -> None:
    script(network, lost_send=1)
    link = attached(network, "a")
    receive(network, link, "w")
    assert answers(link) == ["opened 0"]
    assert read_ledger(network.ledger.path) == []


def test_an_unknown_session_is_refused(network: Network) -> None:
    link = attached(network, "a")
    receive(network, link, "w", session_id=9)
    assert answers(link) == ["opened 0", "ack 1"]


def test_connections_go_on_counting_after_a_restart(network: Network) -> None:
    attached(network, "a")
    receive(network, attached(network, "b"), "w")
    copy = network.ledger.path.with_suffix(".copy")
    copy.write_bytes(network.ledger.path.read_bytes())
    ledger = Ledger(copy)
    restarted = Network(ledger, network.behavior)
    receive(restarted, attached(restarted, "c"), "x")
    assert [entry.connection for entry in read_ledger(copy)] == [2, 3]
    ledger.close()
