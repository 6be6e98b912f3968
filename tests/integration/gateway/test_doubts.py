"""A person of the account decides about replies that were perhaps a stop."""

import json
import uuid
from pathlib import Path

from kompang.v1 import leads_pb2 as pb
from services.journal.reading import read
from tests.integration.gateway.mesh import Client, Gateway, lead, running
from tests.integration.gateway.test_overview import overview
from tests.support.database import Database
from tests.support.shell import Shell

DOUBT = """INSERT INTO suppression (account_id, phone_hash, reason, doubted_at)
    SELECT account_id, phone_hash, 'stop_word', now() FROM lead WHERE id = $1"""


async def doubted(acme: Client) -> list[str]:
    return [
        one.name for one in (await acme.call(acme.leads.ListLeads, pb.ListLeadsRequest(doubted=True))).leads
    ]


async def test_what_is_in_doubt_is_listed_and_decided(acme: Client, gateway: Gateway) -> None:
    await acme.linked(1)
    made = (await acme.upserted(lead(1), lead(2), lead(3))).leads
    async with gateway.database.connection() as connection:
        for one in made[:2]:
            await connection.execute(DOUBT, int(one.name[6:]))
        await acme.call(acme.leads.SuppressLead, pb.SuppressLeadRequest(name=made[2].name))
        assert await doubted(acme) == [made[0].name, made[1].name]
        first = await acme.call(acme.leads.ListLeads, pb.ListLeadsRequest(doubted=True, page_size=1))
        assert [one.name for one in first.leads] == [made[0].name]
        again = pb.ListLeadsRequest(doubted=True, page_size=1, page_token=first.next_page_token)
        rest = await acme.call(acme.leads.ListLeads, again)
        assert ([one.name for one in rest.leads], rest.next_page_token) == ([made[1].name], "")
        assert first.leads[0].suppressed
        assert first.leads[0].HasField("doubt_time")

        undo = pb.UndoSuppressionRequest(name=made[0].name, request_id=str(uuid.uuid4()))
        for _ in range(2):
            shown = await acme.call(acme.leads.UndoSuppression, undo)
            assert (shown.suppressed, shown.HasField("doubt_time")) == (False, False)
        confirm = pb.ConfirmSuppressionRequest(name=made[1].name)
        shown = await acme.call(acme.leads.ConfirmSuppression, confirm)
        assert (shown.suppressed, shown.HasField("doubt_time")) == (True, False)
        assert await doubted(acme) == []
        told = await connection.fetch("SELECT type, reason FROM event ORDER BY id")
        assert [tuple(row) for row in told][-2:] == [
            ("lead_restored", "doubt_undone"),
            ("lead_suppressed", "confirmed"),
        ]
        # Decided, certain from the beginning, never suppressed.
        for name in (made[1].name, made[2].name, made[0].name):
            for ask in (pb.UndoSuppressionRequest(name=name), pb.ConfirmSuppressionRequest(name=name)):
                method = type(ask).__name__.removesuffix("Request")
                refused = await acme.refused(getattr(acme.leads, method), ask)
                assert refused.reason == "NOT_DOUBTED"
        assert await connection.fetchval("SELECT count(*) FROM suppression") == 2


async def test_an_operator_ends_a_doubt_for_good(acme: Client, gateway: Gateway) -> None:
    await acme.linked(1)
    [made] = (await acme.upserted(lead(1))).leads
    async with gateway.database.connection() as connection:
        await connection.execute(DOUBT, int(made.name[6:]))
        await acme.call(acme.leads.SuppressLead, pb.SuppressLeadRequest(name=made.name, reason="complaint"))
        assert await doubted(acme) == []
        await acme.refused(acme.leads.UndoSuppression, pb.UndoSuppressionRequest(name=made.name))
        assert await connection.fetchval("SELECT reason FROM suppression") == "complaint"


async def test_another_account_decides_nothing(acme: Client, other: Client, gateway: Gateway) -> None:
    await acme.linked(1)
    [made] = (await acme.upserted(lead(1))).leads
    async with gateway.database.connection() as connection:
        await connection.execute(DOUBT, int(made.name[6:]))
    assert await doubted(other) == []
    gone = await other.refused(other.leads.UndoSuppression, pb.UndoSuppressionRequest(name=made.name))
    assert gone.reason == "NOT_FOUND"
    assert await doubted(acme) == [made.name]


async def test_a_decision_is_kept_for_a_database_that_forgets(
    database: Database, consul_address: str, tmp_path: Path
) -> None:
    async with running(database, consul_address, journal_dir=tmp_path) as gateway:
        acme = await gateway.client("acme")
        await acme.linked(1)
        [made] = (await acme.upserted(lead(1))).leads
        async with database.connection() as connection:
            await connection.execute(DOUBT, int(made.name[6:]))
            await acme.call(acme.leads.ConfirmSuppression, pb.ConfirmSuppressionRequest(name=made.name))
            phone_hash = await connection.fetchval("SELECT phone_hash FROM suppression")
    [kept] = read([tmp_path])
    assert [(each.kind, each.phone_hash) for each in kept.words] == [("confirm", phone_hash)]


async def test_the_command_lists_and_decides(gateway: Gateway) -> None:
    key = await gateway.key("acme")
    acme = Client(gateway.channel, key)
    await acme.linked(1)
    made = (await acme.upserted(lead(1), lead(2), lead(3))).leads
    async with gateway.database.connection() as connection:
        for one in made[:2]:
            await connection.execute(DOUBT, int(one.name[6:]))
    shell = Shell.of(gateway.address, key)
    code, out, _ = await shell.run("leads", "list", "--doubted")
    assert (code, out.count("leads/"), out.count("perhaps")) == (0, 2, 2)
    code, out, _ = await shell.run("leads", "undo-suppression", made[0].name, "--output", "json")
    assert (code, json.loads(out)["suppressed"]) == (0, False)
    code, out, _ = await shell.run("leads", "confirm-suppression", made[1].name)
    assert (code, "yes: nothing is sent" in out) == (0, True)
    code, _, err = await shell.run("leads", "undo-suppression", made[1].name)
    assert (code != 0, "nothing waits for a decision" in err) == (True, True)


async def test_an_erasure_leaves_the_person_alone_and_nobody_to_decide_about(
    acme: Client, gateway: Gateway
) -> None:
    await acme.linked(1)
    [made] = (await acme.upserted(lead(1))).leads
    async with gateway.database.connection() as connection:
        await connection.execute(DOUBT, int(made.name[6:]))
        assert (await overview(acme)).doubted_count == 1
        await acme.call(acme.leads.EraseLead, pb.EraseLeadRequest(name=made.name))
        left = await connection.fetch("SELECT reason, doubted_at FROM suppression")
        assert [tuple(row) for row in left] == [("stop_word", None)]
    assert (await overview(acme)).doubted_count == 0
    assert (await acme.upserted(lead(1))).leads[0].suppressed
