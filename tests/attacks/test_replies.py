"""Attacks dispatch through what people write: replies that no database, log or comparison expects."""

import asyncio
from typing import Any

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.inbound.reading import read
from shardhost.inbox import InboundText
from shardhost.transports.transport import Inbound
from tests.attacks.traffic import host_hears, send
from tests.integration.dispatch.conftest import replica
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import ALL, world

# Nobody sees these: a zero-width space, joiners, marks of direction and their overrides, a soft hyphen,
# a byte order mark, variation selectors, a tag, NUL, escape, a Hangul filler, a joiner of graphemes.
UNSEEN = (
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2066\u2069\u00ad\ufeff"
    "\ufe0f\U000e0101\U000e0041\0\x1b\u3164\u034f"
)
STOPS = {
    "between its letters": UNSEEN.join("STOP"),
    "around it": f"{UNSEEN}STOP{UNSEEN}",
    "overridden to be read from the right": "\u202eSTOP\u202c",
    "isolated": "\u2067STOP\u2069",
    "a thousand before it": "\u200b" * 1000 + "stop",
    "six thousand before it": "\u200b" * 6000 + "stop",
    "six thousand spaces before it": " " * 6000 + "stop",
    "60,000 between its letters": ("\u200d" * 15_000).join("STOP"),
    "full width": "ＳＴＯＰ",
    "mathematical letters": "𝐒𝐓𝐎𝐏",
    "circled": "ⓢⓣⓞⓟ",
    "60,000 signs before it": "!🛑" * 30_000 + "stop",
    "from right to left": "\u200f إيقاف \u200f",
}
WORDS = {
    "NUL": "hi\0there",
    "only NULs": "\0" * 100,
    "from right to left": "\u202eمرحبا\u202c",
    "64 kB": "x" * 65_536,
    "64 kB of four bytes": "🛑" * 16_384,
    "64 kB of marks on one letter": "e" + "\u0301" * 32_000,
    "64 kB of ligatures": "\ufdfa" * 21_000,
    "64 kB of quotes": "'" * 65_536,
    "SQL": "'); DROP TABLE kompang.message; --",
    "a format": "%s%n{0}{name}${x}",
    "nothing": "",
    "noncharacters": "\ufffe\uffff\U0010ffff",
}
IDS = {
    "9,000 characters": "i" * 9_000,
    "NUL": "in\0-1",
    "nothing": "",
    "255 of four bytes": "🛑" * 255,
    "a new line": "in\n-1",
    "from right to left": "\u202ein-1",
}
SENDERS = {
    "nothing": "",
    "9,000 digits": "1" * 9_000,
    "letters": "status@broadcast",
    "NUL": "6012\x0034",
    "other digits": "٦٠١٢٣٤",
}


def reply(device_id: int, **fields) -> pb.Inbound:
    usual: dict[str, Any] = {"device_id": device_id, "sender": "60199999999", "text": "hello"}
    return pb.Inbound(**(usual | fields))


def bad_replies(device_id: int) -> list[pb.Inbound]:
    return [
        *(reply(device_id, inbound_id=f"w{n}", text=text) for n, text in enumerate(WORDS.values())),
        *(reply(device_id, inbound_id=inbound_id) for inbound_id in IDS.values()),
        *(reply(device_id, inbound_id=f"s{n}", sender=sender) for n, sender in enumerate(SENDERS.values())),
        *(reply(number, inbound_id="in-1") for number in (-1, 0, 2**31, 2**40, 2**63 - 1, -(2**63))),
    ]


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
