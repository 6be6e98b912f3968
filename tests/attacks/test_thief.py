"""The drill of `make faults` with a thief, in small: he says all that he may while an honest host sends."""

from collections.abc import Iterable

import asyncpg
import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.leases.grants import Grants, Report
from tests.attacks.shard_hosts import shard_host
from tests.attacks.test_forged_claims import GRANTED, POISON, SHARDS, claim
from tests.attacks.traffic import host_hears, send
from tests.integration.dispatch.conftest import doubting_replica, replica
from tests.integration.dispatch.host import Host, attached
from tests.integration.dispatch.test_hand import world
from tests.support.database import Database

_LEASES = "SELECT shard, incarnation, epoch FROM shard_lease ORDER BY shard"
_OPEN = """SELECT m.id AS message_id, m.device_id, (extract(epoch FROM m.scheduled_at) * 1000000)::bigint
    AS scheduled_at_us, l.phone, d.shard FROM message m
    JOIN lead l ON l.id = m.lead_id JOIN device d ON d.id = m.device_id WHERE m.state <> 'sent'"""
_HARM = """SELECT (SELECT count(*) FROM device WHERE state <> 'active') AS parked,
    (SELECT count(*) FROM suppression) AS stopped"""
_UNSENT = "SELECT count(*) FROM message WHERE state <> 'sent'"


async def steal(connection: asyncpg.Connection, thief: Host, epochs: dict[int, int]) -> bool:
    """All shards, under epochs that are, come next, or never were; then outcomes, and words of people."""
    thief.holds = True  # so he says
    has_got = False
    for off in (0, 1, POISON):
        answers = await claim(thief, {shard: epoch + off for shard, epoch in epochs.items()})
        has_got |= any(status == GRANTED for status, _ in answers.values())
    messages = await connection.fetch(_OPEN)
    outcomes = [
        pb.Outcome(
            message_id=each["message_id"], device_id=each["device_id"], epoch=epochs[each["shard"]],
            scheduled_at_us=each["scheduled_at_us"], result=pb.Outcome.RESULT_REFUSED,
            failure=pb.FAILURE_BANNED,
        )
        for each in messages
    ]  # fmt: skip
    texts = [
        pb.Inbound(
            device_id=each["device_id"], inbound_id=f"t{n}", sender=each["phone"].strip("+"), text="STOP"
        )
        for n, each in enumerate(messages)
    ]
    thief.frames += 1
    await thief.write(outcomes=pb.OutcomeFrame(frame_id=thief.frames, outcomes=outcomes))
    await thief.read("outcome_ack")
    await host_hears(thief, texts)
    return has_got


async def harm_of_a_thief(database: Database, dispatch: str) -> set[str]:
    """What a thief got done between two parts of an honest host's sends."""
    async with (
        database.connection() as connection,
        shard_host(database, dispatch, "honest", SHARDS) as (host, session, epochs),
    ):
        devices, _, _ = await world(connection, devices=4, leads=12)
        assert {status for status, _ in (await claim(host, epochs)).values()} == {GRANTED}
        gone = await send(host, devices, 4)
        before = await connection.fetch(_LEASES)
        has_got = False
        for name in ("thief", "honest"):
            async with attached(dispatch, session=session.id, host_id=name) as thief:
                has_got |= await steal(connection, thief, epochs)
        has_got |= await connection.fetch(_LEASES) != before
        harm = {"stolen": has_got} | dict(await connection.fetchrow(_HARM))
        if not any(harm.values()):
            await send(host, [], 12 - len(gone))
            harm["unsent"] = await connection.fetchval(_UNSENT)
        return {what for what, found in harm.items() if found}


async def test_a_thief_gets_nothing_done_while_an_honest_host_sends(database: Database) -> None:
    async with doubting_replica(database) as dispatch:
        assert await harm_of_a_thief(database, dispatch) == set()


async def test_a_dispatch_that_believes_hosts_would_be_robbed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the drill sees a theft where there is one."""

    async def believed(_: Grants, reports: Iterable[Report]) -> set[Report]:
        return {*reports}

    monkeypatch.setattr(Grants, "of", believed)
    async with replica(database) as dispatch:
        assert {"parked", "stopped"} <= await harm_of_a_thief(database, dispatch)
