"""Attacks a dispatch replica through the size of one frame, and through none: nobody must wait for it."""

import time
import uuid
from contextlib import AsyncExitStack, suppress
from typing import Any

import grpc
import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from kompang.dispatch.v1 import dispatch_pb2_grpc
from services.runtime.channel import connect
from tests.attacks.traffic import send
from tests.integration.dispatch.conftest import replica
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import ALL, world
from tests.support.slowness import patient


def frames() -> dict[str, dict[str, Any]]:
    """Megabytes, made when they are sent."""
    claims = [pb.ShardClaim(shard=n % 65_000, epoch=n) for n in range(1001)]
    return {
        "replies of nobody": {"inbound": pb.InboundFrame(frame_id=1, inbound=[pb.Inbound()] * 1001)},
        "more replies than are parsed": {"inbound": pb.InboundFrame(inbound=[pb.Inbound()] * 400_000)},
        "outcomes": {"outcomes": pb.OutcomeFrame(frame_id=1, outcomes=[pb.Outcome()] * 1001)},
        "credits": {"ready": pb.ReadyFrame(device_ids=range(1001))},
        "claims": {"claims": pb.ClaimFrame(claims=claims)},
        "releases": {"releases": pb.ReleaseFrame(claims=claims)},
        "events": {"device_events": pb.DeviceEventFrame(events=[pb.DeviceEvent()] * 1001)},
        "megabytes": {"inbound": pb.InboundFrame(inbound=[pb.Inbound(text="a" * 2_000_000)])},
    }


async def test_a_frame_of_too_much_ends_its_own_stream_before_anything_of_it_is_read(database):
    async with database.connection() as connection, replica(database) as address:
        devices, _, messages = await world(connection, devices=2, leads=20)
        async with attached(address) as host:
            await host.claim(ALL, 1)
            for name, frame in frames().items():
                async with attached(address) as rogue:
                    rogue.holds = True
                    await rogue.write(**frame)
                    assert await rogue.ended(patient(5)), name
            assert await send(host, devices, 20) == set(messages)
        assert await connection.fetchval("SELECT count(*) FROM quarantine") == 0


@pytest.mark.parametrize("count", [500, 1000])
async def test_a_frame_as_hosts_write_it_is_taken(database, count):
    async with database.connection() as connection, replica(database) as address:
        await world(connection, devices=1, leads=1)
        async with attached(address) as host:
            await host.claim(ALL, 1)
            inbound = [pb.Inbound(device_id=1, inbound_id=f"in-{n}", sender="60123") for n in range(count)]
            await host.write(inbound=pb.InboundFrame(frame_id=7, inbound=inbound))
            assert (await host.read("inbound_ack", patient(10))).frame_id == 7


async def test_who_says_nothing_holds_no_stream_and_keeps_no_replica_from_its_end(database, monkeypatch):
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(replica(database, drain_s=20.0))
        async with connect(address) as channel:
            attach = dispatch_pb2_grpc.DispatchServiceStub(channel).Attach
            with monkeypatch.context() as impatient:
                impatient.setattr("services.dispatch.frames._HELLO_S", 0.05)
                assert "no `hello` came" in await attach(timeout=patient(5)).details()
            mute = attach(timeout=60)
            monkeypatch.setattr("services.dispatch.frames._SILENT_S", 0.05)
            silent = attach(timeout=patient(5))
            hello = pb.Hello(host_id="silent", incarnation=str(uuid.uuid4()), consul_session="none")
            await silent.write(pb.AttachRequest(hello=hello))
            assert (await silent.read()).HasField("welcome")
            assert "has said nothing" in await silent.details()
            since = time.monotonic()
            await stack.aclose()
            assert time.monotonic() - since < patient(5)
            assert await mute.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_host_that_floods_receipts_while_the_database_waits_loses_its_own_stream_alone(database):
    async with database.connection() as connection, replica(database) as address:
        devices, _, _ = await world(connection, devices=1, leads=1)
        async with attached(address) as host, attached(address, host_id="rogue") as rogue:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
            await host.report([message])
            rogue.holds = True
            # Whether it ever held the device cannot be asked.
            async with connection.transaction():
                await connection.execute("LOCK TABLE lease_grant IN ACCESS EXCLUSIVE MODE")
                with suppress(grpc.aio.AioRpcError):
                    for frame in range(11):
                        flood = [
                            pb.Receipt(
                                device_id=devices[0], wire_id=f"W{frame}N{n}", kind=pb.Receipt.KIND_READ
                            )
                            for n in range(1000)
                        ]
                        await rogue.write(receipts=pb.ReceiptFrame(frame_id=frame, receipts=flood))
                assert await rogue.ended(patient(5))
                arrived = pb.Receipt(
                    device_id=devices[0], wire_id=message.wire_id, kind=pb.Receipt.KIND_DELIVERED
                )
                await host.write(receipts=pb.ReceiptFrame(frame_id=9, receipts=[arrived]))
            assert (await host.read("receipt_ack", patient(10))).frame_id == 9
        assert await connection.fetchval("SELECT state::text FROM message") == "delivered"
