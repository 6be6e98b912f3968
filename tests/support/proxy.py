"""A TCP proxy that does to a connection what networks do: cuts it, or swallows it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress

_PIECE_BYTES = 65536
_CONNECT_S = 5.0


class Proxy:
    """Listens at `address` (host:port); `target` is host:port or an http:// address, and may be told later.

    cut:        connections break, new ones are refused at once.
    blackhole:  connections stay, nothing passes in either direction, new ones are accepted and never
                answered, as behind a firewall that drops.
    bytes_per_s: what a connection carries in each direction; None is all there is.
    """

    def __init__(self, target: str = "") -> None:
        self.target = target
        self.address = ""
        self.bytes_per_s: float | None = None
        self._is_cut = False
        self._passes = asyncio.Event()
        self._passes.set()
        self._writers: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Break what is open, refuse what is new."""
        self._is_cut = True
        for writer in self._writers:
            writer.transport.abort()

    def blackhole(self) -> None:
        """Let nothing through and tell nobody."""
        self._passes.clear()

    def restore(self) -> None:
        """As if nothing had been; what was swallowed arrives late."""
        self._is_cut = False
        self._passes.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        self._writers.add(writer)
        try:
            await self._relay(reader, writer)
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._passes.wait()
        if self._is_cut or not self.target:
            return
        host, port = self.target.removeprefix("http://").rsplit(":", 1)
        with suppress(OSError, TimeoutError):  # a target that is down is a connection that breaks
            async with asyncio.timeout(_CONNECT_S):
                there, back = await asyncio.open_connection(host, int(port))
            self._writers.add(back)
            try:
                await self._until_either_ends(self._copy(reader, back), self._copy(there, writer))
            finally:
                self._writers.discard(back)
                back.transport.abort()

    async def _until_either_ends(self, *copies: Coroutine[None, None, None]) -> None:
        tasks = [asyncio.create_task(copy) for copy in copies]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(_PIECE_BYTES):
            await self._passes.wait()
            writer.write(piece)
            await writer.drain()
            if self.bytes_per_s is not None:
                await asyncio.sleep(len(piece) / self.bytes_per_s)


@asynccontextmanager
async def proxied(target: str = "") -> AsyncIterator[Proxy]:
    """A proxy that listens on loopback until the block ends."""
    proxy = Proxy(target)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        proxy.restore()
        proxy.cut()
