"""`python -m tests.bench.attackers host:port key kind`: attacks the gateway until it is killed."""

import asyncio
import sys
from contextlib import AsyncExitStack, suppress
from typing import Any

import grpc

from gateway.auth.key import ApiKey

_LEADS = "/kompang.v1.LeadsService/"
_LIST = "/kompang.v1.DevicesService/ListDevices"
_OPTIONS = (("grpc.use_local_subchannel_pool", 1), ("grpc.max_send_message_length", -1))
_AT_ONCE = 20
# 300 connections in all.
_CONNECTIONS = 15
_CALLS = 50


async def _called(address: str, path: str, body: bytes, metadata: Any) -> None:
    async with grpc.aio.insecure_channel(address, options=_OPTIONS) as channel:
        while True:
            with suppress(grpc.aio.AioRpcError):
                await channel.unary_unary(path)(body, metadata=metadata, timeout=30)


async def _flooded(address: str, path: str, key: str) -> None:
    """Connections of their own, and on each the next call as soon as one is answered."""
    metadata = (("authorization", f"Bearer {key}"),)

    async def flood(channel: grpc.aio.Channel) -> None:
        while True:
            with suppress(grpc.aio.AioRpcError):
                await channel.unary_unary(path)(b"", metadata=metadata, timeout=30)

    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        for _ in range(_CONNECTIONS):
            channel = await stack.enter_async_context(grpc.aio.insecure_channel(address, options=_OPTIONS))
            for _ in range(_CALLS):
                group.create_task(flood(channel))


async def _held(address: str, path: str, metadata: Any) -> None:
    """A stream that is opened again and again, and never written or read."""
    async with grpc.aio.insecure_channel(address, options=_OPTIONS) as channel:
        while True:
            call = channel.stream_stream(path)(metadata=metadata, timeout=60)
            # The gateway closes connections of whoever sends too much.
            with suppress(grpc.aio.AioRpcError):
                if path.endswith("WatchEvents"):
                    await call.write(b"")
                    await call.done_writing()
            await asyncio.sleep(5)


async def _connected(address: str) -> None:
    host, port = address.rsplit(":", 1)
    kept = []
    while True:
        with suppress(OSError):
            kept.append(await asyncio.open_connection(host, int(port)))
        await asyncio.sleep(0.05)


async def main(address: str, key: str, kind: str) -> None:
    """Runs for ever."""
    metadata = (("authorization", f"Bearer {key}"),)
    preview = "/kompang.v1.SequencesService/PreviewStep"
    text = b"{a|b}" * 20_000
    size = len(text)
    inner = b"\x0a" + bytes([size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14]) + text
    size = len(inner)
    draft = b"\x12" + bytes([size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14]) + inner
    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            match kind:
                case "bodies":
                    work = _called(address, f"{_LEADS}BatchUpsertLeads", b"\0" * (16 << 20), ())
                case "crowds":
                    work = _called(address, f"{_LEADS}BatchUpsertLeads", b"\x0a\x00" * 2_000_000, metadata)
                case "previews":
                    work = _called(address, preview, draft, metadata)
                case "keys":
                    work = _flooded(address, _LIST, ApiKey.new().text)
                case "calls":
                    work = _flooded(address, _LIST, key)
                case "imports":
                    work = _held(address, f"{_LEADS}ImportLeads", metadata)
                case "watches":
                    work = _held(address, "/kompang.v1.EventsService/WatchEvents", metadata)
                case _:
                    work = _connected(address)
            group.create_task(work)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
