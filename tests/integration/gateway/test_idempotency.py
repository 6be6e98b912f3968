"""The same request_id twice gives the same result, also at the same moment."""

import asyncio
from uuid import uuid4

import asyncpg
import grpc

from gateway.retention.store import Retention
from kompang.v1 import devices_pb2, leads_pb2
from kompang.v1 import sequences_pb2 as pb
from services.runtime.postgres import Postgres
from tests.integration.gateway.mesh import Client, Gateway, gateway_settings, lead, step


def create(request_id: str, text: str = "hi") -> pb.CreateSequenceRequest:
    return pb.CreateSequenceRequest(sequence=pb.Sequence(steps=[step(text, 1)]), request_id=request_id)


async def test_a_replay_changes_nothing(acme: Client, owner: asyncpg.Connection) -> None:
    request = create(str(uuid4()))
    first = await acme.call(acme.sequences.CreateSequence, request)
    await acme.call(
        acme.sequences.UpdateSequence,
        pb.UpdateSequenceRequest(sequence=pb.Sequence(name=first.name, trigger="X")),
    )
    assert await acme.call(acme.sequences.CreateSequence, request) == first
    request.request_id = request.request_id.upper()
    assert await acme.call(acme.sequences.CreateSequence, request) == first
    assert await owner.fetchval("SELECT count(*) FROM sequence") == 1
    audit = await owner.fetch("SELECT method, resource, request_id FROM audit ORDER BY id")
    assert [(row["method"], row["resource"]) for row in audit] == [
        ("kompang.v1.SequencesService/CreateSequence", first.name),
        ("kompang.v1.SequencesService/UpdateSequence", first.name),
    ]


async def test_concurrent_duplicates_are_done_once(acme: Client, owner: asyncpg.Connection) -> None:
    request = create(str(uuid4()))
    answers = await asyncio.gather(*(acme.call(acme.sequences.CreateSequence, request) for _ in range(8)))
    assert all(answer == answers[0] for answer in answers)
    batch = devices_pb2.BatchCreateDevicesRequest(
        devices=[devices_pb2.Device(phone="+60123456789")], request_id=str(uuid4())
    )
    made = await asyncio.gather(*(acme.call(acme.devices.BatchCreateDevices, batch) for _ in range(8)))
    assert all(answer == made[0] for answer in made)
    leads = leads_pb2.BatchUpsertLeadsRequest(leads=[lead(n) for n in range(50)], request_id=str(uuid4()))
    upserted = await asyncio.gather(*(acme.call(acme.leads.BatchUpsertLeads, leads) for _ in range(8)))
    assert {answer.created_count for answer in upserted} == {50}
    assert await owner.fetchval("SELECT count(*) FROM audit") == 3


async def test_the_id_of_another_request_is_refused(acme: Client) -> None:
    request_id = str(uuid4())
    await acme.call(acme.sequences.CreateSequence, create(request_id))
    for method, request in (
        (acme.sequences.CreateSequence, create(request_id, "other")),
        (
            acme.sequences.ActivateSequence,
            pb.ActivateSequenceRequest(name="sequences/x", request_id=request_id),
        ),
    ):
        refused = await acme.refused(method, request)
        assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
        assert "send a new UUID" in refused.violations["request_id"]


async def test_accounts_have_ids_of_their_own(acme: Client, other: Client) -> None:
    request = create(str(uuid4()))
    first = await acme.call(acme.sequences.CreateSequence, request)
    second = await other.call(other.sequences.CreateSequence, request)
    assert first.name != second.name


async def test_a_refused_request_may_be_tried_again(acme: Client) -> None:
    await acme.planned("cold", steps=0)
    request = pb.ActivateSequenceRequest(name="sequences/cold", request_id=str(uuid4()))
    refused = await acme.refused(acme.sequences.ActivateSequence, request)
    assert refused.code is grpc.StatusCode.FAILED_PRECONDITION
    await acme.call(
        acme.sequences.UpdateSequence,
        pb.UpdateSequenceRequest(sequence=pb.Sequence(name="sequences/cold", steps=[step("hi", 1)])),
    )
    active = await acme.call(acme.sequences.ActivateSequence, request)
    assert active.state == pb.Sequence.STATE_ACTIVE


async def test_retention_forgets_old_request_ids_replies_and_quarantine(
    acme: Client, gateway: Gateway, owner: asyncpg.Connection
) -> None:
    old, new = create(str(uuid4())), create(str(uuid4()))
    first = await acme.call(acme.sequences.CreateSequence, old)
    kept = await acme.call(acme.sequences.CreateSequence, new)
    await owner.execute(
        "UPDATE request SET created_at = now() - interval '8 days' WHERE request_id = $1", old.request_id
    )
    await owner.execute(
        "INSERT INTO inbound (device_id, inbound_id, account_id, kind, received_at)"
        " SELECT 1, n::text, 1, 'reply', now() - n * interval '39 days' FROM generate_series(1, 2) n"
    )
    # More old rows than one statement deletes, and one that is 29 days old.
    await owner.execute(
        "INSERT INTO quarantine (device_id, inbound_id, received_at, sender, folded, meaning)"
        " SELECT 9, n::text, now() - CASE n WHEN 0 THEN 29 ELSE 31 END * interval '1 day', '', 'stop', 'stop'"
        " FROM generate_series(0, 1001) n"
    )
    # A stop of somebody who may become a lead is kept as a suppression is, another reply is not.
    await owner.execute(
        "INSERT INTO quarantine"
        " (device_id, inbound_id, received_at, sender, folded, meaning, lid, waits_for_lid)"
        " SELECT 9, said, now() - interval '400 days', '', said, said, '77', true"
        " FROM unnest('{stop,start,reply}'::text[]) said"
    )
    settings = gateway_settings(gateway.database, "localhost")
    async with Postgres(settings, application="test") as postgres:
        await Retention(postgres, settings).run_once()
    assert await owner.fetchval("SELECT string_agg(inbound_id, ',') FROM inbound") == "1"
    left = "SELECT string_agg(inbound_id, ',' ORDER BY inbound_id) FROM quarantine"
    assert await owner.fetchval(left) == "0,stop"
    assert await acme.call(acme.sequences.CreateSequence, old) != first
    assert await acme.call(acme.sequences.CreateSequence, new) == kept
