"""`python -m tests.bench.speakers host:port key kind`: attacks the gateway below its calls, until killed.

By frames of HTTP/2 (`tests.support.http2`), by connections that are made for one call each, and by what comes
before: handshakes of TLS that are half done, slow, or repeated.
"""

import asyncio
import ssl
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import chain, islice, repeat

from tests.support.http2 import ATTACKS, HELLO, SETTINGS_TAKEN, call

_PATH = "/kompang.v1.DevicesService/ListDevices"
_AT_ONCE = 50
# Calls on a connection that is made for them.
_CALLS = 1
_PATIENCE_S = 5.0

OF_FRAMES = tuple(ATTACKS)
OF_CONNECTIONS = ("reconnects",)
OF_TLS = ("hellos", "slow_hellos", "handshakes")


class Speaker:
    """Attacks one address."""

    def __init__(self, address: str, key: str) -> None:
        self._host, _, port = address.rpartition(":")
        self._port = int(port)
        self._key = key

    async def spoken(self, kind: str) -> None:
        """Says what the kind says, for as long as it is listened to."""
        reader, writer = await asyncio.open_connection(self._host, self._port)
        reading = asyncio.create_task(_ignored(reader))
        try:
            for said in chain((HELLO + SETTINGS_TAKEN,), ATTACKS[kind](_PATH, self._key)):
                writer.write(said)
                await asyncio.wait_for(writer.drain(), _PATIENCE_S)
                if reading.done():
                    return
        finally:
            reading.cancel()
            writer.close()

    async def reconnects(self) -> None:
        """A connection for each call."""
        reader, writer = await asyncio.open_connection(self._host, self._port)
        writer.write(HELLO + b"".join(call(2 * n + 1, _PATH, self._key) for n in range(_CALLS)))
        with suppress(TimeoutError):
            await asyncio.wait_for(reader.read(65536), _PATIENCE_S)
        writer.close()

    async def hellos(self) -> None:
        """Half of what TLS says first."""
        reader, writer = await asyncio.open_connection(self._host, self._port)
        hello = _client_hello()
        writer.write(hello[: len(hello) // 2])
        await asyncio.wait_for(reader.read(1), _PATIENCE_S)
        writer.close()

    async def slow_hellos(self) -> None:
        """All of it, byte by byte."""
        _, writer = await asyncio.open_connection(self._host, self._port)
        for each in islice(_client_hello(), 400):
            writer.write(bytes((each,)))
            await asyncio.sleep(0.01)
        writer.close()

    async def handshakes(self) -> None:
        """A connection that says nothing behind it."""
        _, writer = await asyncio.open_connection(self._host, self._port, ssl=_trusting(), server_hostname="")
        writer.transport.abort()


def _trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    return context


def _client_hello() -> bytes:
    out = ssl.MemoryBIO()
    with suppress(ssl.SSLWantReadError):
        _trusting().wrap_bio(ssl.MemoryBIO(), out).do_handshake()
    return out.read()


async def _ignored(reader: asyncio.StreamReader) -> None:
    with suppress(OSError):
        while await reader.read(1 << 16):
            pass


async def _always(attack: Callable[[], Awaitable[None]]) -> None:
    for _ in repeat(None):
        # The gateway closes connections of whoever is too much for it.
        with suppress(OSError, TimeoutError):
            await attack()
        await asyncio.sleep(0)


async def main(address: str, key: str, kind: str) -> None:
    """Runs for ever."""
    speaker = Speaker(address, key)
    attack = getattr(speaker, kind, None) or (lambda: speaker.spoken(kind))
    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(_always(attack))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
