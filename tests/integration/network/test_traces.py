"""The simulated network as a client sees it whose network forgets ids: looked up, sent to once, and asked."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from kompang.simulation.v1 import behavior_pb2, network_pb2
from shardhost.transports.simulated import TransportTimeouts
from shardhost.transports.transport import (
    UNCLEAR,
    Failure,
    Fate,
    NotSent,
    SendAmbiguous,
    SendRefused,
    Session,
    Traced,
    TransportKind,
)
from tests.integration.network.conftest import TIMEOUTS, Face, Hosts, text

QUICK = TransportTimeouts(open=5, send=0.05, trace=0.05, first_pause=0.01, longest_pause=0.1)
SLOW = behavior_pb2.Latency(fixed=behavior_pb2.FixedLatency(ms=60_000))


def conduct(**fields: Any) -> behavior_pb2.Behavior:
    return behavior_pb2.Behavior(conduct=behavior_pb2.Conduct(**fields))


@asynccontextmanager
async def session_of(
    network: Face, host: str = "host-a", timeouts: TransportTimeouts = TIMEOUTS
) -> AsyncIterator[Session]:
    async with AsyncExitStack() as stack:
        hosts = Hosts(stack, network.address, TransportKind.TRACEABLE)
        session, _ = await hosts.session(host, timeouts=timeouts)
        yield session


async def test_what_became_of_a_send_without_an_answer(network: Face) -> None:
    async with session_of(network, timeouts=QUICK) as session:
        for conducted, fate in (({"lost_ack": 1}, Fate.WENT), ({"lost_send": 1}, Fate.NEVER_WENT)):
            await network.behave(conduct(**conducted))
            with pytest.raises(SendAmbiguous):
                await session.send(text(fate.value))
            traced = await session.trace(fate.value)
            assert traced.fate is fate
            assert 0 <= traced.age < 5
        # What never went may go, and goes once.
        await network.behave(conduct())
        await session.send(text(Fate.NEVER_WENT.value))
    assert [entry.wire_id for entry in network.entries()] == [fate.value for fate in Fate][:2]


async def test_a_second_send_is_a_second_delivery(network: Face) -> None:
    async with session_of(network) as session:
        await session.send(text("w"))
        assert not (await session.send(text("w"))).repeated
    assert [entry.repeat for entry in network.entries()] == [False, False]


@pytest.mark.parametrize("traces", [{"lost": 1}, {"unclear": 1}, {"latency": SLOW}])
async def test_who_gets_no_word_knows_nothing(network: Face, traces: dict[str, Any]) -> None:
    await network.behave(conduct(traces=behavior_pb2.Traces(**traces)))
    async with session_of(network, timeouts=QUICK) as session:
        await session.send(text("w"))
        assert await session.trace("w") == UNCLEAR


async def test_nothing_is_asked_where_ids_are_known(network: Face) -> None:
    session, _ = await network.hosts.session()
    await network.behave(behavior_pb2.Behavior(absent_recipients=["60999"]))
    await session.prepare("60999")
    assert await session.trace("w") == UNCLEAR


async def test_a_number_is_looked_up_once(network: Face) -> None:
    await network.behave(behavior_pb2.Behavior(absent_recipients=["60998"]))
    async with session_of(network) as session:
        with pytest.raises(SendRefused) as refused:
            await session.prepare("60998")
        assert refused.value.failure is Failure.NOT_ON_WHATSAPP
        await session.prepare("60999")
        await network.behave(behavior_pb2.Behavior(absent_recipients=["60999"]))
        await session.prepare("60999")
        for unwritable in ("\ud800", "6" * 70_000):
            with pytest.raises(SendRefused):
                await session.prepare(unwritable)
            assert await session.trace(unwritable) == UNCLEAR


async def test_a_session_that_is_over_looks_nothing_up_and_knows_nothing(network: Face) -> None:
    async with session_of(network) as session:
        await session.send(text("w"))
        assert (await session.trace("w")).fate is Fate.WENT
        await network.disrupt(network_pb2.DISRUPTION_DISCONNECT)
        await session.close()
        assert await session.trace("w") == UNCLEAR
        with pytest.raises(NotSent):
            await session.prepare("60999")


async def test_the_next_host_is_told_what_the_last_one_sent(network: Face) -> None:
    async with session_of(network, "host-a") as old:
        await old.send(text("w"))
    async with session_of(network, "host-b") as new:
        assert (await new.trace("w")).fate is Fate.WENT
        assert await new.trace("another") == Traced(Fate.NEVER_WENT)
