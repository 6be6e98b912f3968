"""ExplainMessage and ExplainLead, as a caller sees them."""

import grpc

from kompang.v1 import explain_pb2, leads_pb2, messages_pb2
from kompang.v1 import imports_pb2 as pb
from tests.integration.gateway.import_calls import run, stored
from tests.integration.gateway.mesh import consent, lead
from tests.support import rows
from tests.support.importing import written

Guard = explain_pb2.Guard


def verdicts(explanation):
    return {Guard.Type.Name(g.type).removeprefix("TYPE_"): g for g in explanation.guards}


async def enrolled(gateway, acme):
    await acme.linked(1)
    await acme.planned("cold", steps=2)
    [person] = (await acme.upserted(lead(1, trigger="COLD", consent=consent()))).leads
    async with gateway.database.connection() as connection:
        plan = await connection.fetchval("SELECT id FROM sequence")
        await rows.enrolled(
            connection, 1, plan, [int(person.name.split("/")[1])], first_in_s=3600, apart_s=3600
        )
    return person.name


async def explained(acme, name="messages/1"):
    request = messages_pb2.ExplainMessageRequest(name=name)
    return await acme.call(acme.messages.ExplainMessage, request)


async def explained_lead(acme, name):
    return await acme.call(acme.leads.ExplainLead, leads_pb2.ExplainLeadRequest(name=name))


async def test_a_message_that_waits_is_told_with_every_guard(gateway, acme, other):
    await enrolled(gateway, acme)
    first = await explained(acme)
    found = verdicts(first)
    assert len(found) == 17
    assert found["DUE"].verdict == Guard.VERDICT_BLOCKS
    assert found["DUE"].HasField("pass_time")
    assert found["HOST"].verdict == Guard.VERDICT_BLOCKS
    assert found["SUPPRESSION"].verdict == Guard.VERDICT_PASSES
    # Nobody knows when a host will come.
    assert not first.HasField("pass_time")
    assert first.summary == "is not sent yet: no shard host runs devices/1 now"
    order = verdicts(await explained(acme, "messages/2"))["ORDER"]
    assert order.detail == "messages/1, an earlier step, is sent first"
    refused = await other.refused(
        other.messages.ExplainMessage, messages_pb2.ExplainMessageRequest(name="messages/1")
    )
    assert refused.code is grpc.StatusCode.NOT_FOUND


async def test_what_ended_says_why(gateway, acme):
    name = await enrolled(gateway, acme)
    await acme.call(acme.leads.SuppressLead, leads_pb2.SuppressLeadRequest(name=name))
    ended = await explained(acme)
    assert [guard.type for guard in ended.guards] == [Guard.TYPE_STATE]
    assert ended.summary.startswith("the person is suppressed")
    person = await explained_lead(acme, name)
    assert verdicts(person)["SUPPRESSION"].verdict == Guard.VERDICT_BLOCKS
    assert not person.HasField("next")


async def test_a_doubt_says_what_is_done_about_it(gateway, acme):
    await enrolled(gateway, acme)
    asked, repeated = "the network is asked what became of it", "it is repeated under the same id"
    told = [
        ("simulated", True, "unknown", f"may have been sent or not; {repeated}, which"),
        ("simulated_traceable", True, "unknown", f"may have been sent or not; {asked}, and"),
        ("neonize", True, "unknown", "may have been sent or not; nobody can find out: say"),
        ("simulated_traceable", False, "unknown", "may have been sent or not; nobody can find out: say"),
        ("simulated", True, "handed", "may have been sent before; a shard host repeats it now"),
        ("simulated_traceable", True, "handed", "may have been sent before; a shard host asks the network"),
    ]
    async with gateway.database.connection() as connection:
        for transport, is_in_flight, state, text in told:
            await connection.execute("UPDATE device SET transport = $1", transport)
            await connection.execute("UPDATE device_pace SET in_flight_id = $1", 1 if is_in_flight else None)
            await connection.execute(
                "UPDATE message SET state = $1::text::message_state, reason = 'repeat' WHERE id = 1", state
            )
            assert (await explained(acme)).summary.startswith(text)


async def test_a_lead_is_told_why_it_is_not_enrolled(gateway, acme, other):
    await acme.linked(1)
    await acme.planned("warm")
    made = await acme.upserted(lead(1), lead(2, trigger="WARM", consent=consent()))
    silent = verdicts(await explained_lead(acme, made.leads[0].name))
    assert silent["CONSENT"].verdict == Guard.VERDICT_BLOCKS
    assert silent["ENROLLMENT"].detail == "has no trigger, so no sequence takes it"
    unheard = verdicts(await explained_lead(acme, made.leads[1].name))
    assert unheard["CONSENT"].verdict == Guard.VERDICT_PASSES
    assert unheard["ENROLLMENT"].detail == "no active sequence listens for WARM"
    refused = await other.refused(
        other.leads.ExplainLead, leads_pb2.ExplainLeadRequest(name=made.leads[0].name)
    )
    assert refused.code is grpc.StatusCode.NOT_FOUND


async def test_a_no_of_a_list_and_a_doubt_are_told_with_what_to_do(gateway, acme, tmp_path):
    name = await enrolled(gateway, acme)
    text = "Phone,Consent,DND\n+60120000002,no,\n+60120000003,,yes\n"
    made = await run(acme, written(tmp_path, text), consent=pb.ImportConsent(source="x", wording="y"))
    refusing, opting_out = list((await stored(acme)).values())[1:]
    told = verdicts(await explained_lead(acme, refusing.name))["CONSENT"]
    assert told.verdict == Guard.VERDICT_BLOCKS
    assert told.detail.startswith("a list said no on 20")
    assert f"UTC ({made.name}: Consent: no)" in told.detail
    listed = verdicts(await explained_lead(acme, opting_out.name))["SUPPRESSION"].detail
    assert f": the list of {made.name} said so (DND: yes)" in listed
    # An operator confirms it: it is the list's word all the same, and goes no more with the list.
    await acme.call(
        acme.leads.SuppressLead, leads_pb2.SuppressLeadRequest(name=opting_out.name, reason="reply")
    )
    listed = verdicts(await explained_lead(acme, opting_out.name))["SUPPRESSION"].detail
    assert ": a list said so (DND: yes)" in listed
    await acme.call(
        acme.leads.SuppressLead, leads_pb2.SuppressLeadRequest(name=refusing.name, reason="important client")
    )
    told = verdicts(await explained_lead(acme, refusing.name))["SUPPRESSION"].detail
    assert ": an operator suppressed them (important client)" in told
    async with gateway.database.connection() as connection:
        await connection.execute(
            "INSERT INTO suppression (account_id, phone_hash, reason, doubted_at)"
            " SELECT account_id, phone_hash, 'stop_word', '2026-01-02 03:04:05+00' FROM lead WHERE id = $1",
            int(name.split("/")[1]),
        )
    told = verdicts(await explained_lead(acme, name))["SUPPRESSION"].detail
    assert "the reply of 2026-01-02 03:04:05 UTC may have been a stop" in told
    assert f"kompang leads undo-suppression {name}" in told
    assert verdicts(await explained(acme))["SUPPRESSION"].detail == told
    async with gateway.database.connection() as connection:
        await connection.execute("UPDATE suppression SET doubted_at = NULL")
    assert "they wrote a stop word" in verdicts(await explained_lead(acme, name))["SUPPRESSION"].detail
    # An operator's word, and what it ended.
    await acme.call(acme.leads.SuppressLead, leads_pb2.SuppressLeadRequest(name=name, reason="complaint"))
    ended = await explained(acme)
    assert ended.summary == "the person is suppressed: an operator suppressed them (complaint) (suppressed)"


async def test_the_next_message_of_a_lead(gateway, acme):
    name = await enrolled(gateway, acme)
    person = await explained_lead(acme, name)
    assert verdicts(person)["ENROLLMENT"].detail == "is enrolled in sequences/cold"
    assert (person.next.message, len(person.next.guards)) == ("messages/1", 17)
