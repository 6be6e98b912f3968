"""Attacks a mesh by restoring its database to a moment ago, while it runs, from a real backup."""

from pathlib import Path

import pytest

from infra.local.servers.stack import LocalStack
from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.restore.store import RestoreStore
from services.runtime.postgres import Postgres
from services.runtime.settings import PostgresSettings
from tests.integration.dispatch.conftest import replica
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import ALL
from tests.support import rows
from tests.support.database import Database, Databases
from tests.support.eventually import eventually
from tests.support.quick_disk import quick_disk

WORDS = "SELECT phone FROM lead JOIN suppression USING (account_id, phone_hash) ORDER BY phone"
# The words come back last: from then on an operator can release.
HELD = "SELECT settled_at IS NOT NULL AND journals <> '{}' FROM restore JOIN cluster ON held_by = restore.id"


@pytest.fixture(scope="module")
async def own_databases():
    """On a server of their own: those of other tests are not to be restored."""
    async with LocalStack(quick_disk(), durable=False) as stack, Databases(stack) as databases:
        yield databases


@pytest.fixture
async def own(own_databases):
    async with own_databases.fresh() as database:
        yield database


async def ask(database: Database, statement: str, *args):
    """One value; None while the server is away."""
    try:
        async with database.connection() as connection:
            return await connection.fetchval(statement, *args)
    except Exception:  # noqa: BLE001 - any error of a server that restarts
        return None


def released(database: Database) -> Postgres:
    return Postgres(PostgresSettings(postgres_dsn=database.owner_dsn), application="test")


async def test_the_drill_fails_where_no_word_is_replayed(own, tmp_path, monkeypatch):
    """The control: the journal is read, and nothing of it is written."""

    async def nothing(_self, _records):
        return 0

    monkeypatch.setattr(RestoreStore, "replay", nothing)
    with pytest.raises(AssertionError, match="the stop word is back"):
        await drill(own, False, tmp_path)


# The new timeline last: the template of the databases would be of the old one.
@pytest.mark.parametrize("timeline", [False, True], ids=["as a snapshot of the disk", "to a new timeline"])
async def test_nothing_goes_twice_and_nothing_to_whoever_said_stop(own, timeline, tmp_path):
    await drill(own, timeline, tmp_path)


async def drill(own: Database, timeline: bool, tmp_path: Path):
    async with replica(own, journal_dir=tmp_path) as address:
        async with own.connection() as connection:
            account = await rows.account(connection)
            devices = await rows.devices(connection, account, 2)
            first, second = await rows.leads(connection, account, devices, 2)
            plan = await rows.sequence(connection, account, 1)
            known = await rows.enrolled(connection, account, plan, [first, second])
        await own.stack.postgres.backup()

        # What the backup does not know: both messages went out, and one person said stop.
        async with attached(address) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            sent = await host.messages(2)
            await host.report(sent, ready=False)
            wire_ids = {message.message_id: message.wire_id for message in sent}
            stopped = next(message for message in sent if message.message_id == known[0])
            await host.hear(stopped.device_id, stopped.recipient, "STOP")
            async with own.connection() as connection:
                forgotten = await connection.fetchval(
                    "INSERT INTO message (account_id, lead_id, device_id, step_id, scheduled_at)"
                    " SELECT account_id, lead_id, device_id, step_id, now() FROM message WHERE id = $1"
                    " RETURNING id",
                    known[1],
                )
            await host.ready(devices)
            [message] = await host.messages(1)
            wire_ids[message.message_id] = message.wire_id
            assert message.message_id == forgotten

        await own.stack.postgres.restore(timeline=timeline)
        await eventually(lambda: ask(own, HELD), within_s=30)

        async with own.connection() as connection:
            # What may have gone is unknown, too, and no id is used again.
            assert await connection.fetch(WORDS) == [(f"+{stopped.recipient}",)], "the stop word is back"
            states = dict(
                await connection.fetch("SELECT id, state::text || ' ' || coalesce(reason, '') FROM message")
            )
            assert states[known[1]] == "unknown restored"
            [newcomer] = await rows.leads(connection, await rows.account(connection, "late"), devices, 1)
            newest = await connection.fetchrow(
                "INSERT INTO message (account_id, lead_id, device_id, step_id, scheduled_at)"
                " SELECT m.account_id, $2, m.device_id, m.step_id, now() FROM message m WHERE id = $1"
                " RETURNING id, (SELECT wire_id(cluster.id, message.id) FROM cluster) AS wire_id",
                known[1],
                newcomer,
            )
        assert newest["id"] > max(wire_ids)
        assert newest["wire_id"] not in wire_ids.values()

        async with attached(address) as host:
            leases = await host.claim(ALL, 7)
            assert {lease.status for lease in leases} == {pb.Lease.STATUS_GRANTED}
            await host.ready(devices)
            # Nothing is handed, and the person who said stop is not forgotten.
            with pytest.raises(TimeoutError):
                await host.messages(1, within_s=1)
            async with released(own) as postgres:
                await RestoreStore(postgres).release(20, None)
            again: list[pb.OutgoingMessage] = []
            while len(again) < 2:
                batch = await host.messages(1)
                again += batch
                await host.report(batch)
            # What may have gone goes under the id that the network knows; the new person's under a new one.
            assert {message.message_id: message.wire_id for message in again} == {
                known[1]: wire_ids[known[1]],
                newest["id"]: newest["wire_id"],
            }
        async with own.connection() as connection:
            found = dict(await connection.fetch("SELECT id, state::text FROM message"))
        assert found == {known[0]: "suppressed", known[1]: "sent", newest["id"]: "sent"}
