"""The answer to a stop word: set with the account, and shown wherever messages are."""

import hashlib
from typing import Any

import asyncpg
import grpc
import pytest

from kompang.v1 import explain_pb2, leads_pb2, wording_pb2
from kompang.v1 import messages_pb2 as pb
from tests.integration.gateway.mesh import Client, Gateway
from tests.integration.gateway.test_accounts import change, get, update
from tests.integration.gateway.test_explain import verdicts
from tests.support import rows
from tests.support.shell import Shell

TEXT = r"Okay \o/ | you will not hear from us again. Reply START if that was a mistake."


async def stopped(gateway: Gateway) -> tuple[str, str]:
    """A lead of acme's in a chain said stop, and is to be answered: the lead and the answer."""
    async with gateway.database.connection() as connection:
        devices = await rows.devices(connection, 1, 1)
        plan = await rows.sequence(connection, 1, 2)
        [lead] = await rows.leads(connection, 1, devices, 1)
        await rows.enrolled(connection, 1, plan, [lead])
        # As dispatch does it.
        answer = await connection.fetchval(
            """WITH said AS (
                INSERT INTO suppression (account_id, phone_hash, reason)
                SELECT account_id, phone_hash, 'stop_word' FROM lead
            ), ended AS (
                UPDATE message SET state = 'suppressed', reason = 'suppressed'
            )
            INSERT INTO message (lead_id, step_id, scheduled_at, account_id, device_id, is_confirmation)
            SELECT lead.id, stop_confirmation_id, now(), 1, device_id, true
            FROM lead JOIN account ON account.id = lead.account_id RETURNING id"""
        )
    return f"leads/{lead}", f"messages/{answer}"


async def test_a_confirmation_is_set_shown_and_removed(acme: Client, owner: asyncpg.Connection) -> None:
    assert (await get(acme)).stop_confirmation == ""
    unseen = "\u200b \u202eOkay\u2060 \n"
    assert (await change(acme, stop_confirmation=unseen)).stop_confirmation == "Okay"
    first = await change(acme, stop_confirmation=TEXT)
    assert first.stop_confirmation == TEXT
    assert (await change(acme, stop_confirmation=TEXT)).etag == first.etag
    # Something else changes, and it stays.
    assert (await change(acme, language="ms")).stop_confirmation == TEXT
    assert (await get(acme)).stop_confirmation == TEXT
    assert (await change(acme, "stop_confirmation")).stop_confirmation == ""
    # What was said stays what it was.
    assert await owner.fetchval("SELECT count(*) FROM sequence_step WHERE account_id = 1") == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Dear {name},\nbye", "line 1, column 6: has a brace"),
        ("Bye\nbye }", "line 2, column 5: has a brace"),
        ("\u200b\u2060", "nothing that can be seen"),
        ("x" * 1001, "is 1001 characters long"),
    ],
)
async def test_a_confirmation_with_braces_or_nothing_visible_is_refused(
    acme: Client, text: str, told: str
) -> None:
    refused = await acme.refused(acme.accounts.UpdateAccount, update(stop_confirmation=text))
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert told in refused.violations["account.stop_confirmation"]
    assert (await get(acme)).stop_confirmation == ""


async def test_a_confirmation_is_rendered_as_it_stands(
    acme: Client, gateway: Gateway, owner: asyncpg.Connection
) -> None:
    speaks = wording_pb2.Wording(footer="Reply STOP to stop")
    await change(acme, stop_confirmation=TEXT, wording=speaks)
    _, answer = await stopped(gateway)
    before = await _rendered(acme, answer)
    assert (before.text, before.exactness) == (TEXT, pb.RenderMessageResponse.EXACTNESS_NOT_SENT)
    await owner.execute(
        "UPDATE message SET state = 'sent', handed_at = now(), sent_at = now(), text_hash = $1"
        " WHERE is_confirmation",
        hashlib.sha256(TEXT.encode()).digest()[:8],
    )
    # The account says something else from now on.
    await change(acme, stop_confirmation="Bye", wording=wording_pb2.Wording(footer="Stop?"))
    after = await _rendered(acme, answer)
    assert (after.text, after.exactness) == (TEXT, pb.RenderMessageResponse.EXACTNESS_EXACT)


async def test_a_confirmation_shows_its_kind(acme: Client, gateway: Gateway) -> None:
    await change(acme, stop_confirmation=TEXT)
    lead, answer = await stopped(gateway)
    listed = await acme.call(acme.messages.ListMessages, pb.ListMessagesRequest(lead=lead))
    kinds = [(each.name, each.kind, each.sequence, each.campaign) for each in listed.messages]
    step = pb.Message.KIND_STEP, "sequences/cold", ""
    assert kinds == [
        ("messages/1", *step), ("messages/2", *step), (answer, pb.Message.KIND_STOP_CONFIRMATION, "", ""),
    ]  # fmt: skip
    found = await acme.call(acme.messages.GetMessage, pb.GetMessageRequest(name=answer))
    assert found == listed.messages[2]
    of_account = await acme.call(acme.messages.ListMessages, pb.ListMessagesRequest())
    assert len(of_account.messages) == 2
    export = await acme.call(acme.leads.ExportLead, leads_pb2.ExportLeadRequest(name=lead))
    assert list(export.messages) == list(listed.messages)
    shell = Shell.of(gateway.address, acme.metadata[0][1].split()[1])
    code, out, err = await shell.run("messages", "list", "--lead", lead)
    assert (code, err) == (0, "")
    assert "answer to STOP" in out.splitlines()[3]


async def test_a_confirmation_explains_why_it_goes_or_does_not(
    acme: Client, gateway: Gateway, owner: asyncpg.Connection
) -> None:
    await change(acme, stop_confirmation=TEXT)
    lead, answer = await stopped(gateway)
    await owner.execute(
        "UPDATE account SET person_daily_cap = 1, quiet_from = now()::time - interval '1 h',"
        " quiet_until = now()::time + interval '1 h'"
    )
    await owner.execute("UPDATE message SET state = 'sent', sent_at = now(), handed_at = now() WHERE id = 1")
    passes = ("SUPPRESSION", "QUIET_HOURS", "FREQUENCY_CAP", "ENROLLMENT", "CAMPAIGN")
    found = await _explained(acme, answer)
    assert {found[name].verdict for name in passes} == {explain_pb2.Guard.VERDICT_PASSES}
    assert found["SUPPRESSION"].detail.startswith("confirms the stop word of ")
    assert found["LATENESS"].detail.startswith("is dropped as late after ")
    await owner.execute("UPDATE device SET state = 'held', held_until = now() + interval '2 h'")
    lateness = (await _explained(acme, answer))["LATENESS"]
    assert lateness.verdict == explain_pb2.Guard.VERDICT_BLOCKS
    assert lateness.detail.endswith(", when it no longer confirms the stop word")
    await owner.execute("UPDATE device SET state = 'active', held_until = NULL")
    person = await acme.call(acme.leads.ExplainLead, leads_pb2.ExplainLeadRequest(name=lead))
    assert person.next.message == answer
    for statement, told in (
        ("UPDATE suppression SET reason = 'complaint'", "an operator suppressed the person"),
        ("DELETE FROM suppression", "taken back"),
    ):
        await owner.execute(statement)
        guard = (await _explained(acme, answer))["SUPPRESSION"]
        assert guard.verdict == explain_pb2.Guard.VERDICT_BLOCKS
        assert told in guard.detail
    await owner.execute("UPDATE message SET state = 'cancelled', reason = 'start_word' WHERE is_confirmation")
    ended = (await _explained(acme, answer))["STATE"].detail
    assert ended == "the stop word that it confirms was taken back (start_word)"
    await owner.execute("UPDATE message SET state = 'expired', reason = 'late' WHERE is_confirmation")
    ended = (await _explained(acme, answer))["STATE"].detail
    assert ended == "was too late to confirm its stop word (late)"


async def test_a_confirmation_is_not_sent_again_by_an_operator(
    acme: Client, gateway: Gateway, owner: asyncpg.Connection
) -> None:
    await change(acme, stop_confirmation=TEXT)
    _, answer = await stopped(gateway)
    await owner.execute("UPDATE message SET state = 'unknown', attempts = 1 WHERE is_confirmation")
    request = pb.ResolveMessageRequest(name=answer, resolution=pb.ResolveMessageRequest.RESOLUTION_RESEND)
    refused = await acme.refused(acme.messages.ResolveMessage, request)
    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "STOP_CONFIRMATION")
    request.resolution = pb.ResolveMessageRequest.RESOLUTION_GIVE_UP
    assert (await acme.call(acme.messages.ResolveMessage, request)).state == pb.Message.STATE_FAILED


async def test_a_suppression_by_an_operator_ends_the_confirmation(acme: Client, gateway: Gateway) -> None:
    await change(acme, stop_confirmation=TEXT)
    lead, answer = await stopped(gateway)
    await acme.call(acme.leads.SuppressLead, leads_pb2.SuppressLeadRequest(name=lead))
    found = await acme.call(acme.messages.GetMessage, pb.GetMessageRequest(name=answer))
    assert found.state == pb.Message.STATE_SUPPRESSED


async def _rendered(client: Client, name: str) -> Any:
    return await client.call(client.messages.RenderMessage, pb.RenderMessageRequest(name=name))


async def _explained(client: Client, name: str) -> Any:
    return verdicts(await client.call(client.messages.ExplainMessage, pb.ExplainMessageRequest(name=name)))
