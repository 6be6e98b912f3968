"""A TLS terminator before a plaintext server: the servers of the tests are built without TLS."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from infra.local.servers.authority import IssuedFiles

_SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"


@asynccontextmanager
async def terminator(
    port: int, files: IssuedFiles, *, is_postgres: bool, needs_certificate: bool = False, answer: bytes = b"S"
) -> AsyncIterator[int]:
    """The port where TLS ends; `answer` is what a Postgres client's request for TLS is answered with."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(files.authority))
    context.load_cert_chain(files.certificate, files.key)
    context.verify_mode = ssl.CERT_REQUIRED if needs_certificate else ssl.CERT_NONE

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            if is_postgres:
                assert await reader.readexactly(len(_SSL_REQUEST)) == _SSL_REQUEST
                writer.write(answer)
                await writer.drain()
                if answer != b"S":
                    return writer.close()
                await writer.start_tls(context)
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(_relay(reader, far_writer), _relay(far_reader, writer))
        return None

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=None if is_postgres else context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    writer.close()
