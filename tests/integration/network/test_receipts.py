"""What becomes of messages, from the network's decision to the host's ear."""

from collections import Counter

import pytest

from infra.local.network.receipts import read_receipts, receipts_path
from kompang.simulation.v1 import behavior_pb2, network_pb2
from shardhost.transports.receipt import Receipt, ReceiptKind
from shardhost.transports.transport import (
    SendAmbiguous,
)
from tests.integration.network.conftest import Face, text
from tests.support.eventually import eventually
from tests.support.slowness import patient

DELIVERED, READ = ReceiptKind.DELIVERED, ReceiptKind.READ


async def behave(network: Face, receipts: behavior_pb2.Receipts, lost_ack: float = 0) -> None:
    conduct = behavior_pb2.Conduct(receipts=receipts, lost_ack=lost_ack)
    await network.behave(behavior_pb2.Behavior(conduct=conduct))


def named(receipt: Receipt) -> tuple[str, ReceiptKind]:
    return receipt.wire_id, receipt.kind


async def waiting(network: Face) -> int:
    stats = await network.stub.GetStats(network_pb2.GetStatsRequest(), timeout=patient(5))
    return int(stats.waiting_receipt_count)


async def test_a_message_arrives_and_is_opened(network: Face) -> None:
    await behave(network, behavior_pb2.Receipts(delivered=1, read=1))
    session, told = await network.hosts.session()
    await session.send(text("w1"))
    first, second = await told.next_receipt(), await told.next_receipt()
    assert [named(first), named(second)] == [("w1", DELIVERED), ("w1", READ)]
    assert 0 < first.at <= second.at
    assert [(each.wire_id, each.read) for each in read_receipts(receipts_path(network.ledger))] == [
        ("w1", False),
        ("w1", True),
    ]


async def test_what_nobody_confirmed_is_told_to_the_next_session(network: Face) -> None:
    await behave(network, behavior_pb2.Receipts(delivered=1))
    session, told = await network.hosts.session("host-a")
    await session.send(text("w1"))
    await session.send(text("w2"))
    first, _ = await told.next_receipt(), await told.next_receipt()
    session.confirm_receipt(first)
    await eventually(lambda: _is(network, 1))
    # The device moves: its new host never sent the message, and hears of it all the same.
    successor, heard = await network.hosts.session("host-b")
    again = await heard.next_receipt()
    assert named(again) == ("w2", DELIVERED)
    successor.confirm_receipt(again)
    await eventually(lambda: _is(network, 0))


async def _is(network: Face, count: int) -> bool:
    return await waiting(network) == count


async def test_of_a_message_without_an_answer_there_are_receipts(network: Face) -> None:
    await behave(network, behavior_pb2.Receipts(delivered=1, early=1), lost_ack=1)
    session, told = await network.hosts.session()
    with pytest.raises(SendAmbiguous):
        await session.send(text("w1"))
    assert named(await told.next_receipt()) == ("w1", DELIVERED)
    # A repeat is no second message.
    with pytest.raises(SendAmbiguous):
        await session.send(text("w1"))
    assert await waiting(network) == 1


async def test_they_come_twice_in_the_wrong_order_or_never(network: Face) -> None:
    await behave(
        network,
        behavior_pb2.Receipts(
            delivered=0.7,
            read=0.7,
            twice=0.3,
            read_first=0.5,
            read_latency=behavior_pb2.Latency(fixed=behavior_pb2.FixedLatency(ms=5)),
        ),
    )
    session, told = await network.hosts.session()
    for number in range(60):
        await session.send(text(f"w{number}"))
    await eventually(lambda: _has_told_all(network))
    heard = [named(told.receipts.get_nowait()) for _ in range(told.receipts.qsize())]
    times = Counter(heard)
    arrived = {wire_id for wire_id, kind in times if kind is DELIVERED}
    opened = {wire_id for wire_id, kind in times if kind is READ}
    assert 25 < len(arrived) < 55
    assert opened < arrived
    assert set(times.values()) == {1, 2}
    is_first = [heard.index((each, READ)) < heard.index((each, DELIVERED)) for each in opened]
    assert set(is_first) == {True, False}


async def _has_told_all(network: Face) -> bool:
    stats = await network.stub.GetStats(network_pb2.GetStatsRequest(), timeout=patient(5))
    return bool(stats.waiting_receipt_count == stats.delivered_count + stats.read_count)
