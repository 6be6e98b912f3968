"""The gateway with the real enrollment service: what is planned through one is written by the other."""

import asyncio

import grpc

from kompang.v1 import events_pb2, messages_pb2
from kompang.v1 import sequences_pb2 as pb
from services.enrollment.process import run
from services.enrollment.settings import EnrollmentSettings
from services.runtime.lifecycle import Life
from tests.integration.gateway.mesh import Client, Gateway, consent, lead
from tests.support.eventually import eventually
from tests.support.slowness import patient


async def test_a_chain_planned_by_calls_alone(acme: Client, gateway: Gateway, consul_address: str) -> None:
    await acme.linked(3)
    await acme.planned("hot", trigger="", steps=2)
    await acme.planned("warm", trigger="", steps=4, after="hot")
    await acme.planned("cold", steps=5, after="warm")
    await acme.call(acme.sequences.ActivateSequence, pb.ActivateSequenceRequest(name="sequences/cold"))
    made = await acme.upserted(
        *(lead(n, trigger="COLD", consent=consent()) for n in range(9)), lead(9, trigger="COLD")
    )
    stream = acme.events.WatchEvents(events_pb2.WatchEventsRequest(), metadata=acme.metadata, timeout=60)
    await stream.read()
    life = Life()
    settings = EnrollmentSettings(
        postgres_dsn=gateway.database.dsn("enrollment"),
        consul_address=consul_address,
        consul_prefix=f"kompang-{gateway.database.name}",
        enrollment_interval_s=3600,
    )
    task = asyncio.create_task(run(settings, life))
    ran: list[pb.RunEnrollmentResponse] = []

    async def answered() -> bool:
        try:
            request = pb.RunEnrollmentRequest(sequence="sequences/cold")
            ran.append(await acme.call(acme.sequences.RunEnrollment, request))
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            return False
        return True

    try:
        await eventually(answered, within_s=20, every_s=0.2)
        enrolled: set[str] = set()
        while len(enrolled) < 9:
            enrolled |= {event.lead for event in (await stream.read()).events}
    finally:
        stream.cancel()
        life.drain()
        await asyncio.wait_for(task, patient(20))
    assert enrolled == {one.name for one in made.leads[:9]}
    request = messages_pb2.ListMessagesRequest(lead=made.leads[0].name)
    messages = (await acme.call(acme.messages.ListMessages, request)).messages
    assert [one.position for one in messages] == list(range(1, 12))
    assert [one.sequence[10:] for one in messages] == ["cold"] * 5 + ["warm"] * 4 + ["hot"] * 2
    hot = messages_pb2.ListMessagesRequest(sequence="sequences/hot", page_size=1000)
    assert len((await acme.call(acme.messages.ListMessages, hot)).messages) == 18
