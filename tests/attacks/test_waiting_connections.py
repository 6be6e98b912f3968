"""Attacked: the connections of others, by those who say too much; each is read in its turn."""

import asyncio
import math
import socket
import threading
import time
from contextlib import AsyncExitStack, suppress

import grpc
import pytest

from services.runtime import sockets
from services.runtime.address import Endpoint
from services.runtime.busyness import Busyness
from services.runtime.channel import connect
from services.runtime.server import Server
from services.runtime.server_settings import ServerSettings
from services.runtime.sockets import OwnSocket
from services.runtime.waiting import MUCH_BYTES, Line, Place, Waiter, WaitingConnections, in_turn
from tests.attacks.traffic_of_callers import own_connection
from tests.support.eventually import eventually
from tests.support.slowness import patient

CHECK = "/grpc.health.v1.Health/Check"
TIMEOUT_S = patient(20.0)
CALLS = 60
LINE = Line("line", 512, 512)


async def test_a_connection_that_waits_is_read_later_and_loses_nothing() -> None:
    async with Server(ServerSettings(drain_s=0.1), (), ()) as server, AsyncExitStack() as stack:
        one = await stack.enter_async_context(connect(server.address, traced=False))
        two = await stack.enter_async_context(own_connection(server.address))
        for channel in (one, two):
            await checked(channel)
        waiting = WaitingConnections(server.port)
        assert waiting.look(held) == len(waiting) == 2
        assert waiting.look(held) == 0
        calls = {one: 1, two: CALLS}
        sent: dict[grpc.aio.Channel, asyncio.Future[list[bytes]]] = {}

        async def both_wait() -> bool:
            # What came just before the look may still bring one read with it: then call again.
            read = [channel for channel in calls if channel not in sent or sent[channel].done()]
            for channel in read:
                sent[channel] = asyncio.gather(*(checked(channel) for _ in range(calls[channel])))
            return not read and await _both_unread(server)

        await eventually(both_wait)
        few_sent, many_sent = sent[one], sent[two]
        assert not few_sent.done()
        assert not many_sent.done()
        # The one who has least to say is read, and then the other one.
        while not few_sent.done():
            waiting.look(in_line)
            await asyncio.sleep(0)
        waiting.look(nowhere)
        assert not len(waiting)
        assert await few_sent == [b"\x08\x01"]
        assert await many_sent == [b"\x08\x01"] * CALLS


async def test_a_new_connection_waits_from_its_beginning_while_somebody_floods() -> None:
    async with Server(ServerSettings(drain_s=0.1), (), ()) as server, AsyncExitStack() as stack:
        waiting = WaitingConnections(server.port)
        waiting.shut(is_shut=True)
        early = await stack.enter_async_context(own_connection(server.address))
        answer = asyncio.ensure_future(checked(early))
        await eventually(lambda: _both_unread(server))
        # A look that has no place for it lets it go.
        waiting.look(nowhere)
        assert await answer == b"\x08\x01"
        waiting.shut(is_shut=False)
        late = await stack.enter_async_context(own_connection(server.address))
        assert await checked(late) == b"\x08\x01"


def test_a_socket_that_is_closed_meanwhile_is_left_alone() -> None:
    gone = OwnSocket(2**20, 1, Endpoint("192.0.2.7", 1))
    sockets.ask_for(gone, 1)
    sockets.end(gone)
    assert sockets.silent_ms(gone) == sockets.unread(gone) == 0
    with socket.create_server(("127.0.0.1", 0)) as other:
        # Its number was given to another socket.
        sockets.ask_for(OwnSocket(other.fileno(), 1, gone.caller), 9)
        assert other.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT) == 1


def waiter(unread: int, owner: str = "", looks: int = 0, line: Line = LINE) -> Waiter:
    own = OwnSocket(unread, looks, Endpoint("192.0.2.7", 1))
    return Waiter(own, Place(line, "payer", owner), unread, looks)


@pytest.mark.parametrize(
    ("is_busy", "little", "expected"),
    [
        (False, 2048, [200, 9000]),
        (False, math.inf, [200, 9000, 9001]),
        (True, 2048, [200]),
        (True, math.inf, [200]),
    ],
)
def test_a_busy_process_reads_less_and_of_a_flood_only_those_who_have_little_to_say(
    monkeypatch: pytest.MonkeyPatch, *, is_busy: bool, little: float, expected: list[int]
) -> None:
    waiting = WaitingConnections(0)
    monkeypatch.setattr(waiting, "_is_busy", is_busy)
    line = Line("line", 100_000, 400, little)
    # The second has waited long enough for what it says, and the third has not.
    waiters = [
        waiter(200, line=line),
        waiter(9000, looks=5, line=line),
        waiter(9001, looks=1, line=line),
    ]
    found = waiting._next(line, waiters)
    assert sorted(each.unread for each in found) == expected


async def test_a_newcomer_who_says_more_than_anybody_who_means_well_is_cut_off() -> None:
    async with Server(ServerSettings(drain_s=0.1), (), ()) as server:
        waiting = WaitingConnections(server.port)
        waiting.shut(is_shut=True)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(bytes(2 * MUCH_BYTES))
        place = Place(Line("newcomers", 0, 0, most_bytes=MUCH_BYTES), "newcomers")

        async def is_cut() -> bool:
            waiting.look(lambda _: place)
            return reader.at_eof()

        reading = asyncio.create_task(_read_all(reader))
        await eventually(is_cut)
        reading.cancel()
        writer.transport.abort()


async def test_a_handshake_of_tls_is_no_call_however_long_it_is() -> None:
    """Else three hundred honest callers would make each other wait until their attempts are over."""
    async with Server(ServerSettings(drain_s=0.1), (), ()) as server, AsyncExitStack() as stack:
        waiting = WaitingConnections(server.port)
        waiting.shut(is_shut=True)
        for first in (b"\x16\x03", b"\0\0"):
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            stack.callback(writer.close)
            writer.write(first + bytes(1500))

        async def both_said() -> bool:
            found = sockets.CallerSockets(server.port).look()
            return [sockets.unread(each) for each in found] == [1502, 1502]

        await eventually(both_said)
        found = sockets.CallerSockets(server.port).look()
        place = Place(LINE, "payer")
        assert sorted(waiting._waiter(each, place).cost for each in found) == [400, 1502]
        # Nor does anybody wait for whoever has little to say while nobody floods.
        calm = Place(Line("line", 0, 0, free_bytes=2048), "payer")
        assert [waiting._waiter(each, calm).cost for each in found] == [0, 0]


async def _read_all(reader: asyncio.StreamReader) -> None:
    with suppress(ConnectionError):
        while await reader.read(65536):
            pass


def test_owners_take_turns_and_whoever_has_waited_counts_as_having_less_to_say() -> None:
    many = [waiter(100 + n, "many") for n in range(9)]
    few = waiter(1500, "few")
    assert in_turn([*many, few])[:2] == [many[0], few]
    # Whoever comes with little again and again keeps nobody from his turn.
    patient_one = waiter(1500, "many", looks=15)
    assert in_turn([*many, patient_one])[0] == patient_one
    # Nor do shorter words: both have one thing to say, and the second has waited.
    assert in_turn([waiter(80), waiter(300, looks=1)])[0].unread == 300
    assert in_turn([waiter(0)]) == []


def test_a_thread_is_busy_while_it_works_and_not_while_it_waits() -> None:
    busyness = Busyness()
    end = time.thread_time() + 0.02
    while time.thread_time() < end:
        pass
    assert busyness.since_last() > 0.5
    threading.Event().wait(0.1)
    assert busyness.since_last() < 0.5


def held(_: Endpoint) -> Place:
    return Place(Line("line", 0, 0), "payer")


def in_line(_: Endpoint) -> Place:
    return Place(LINE, "payer")


def nowhere(_: Endpoint) -> None:
    return None


async def checked(channel: grpc.aio.Channel) -> bytes:
    answer: bytes = await channel.unary_unary(CHECK)(b"", timeout=TIMEOUT_S)
    return answer


async def _both_unread(server: Server) -> bool:
    unread = [sockets.unread(each) for each in sockets.CallerSockets(server.port).look()]
    return bool(unread) and all(unread)
