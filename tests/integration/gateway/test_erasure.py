"""A person asks what is known, and asks to be forgotten."""

import uuid

import asyncpg
import grpc
import pytest

from gateway.leads import export_convert
from gateway.messages import convert
from gateway.messages.model import Stored, Written
from kompang.v1 import leads_pb2 as pb
from kompang.v1 import messages_pb2
from kompang.v1.events_pb2 import Event
from tests.integration.gateway.mesh import Client, Gateway, consent, lead
from tests.support import rows

NOT_FOUND = grpc.StatusCode.NOT_FOUND


async def known(acme: Client, connection) -> pb.Lead:
    """A lead with evidence, a chain under way, and a stop word."""
    await acme.linked(1)
    await acme.planned("cold", steps=3)
    person = lead(1, display_name="Siti", attributes={"city": "Ipoh"}, consent=consent("form of Siti"))
    made = (await acme.upserted(person)).leads[0]
    number = int(made.name[6:])
    messages = await rows.enrolled(connection, 1, 1, [number], apart_s=60)
    await connection.execute(
        "UPDATE message SET state = 'sent', attempts = 1, text_hash = '\\x0102030405060708' WHERE id = $1",
        messages[0],
    )
    await connection.execute(
        "INSERT INTO inbound (device_id, inbound_id, account_id, lead_id, kind)"
        " SELECT device_id, 'in-1', 1, id, 'reply' FROM lead"
    )
    return made


async def test_an_export_has_everything_known_of_a_lead(
    acme: Client, other: Client, owner: asyncpg.Connection
) -> None:
    made = await known(acme, owner)
    told = await acme.call(acme.leads.ExportLead, pb.ExportLeadRequest(name=made.name))
    assert told.lead == made
    assert [each.source for each in told.consents] == ["form of Siti"]
    assert not told.HasField("suppression")
    assert [(each.sequence, each.state) for each in told.enrollments] == [("sequences/cold", "active")]
    assert [each.position for each in told.messages] == [1, 2, 3]
    assert [each.kind for each in told.replies] == ["reply"]
    [enrollment] = told.enrollments
    assert (enrollment.round, enrollment.message_count) == (1, 3)
    assert [(one.sequence, one.revision) for one in enrollment.versions] == [("sequences/cold", 1)]
    assert not told.next_page_token
    await acme.call(acme.leads.SuppressLead, pb.SuppressLeadRequest(name=made.name, reason="asked"))
    told = await acme.call(acme.leads.ExportLead, pb.ExportLeadRequest(name=made.name))
    assert told.suppression.reason == "asked"
    happened = [(Event.Type.Name(one.type), one.reason) for one in told.events]
    assert happened[-1] == ("TYPE_LEAD_SUPPRESSED", "asked")
    assert happened[:-1] == [("TYPE_MESSAGE_CHANGED", "suppressed")] * 2
    assert await owner.fetchval("SELECT count(*) FROM audit WHERE method LIKE '%ExportLead'") == 2
    strange = pb.ExportLeadRequest(name=made.name)
    assert (await other.refused(other.leads.ExportLead, strange)).code is NOT_FOUND


async def test_an_export_has_the_texts_that_are_certain(acme: Client, owner: asyncpg.Connection) -> None:
    made = await known(acme, owner)
    first, second, _ = (
        await acme.call(acme.messages.ListMessages, messages_pb2.ListMessagesRequest(lead=made.name))
    ).messages
    for one in (first, second):
        shown = await acme.call(acme.messages.RenderMessage, messages_pb2.RenderMessageRequest(name=one.name))
        await owner.execute(
            "UPDATE message SET state = 'sent', text_hash = decode($2, 'hex') WHERE id = $1",
            int(one.name[9:]),
            shown.text_hash if one == first else "0102030405060708",
        )
    told = await acme.call(acme.leads.ExportLead, pb.ExportLeadRequest(name=made.name))
    [text] = told.texts
    assert (text.message, "Siti" in text.text) == (first.name, True)


async def test_a_text_that_fails_unforeseen_leaves_the_rest_of_the_export(
    acme: Client, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await known(acme, owner)
    whole = await acme.call(acme.leads.ExportLead, pb.ExportLeadRequest(name=made.name))
    first, second, third = whole.messages
    show = convert.to_proto

    def fail(stored: Stored) -> messages_pb2.Message:
        if stored.id == int(first.name[9:]):
            raise KeyError("Siti")
        return show(stored)

    def fail_to_render(_written: Written) -> None:
        raise RecursionError("Siti")

    monkeypatch.setattr(export_convert, "rendered", fail_to_render)
    monkeypatch.setattr(export_convert, "message_to_proto", fail)
    exported = await acme.call(acme.leads.ExportLead, pb.ExportLeadRequest(name=made.name))
    # A person who asks learns at least that the message exists.
    assert list(exported.messages) == [messages_pb2.Message(name=first.name), second, third]
    assert (exported.events, exported.enrollments) == (whole.events, whole.enrollments)
    assert not exported.texts


async def test_a_large_export_comes_page_by_page(
    acme: Client, gateway: Gateway, owner: asyncpg.Connection
) -> None:
    made = await known(acme, owner)
    await acme.call(acme.leads.SuppressLead, pb.SuppressLeadRequest(name=made.name))
    whole = await acme.call(acme.leads.ExportLead, pb.ExportLeadRequest(name=made.name))
    request = pb.ExportLeadRequest(name=made.name, page_size=2)
    pages = [await acme.call(acme.leads.ExportLead, request)]
    while pages[-1].next_page_token:
        request.page_token = pages[-1].next_page_token
        pages.append(await acme.call(acme.leads.ExportLead, request))
    assert len(pages) == 3
    together = pb.ExportLeadResponse()
    for page in pages:
        together.MergeFrom(page)
    together.ClearField("next_page_token")
    assert together == whole
    acme_other = await gateway.client("third")
    strange = await acme_other.refused(acme_other.leads.ExportLead, request)
    assert strange.code is grpc.StatusCode.INVALID_ARGUMENT


async def test_an_erasure_leaves_nothing_of_the_person(
    acme: Client, other: Client, owner: asyncpg.Connection
) -> None:
    made = await known(acme, owner)
    strange = pb.EraseLeadRequest(name=made.name)
    assert (await other.refused(other.leads.EraseLead, strange)).code is NOT_FOUND
    request = pb.EraseLeadRequest(name=made.name, request_id=str(uuid.uuid4()))
    assert (await acme.call(acme.leads.EraseLead, request)).cancelled_count == 2
    assert (await acme.call(acme.leads.EraseLead, request)).cancelled_count == 2
    assert (await acme.refused(acme.leads.EraseLead, strange)).code is NOT_FOUND
    for table in ("lead", "consent", "message", "enrollment", "inbound", "event", "suppression", "audit"):
        kept = str(await owner.fetch(f"SELECT t::text FROM {table} t"))  # noqa: S608
        for trace in ("Siti", "Ipoh", made.phone.removeprefix("+"), "0102030405060708"):
            assert trace not in kept, (table, trace)
    states = await owner.fetch("SELECT state::text, reason FROM message ORDER BY id")
    assert [tuple(row) for row in states] == [("sent", None), *[("cancelled", "erased")] * 2]
    assert tuple(await owner.fetchrow("SELECT state, reason FROM enrollment")) == (
        "stopped", "erased",
    )  # fmt: skip
    assert (await acme.refused(acme.leads.GetLead, pb.GetLeadRequest(name=made.name))).code is NOT_FOUND
    assert not (await acme.call(acme.leads.ListLeads, pb.ListLeadsRequest())).leads


async def test_a_stop_outlives_the_person_and_a_new_import(acme: Client, owner: asyncpg.Connection) -> None:
    made = await known(acme, owner)
    await acme.call(acme.leads.SuppressLead, pb.SuppressLeadRequest(name=made.name))
    await acme.call(acme.leads.EraseLead, pb.EraseLeadRequest(name=made.name))
    await acme.upserted(lead(2))
    again = (await acme.upserted(lead(1, consent=consent()))).leads[0]
    assert again.name != made.name
    assert again.suppressed
    # Two may be forgotten.
    assert await acme.call(acme.leads.EraseLead, pb.EraseLeadRequest(name=again.name))
