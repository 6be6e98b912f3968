"""Bad days: the database goes away and comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

import grpc

from kompang.v1 import devices_pb2 as pb
from kompang.v1 import events_pb2
from tests.integration.gateway.mesh import Client, refusal, running
from tests.support.database import Database
from tests.support.eventually import eventually


class Cable:
    """A way to the database that can be cut."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._port = 0

    async def plug(self) -> int:
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self._port)
        self._port = int(self._server.sockets[0].getsockname()[1])
        return self._port

    async def cut(self) -> None:
        assert self._server
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        self._writers |= {writer, far_writer}
        await asyncio.gather(self._copy(reader, far_writer), self._copy(far_reader, writer))
        self._writers -= {writer, far_writer}

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(65536):
                writer.write(chunk)
        writer.close()


@asynccontextmanager
async def cabled(dsn: str) -> AsyncIterator[tuple[Cable, str]]:
    """A cable and the DSN that goes through it."""
    url = urlsplit(dsn)
    cable = Cable(url.hostname or "", url.port or 0)
    port = await cable.plug()
    try:
        yield cable, urlunsplit(url._replace(netloc=f"{url.username}:{url.password}@127.0.0.1:{port}"))
    finally:
        await cable.cut()


async def test_calls_are_unavailable_while_the_database_is_away_and_work_again_afterwards(
    database: Database, consul_address: str
) -> None:
    async with (
        cabled(database.dsn("gateway")) as (cable, dsn),
        running(database, consul_address, postgres_dsn=dsn, postgres_timeout_s=2.0) as gateway,
    ):
        client = await gateway.client("acme")
        await client.linked(1)
        stream = client.events.WatchEvents(
            events_pb2.WatchEventsRequest(), metadata=client.metadata, timeout=30
        )
        token = (await stream.read()).resume_token
        await cable.cut()
        for method, request in (
            (client.devices.ListDevices, pb.ListDevicesRequest()),
            (
                client.devices.BatchCreateDevices,
                pb.BatchCreateDevicesRequest(devices=[pb.Device(phone="+60123456789")]),
            ),
        ):
            refused = await client.refused(method, request)
            assert refused.code is grpc.StatusCode.UNAVAILABLE
            assert refused.retry_s
        ended = await refusal(_read(stream))
        assert ended.code is grpc.StatusCode.UNAVAILABLE
        assert "resume" in ended.message
        await cable.plug()

        async def works() -> bool:
            try:
                listed = await client.call(client.devices.ListDevices, pb.ListDevicesRequest())
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise
                return False
            return len(listed.devices) == 1

        await eventually(works)
        again = client.events.WatchEvents(
            events_pb2.WatchEventsRequest(resume_token=token), metadata=client.metadata, timeout=30
        )
        assert (await again.read()).resume_token == token
        again.cancel()


async def _read(stream: grpc.aio.UnaryStreamCall) -> object:
    return await stream.read()


async def test_the_gateway_starts_before_its_database(database: Database, consul_address: str) -> None:
    async with cabled(database.dsn("gateway")) as (cable, dsn):
        await cable.cut()
        async with running(database, consul_address, postgres_dsn=dsn) as gateway:
            client: Client = await gateway.client("acme")
            refused = await client.refused(client.devices.ListDevices, pb.ListDevicesRequest())
            assert refused.code is grpc.StatusCode.UNAVAILABLE
            await cable.plug()

            async def works() -> bool:
                try:
                    await client.call(client.devices.ListDevices, pb.ListDevicesRequest())
                except grpc.aio.AioRpcError:
                    return False
                return True

            await eventually(works)
