"""Keys: none, wrong, revoked, expired, without the scope."""

import grpc
import pytest
from google.protobuf import message
from grpc_health.v1 import health_pb2, health_pb2_grpc

from gateway.auth.scopes import SCOPES
from kompang.v1 import devices_pb2 as pb
from kompang.v1 import events_pb2
from tests.integration.gateway.mesh import Client, Gateway, refusal, running
from tests.support.database import Database
from tests.support.eventually import eventually

UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize(
    "metadata",
    [
        (),
        (("authorization", "Bearer nonsense"),),
        (("authorization", "Basic kpg_abc_0123456789abcdef"),),
        (("authorization", "Bearer kpg_abc_0123456789abcdef0123"),),
    ],
)
async def test_a_call_without_a_good_key_is_refused(
    gateway: Gateway, metadata: tuple[tuple[str, str], ...]
) -> None:
    client = Client(gateway.channel, "")
    # A bad request too: who may not call learns nothing about what is wrong with it.
    refused = await refusal(client.devices.GetDevice(pb.GetDeviceRequest(), metadata=metadata, timeout=10))
    assert refused.code is UNAUTHENTICATED
    assert refused.reason.startswith("API_KEY")
    assert not refused.violations


async def test_a_key_with_the_secret_of_another_is_refused(gateway: Gateway) -> None:
    first, second = await gateway.key("one"), await gateway.key("two")
    mixed = "_".join([*first.split("_")[:2], second.split("_", 2)[2]])
    client = Client(gateway.channel, mixed)
    assert (await client.refused(client.devices.ListDevices, pb.ListDevicesRequest())).code is UNAUTHENTICATED


async def test_each_method_needs_its_scope(gateway: Gateway) -> None:
    client = await gateway.client("reader", tuple(scope for scope in SCOPES if scope == "devices.read"))
    await client.call(client.devices.ListDevices, pb.ListDevicesRequest())
    refused = await client.refused(client.devices.BatchCreateDevices, pb.BatchCreateDevicesRequest())
    assert (refused.code, refused.metadata["scope"]) == (grpc.StatusCode.PERMISSION_DENIED, "devices.write")
    stream = client.events.WatchEvents(events_pb2.WatchEventsRequest(), metadata=client.metadata, timeout=10)
    assert (await refusal(_first(stream))).code is grpc.StatusCode.PERMISSION_DENIED


async def _first(stream: grpc.aio.UnaryStreamCall) -> message.Message:
    return await stream.read()


async def test_revoked_and_expired_keys_are_refused_soon(database: Database, consul_address: str) -> None:
    # Long enough for a busy database to say in time whether a key is good.
    async with running(database, consul_address, key_cache_s=0.5) as gateway:
        for slug, change in (
            ("one", "revoked_at = now()"),
            ("two", "expires_at = now()"),
        ):
            client = await gateway.client(slug)

            async def status(client: Client = client) -> grpc.StatusCode:
                try:
                    await client.call(client.devices.ListDevices, pb.ListDevicesRequest())
                except grpc.aio.AioRpcError as error:
                    return error.code()
                return grpc.StatusCode.OK

            async def is_served() -> bool:
                return await status() is grpc.StatusCode.OK

            async def is_refused() -> bool:
                return await status() is UNAUTHENTICATED

            await eventually(is_served)
            async with database.connection() as connection:
                await connection.execute(
                    f"UPDATE api_key SET {change} FROM account a WHERE a.id = account_id AND slug = $1",  # noqa: S608
                    slug,
                )

            await eventually(is_refused, within_s=3)
            answer = await client.refused(client.devices.ListDevices, pb.ListDevicesRequest())
            assert answer.reason == "API_KEY_INVALID"


@pytest.mark.parametrize("service", ["", "kompang.v1.LeadsService", "nothing"])
async def test_health_needs_no_key_and_tells_of_the_process_whatever_is_asked(
    gateway: Gateway, service: str
) -> None:
    stub = health_pb2_grpc.HealthStub(gateway.channel)
    answer = await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=10)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
