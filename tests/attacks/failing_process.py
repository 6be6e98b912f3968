"""A process in which everything fails that can quote a person; `test_telemetry` reads what it says."""
# ruff: noqa: N802 - the proto names the methods

import asyncio
import importlib
import logging
import sys
import threading
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import asyncpg
import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from opentelemetry import trace
from opentelemetry.instrumentation.grpc import aio_server_interceptor

from gateway.settings import GatewaySettings
from infra.reference.instruments import instruments
from services.content.template import Template
from services.runtime import logs, telemetry
from services.runtime.channel import connect

NUMBER, NAME, CITY = "+60123456789", "Siti Planted", "Ipoh Planted"
WORDS = f"{NUMBER} is {NAME} of {CITY}"
log = logging.getLogger("attack")
tracer = trace.get_tracer("attack")


async def in_postgres(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("CREATE TEMP TABLE person (phone text UNIQUE, name text)")
        insert = "INSERT INTO person VALUES ($1, $2)"
        await connection.execute(insert, NUMBER, NAME)
        for attempt in (
            connection.execute(insert, NUMBER, NAME),
            connection.execute(f"SELECT '{NAME}'::int"),
            connection.fetch("SELECT $1::int", NUMBER),
            connection.fetch("SELECT $1::text::jsonb", CITY),
        ):
            await failing(attempt)
    finally:
        await connection.close()


async def failing(attempt: Awaitable[object]) -> None:
    """In a span, from another error, and in a group of errors."""
    try:
        with tracer.start_as_current_span("attack"):
            try:
                await attempt
            except Exception as error:
                raise RuntimeError(WORDS) from error
    except RuntimeError as error:
        log.exception("failed")
        try:
            raise ExceptionGroup(NAME, [error, KeyError(CITY)])
        except ExceptionGroup:
            log.warning("failed again", exc_info=True)


class Health(health_pb2_grpc.HealthServicer):  # type: ignore[misc]
    async def Watch(self, request: Any, context: Any) -> AsyncIterator[Any]:
        raise ValueError(WORDS)
        yield

    async def Check(self, request: Any, context: Any) -> None:
        await context.abort(grpc.StatusCode.INTERNAL, WORDS)


async def over_the_wire() -> None:
    server = grpc.aio.server(interceptors=[aio_server_interceptor()])
    health_pb2_grpc.add_HealthServicer_to_server(Health(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with connect(f"127.0.0.1:{port}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for call in (check(stub), watch(stub)):
            try:
                await call
            except grpc.aio.AioRpcError:
                log.exception("refused")
    await server.stop(None)


async def check(stub: Any) -> None:
    await stub.Check(health_pb2.HealthCheckRequest(), timeout=10)


async def watch(stub: Any) -> None:
    async for _ in stub.Watch(health_pb2.HealthCheckRequest(), timeout=10):
        pass


async def render() -> None:
    with tracer.start_as_current_span("render"):
        Template.parse("{" + NAME).render(NAME, {})


async def read_settings() -> None:
    GatewaySettings(postgres_dsn=NUMBER, key_cache_s=NAME, request_retention=CITY)


def fail(*words: str) -> None:
    raise ValueError(*words)


async def forgotten() -> None:
    fail(NUMBER, NAME)


def count() -> None:
    """Each instrument of the product once, with the attributes that it has."""
    for each in instruments():
        instrument = getattr(importlib.import_module(each.module), each.variable)
        use = instrument.set if each.kind == "gauge" else instrument.add
        use(7, dict.fromkeys(each.attributes, "attack"))


async def main(dsn: str) -> None:
    count()
    await in_postgres(dsn)
    await over_the_wire()
    await failing(render())
    await failing(read_settings())
    asyncio.get_running_loop().call_soon(fail, NUMBER, NAME)
    task = asyncio.create_task(forgotten())
    await asyncio.wait({task})
    del task
    thread = threading.Thread(target=fail, args=(NUMBER, NAME))
    thread.start()
    thread.join()
    raise ExceptionGroup(NAME, [LookupError(NUMBER)])


if __name__ == "__main__":
    logs.configure("attack", "DEBUG")
    with telemetry.configured("attack", "1"):
        asyncio.run(main(sys.argv[1]))
