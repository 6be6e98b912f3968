"""Whatever a Consul in trouble answers, or does not answer: one kind of error, in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from services.runtime.discovery import Discovery, DiscoveryUnavailable, MemberSession
from services.runtime.discovery.members import Members
from tests.support.slowness import patient

SILENCE = ""
HANG_UP = "-"
ANSWERS = [
    SILENCE,
    HANG_UP,
    "nonsense\r\n\r\n",
    "HTTP/1.1 500 X\r\nContent-Length: 17\r\n\r\nNo cluster leader",
    "HTTP/1.1 429 X\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 403 X\r\nContent-Length: 17\r\n\r\nPermission denied",
    "HTTP/1.1 200 OK\r\nX-Consul-Index: 7\r\nContent-Length: 8\r\n\r\n<html />",
    "HTTP/1.1 200 OK\r\nX-Consul-Index: 7\r\nContent-Length: 900\r\n\r\n[",
]


@asynccontextmanager
async def answering(answer: str) -> AsyncIterator[Discovery]:
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer.encode())
        if answer == SILENCE or "900" in answer:
            await reader.read()  # until the client gives up
        writer.close()

    server = await asyncio.start_server(reply, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    async with server, Discovery(f"{host}:{port}", deadline=0.3) as discovery:
        yield discovery


@pytest.mark.parametrize("answer", ANSWERS)
async def test_every_call_fails_as_unavailable_and_in_time(answer: str) -> None:
    async with answering(answer) as discovery, asyncio.timeout(patient(5)):
        for call in (
            discovery.resolve("echo"),
            discovery.destroy_session("one"),
            MemberSession.open(discovery, "one"),
        ):
            with pytest.raises(DiscoveryUnavailable):
                await call


@pytest.mark.parametrize("answer", [*ANSWERS, "HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n"])
async def test_a_renewal_answered_badly_is_no_loss(answer: str) -> None:
    async with answering(answer) as discovery:
        session = MemberSession(discovery, "one", "its-session", ttl=3)
        with pytest.raises(DiscoveryUnavailable):
            await session.run_once()
        assert not session.lost.is_set()


async def test_a_renewal_of_a_session_consul_does_not_know_is_a_loss() -> None:
    text = "Session id 'its-session' not found"
    async with answering(f"HTTP/1.1 404 X\r\nContent-Length: {len(text)}\r\n\r\n{text}") as discovery:
        session = MemberSession(discovery, "one", "its-session", ttl=3)
        await session.run_once()
        assert session.lost.is_set()


def test_equal_members_are_equal_at_any_index() -> None:
    assert Members({"one": "a"}, 1) == Members({"one": "a"}, 2) != Members({"one": "b"}, 2)
    assert Members({}, 1, {"one": 5}) != Members({}, 1, {"one": 6})
