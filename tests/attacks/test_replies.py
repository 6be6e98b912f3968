"""Attacks dispatch through what people write: replies that no database, log or comparison expects."""

import asyncio

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.inbound.reading import read
from shardhost.inbox import InboundText
from shardhost.transports.transport import Inbound
from tests.attacks.traffic import host_hears, send
from tests.integration.dispatch.conftest import replica
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import ALL, world
from tests.support.poisonous import STOPS, bad_replies, reply


async def test_no_reply_ends_a_replica_or_comes_for_ever(database):
    async with (
        database.connection() as connection,
        replica(database) as first,
        replica(database) as second,
    ):
        devices, _, messages = await world(connection, devices=4, leads=40)
        async with attached(first) as host, attached(second) as other:
            await host.claim(ALL, 1)
            bad = bad_replies(devices[0])
            for again in range(2):
                await asyncio.gather(host_hears(host, bad), host_hears(other, bad))
                good = [reply(devices[0], inbound_id=f"g{again}{n}", sender=f"6019{n:07}") for n in range(20)]
                await host_hears(host, good)
            assert await send(host, devices, 40) == set(messages)
        assert await connection.fetchval("SELECT count(*) FROM inbound WHERE inbound_id LIKE 'g%'") == 40
        # Of nobody: kept apart, each once.
        assert await connection.fetchval("SELECT count(*) FROM quarantine") >= 6


@pytest.mark.parametrize("text", STOPS.values(), ids=STOPS)
def test_a_stop_is_heard_whatever_nobody_sees_is_around_it(text):
    """As the shard host cuts it, and as another host might send it."""
    of_a_host = InboundText.of(1, Inbound("in-1", "6012", text), lambda _id: None).proto
    for inbound in (of_a_host, reply(1, text=text)):
        assert read(inbound).meaning == "stop"


@pytest.mark.parametrize(
    ("sender", "number"),
    [
        ("60123", "60123"),
        ("+60123:12@s.whatsapp.net", "60123"),
        ("\u0666\u0660\u0661\u0662\u0663", "60123"),
        ("\u202a+60123\u202c", "60123"),
        ("\u200b60123\0", "60123"),
        ("\ud800" + "60123", "60123"),
        ("", ""),
        ("nobody@lid", ""),
        ("1" * 300, ""),
    ],
)
def test_a_text_goes_on_whoever_is_named_as_its_sender(sender, number):
    """Of nobody, too: dispatch keeps such a text for an operator, or its stop word would be lost."""
    of_a_host = InboundText.of(1, Inbound("in-1", sender, "STOP"), lambda _id: None).proto
    assert (of_a_host.sender, of_a_host.text) == (number, "STOP")


async def test_bytes_that_are_no_text_end_a_stream_and_nothing_else(database):
    """A lone surrogate cannot be in a `string`: only a peer of another make sends one."""
    frame = pb.AttachRequest(inbound=pb.InboundFrame(frame_id=1, inbound=[reply(1, text="stop??")]))
    raw = frame.SerializeToString().replace(b"stop??", b"\xed\xa0\x80\xff\xfe\x80")
    async with database.connection() as connection, replica(database) as address:
        devices, _, messages = await world(connection, devices=2, leads=20)
        async with attached(address) as host:
            await host.claim(ALL, 1)
            for _ in range(3):
                async with attached(address) as rogue:
                    # Below the stub, which would refuse to make such a frame.
                    rogue.call._request_serializer = lambda _request: raw
                    await rogue.call.write(pb.AttachRequest())
                    assert await rogue.ended(5)
            assert await send(host, devices, 20) == set(messages)
