"""What the network tells a host of its sends, and of who is on it."""

import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.network.behavior import Behavior
from infra.local.network.ledger import Ledger, read_ledger
from infra.local.network.link import Link
from infra.local.network.network import Network
from kompang.simulation.v1 import behavior_pb2, network_pb2

PHONE = "60111"
WENT, NEVER, UNCLEAR = (
    network_pb2.Traced.FATE_WENT,
    network_pb2.Traced.FATE_NEVER_WENT,
    network_pb2.Traced.FATE_UNCLEAR,
)
SLOW = behavior_pb2.Latency(fixed=behavior_pb2.FixedLatency(ms=60_000))


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    yield Network(ledger, Behavior(behavior_pb2.Behavior()))
    ledger.close()


def script(network: Network, **conduct: Any) -> None:
    network.behavior = Behavior(behavior_pb2.Behavior(conduct=behavior_pb2.Conduct(**conduct)))


def attached(network: Network, host: str = "a") -> Link:
    link = Link(host, forgets_ids=True)
    network.attach(link)
    network.open(link, network_pb2.Open(session_id=1, phone=PHONE, epoch=1), time.monotonic())
    return link


def send(network: Network, link: Link, wire_id: str = "w") -> None:
    sent = network_pb2.Send(send_id=1, session_id=1, recipient="60999", wire_id=wire_id, text="Hi")
    network.receive(link, [sent], time.monotonic())


def ask(network: Network, link: Link, session_id: int = 1, **about: str) -> None:
    question = network_pb2.Question(question_id=9, session_id=session_id, **about)
    network.ask(link, [question])


def answers(link: Link) -> list[network_pb2.Answer]:
    found = [answer for frame in link._frames for answer in frame.answers.answers]
    assert all(answer.question_id == 9 for answer in found)
    return found


def fates(network: Network, link: Link, wire_id: str = "w") -> list[int]:
    """What the network says now, after all that it had said before."""
    ask(network, link, wire_id=wire_id)
    return [answer.traced.fate for answer in answers(link)]


def test_a_network_that_forgets_ids_delivers_a_second_send(network: Network) -> None:
    link = attached(network)
    send(network, link)
    send(network, link)
    assert [entry.repeat for entry in read_ledger(network.ledger.path)] == [False, False]


@pytest.mark.parametrize(
    ("conduct", "fate"),
    [
        ({}, WENT),
        ({"lost_ack": 1}, WENT),
        ({"lost_send": 1}, NEVER),
        ({"refusals": [behavior_pb2.Chance(failure=behavior_pb2.FAILURE_TRANSIENT, probability=1)]}, NEVER),
        ({"accept_latency": SLOW}, UNCLEAR),
        ({"traces": behavior_pb2.Traces(unclear=1)}, UNCLEAR),
    ],
)
def test_what_became_of_a_send(network: Network, conduct: dict[str, Any], fate: int) -> None:
    script(network, **conduct)
    link = attached(network)
    send(network, link)
    assert fates(network, link) == [fate]


def test_what_is_under_way_is_told_when_it_is_decided(network: Network) -> None:
    script(network, accept_latency=SLOW)
    link = attached(network)
    send(network, link)
    assert fates(network, link) == [UNCLEAR]
    assert fates(network, link, "another") == [UNCLEAR, NEVER]
    network.run_once(math.inf)
    assert fates(network, link) == [UNCLEAR, NEVER, WENT]


def test_what_an_older_session_has_under_way_never_goes_once_that_is_said(network: Network) -> None:
    script(network, accept_latency=SLOW)
    old = attached(network, "old")
    send(network, old)
    new = attached(network, "new")
    assert fates(network, new) == [NEVER]
    # To the old one nothing is promised: its successor may send meanwhile.
    assert fates(network, old) == [UNCLEAR]
    network.run_once(math.inf)
    assert not read_ledger(network.ledger.path)


def test_a_late_answer_is_that_of_the_moment_of_the_question(network: Network) -> None:
    script(network, traces=behavior_pb2.Traces(latency=SLOW))
    link = attached(network)
    assert fates(network, link) == []
    send(network, link)
    network.run_once(math.inf)
    assert [answer.traced.fate for answer in answers(link)] == [NEVER]


def test_some_questions_are_not_answered(network: Network) -> None:
    script(network, traces=behavior_pb2.Traces(lost=1))
    link = attached(network)
    assert fates(network, link) == []
    network.run_once(math.inf)
    assert answers(link) == []


def test_of_a_session_that_is_over_nothing_is_said(network: Network) -> None:
    link = attached(network)
    send(network, link)
    network.close(link, [1])
    assert fates(network, link) == [network_pb2.Traced.FATE_UNSPECIFIED]


def test_who_is_on_the_network(network: Network) -> None:
    network.behavior = Behavior(behavior_pb2.Behavior(absent_recipients=["60998"]))
    link = attached(network)
    ask(network, link, recipient="60998")
    ask(network, link, recipient="60999")
    assert [answer.is_present for answer in answers(link)] == [False, True]
