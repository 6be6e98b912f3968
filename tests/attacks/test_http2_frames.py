"""Attacked: below its calls, by frames of HTTP/2 that gRPC works on before anything of ours is called."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain

import pytest

from gateway.auth.volumes import Allowed
from tests.attacks.traffic_of_callers import call_again
from tests.integration.gateway.mesh import TIMEOUT_S, Client, Gateway
from tests.support.http2 import ATTACKS, HELLO, SETTINGS_TAKEN, call, pings

PATH = "/kompang.v1.DevicesService/ListDevices"
BURST = 256 * 1024


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less is too much than in life, and it is noticed sooner."""
    for name in ("_OF_STRANGERS", "_OF_KEY"):
        monkeypatch.setattr(f"gateway.auth.volumes.{name}", Allowed(BURST, 1024))
    monkeypatch.setattr("gateway.auth.floods.WEIGH_S", 0.02)
    monkeypatch.setattr("gateway.auth.floods.HARD", 0.0)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("kind", ATTACKS)
async def test_whoever_sends_much_that_is_no_call_is_cut_off(
    gateway: Gateway, acme: Client, kind: str
) -> None:
    # Each from an address of its own: the next connections of one that was cut off wait.
    host = f"127.0.0.{10 + list(ATTACKS).index(kind)}"
    async with asyncio.timeout(TIMEOUT_S):
        assert await _is_cut_off(gateway.address, host, ATTACKS[kind](PATH, ""))
        await call_again(acme)


@pytest.mark.usefixtures("impatient")
async def test_so_is_whoever_has_a_good_key(gateway: Gateway, acme: Client) -> None:
    said = chain((call(1, PATH, await gateway.key("rogue")),), pings())
    async with asyncio.timeout(TIMEOUT_S):
        assert await _is_cut_off(gateway.address, "127.0.0.9", said)
        await call_again(acme)


async def _is_cut_off(address: str, host: str, attack: Iterator[bytes]) -> bool:
    """Whether the gateway ends the connection while there is more to say."""
    to, port = address.rsplit(":", 1)
    reader, writer = await asyncio.open_connection(to, int(port), local_addr=(host, 0))
    speaking = asyncio.create_task(_speak(writer, attack))
    # What is still on its way then is neither taken nor refused.
    with suppress(ConnectionError):
        while await reader.read(65536):
            pass
    had_more = not speaking.done() or speaking.result()
    speaking.cancel()
    writer.transport.abort()
    return had_more


async def _speak(writer: asyncio.StreamWriter, attack: Iterator[bytes]) -> bool:
    """Whether there was more to say when the connection had ended."""
    try:
        for said in chain((HELLO + SETTINGS_TAKEN,), attack):
            writer.write(said)
            await writer.drain()
            await asyncio.sleep(0)
    except ConnectionError:
        return True
    return False
