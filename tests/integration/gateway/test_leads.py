"""Leads: upserted by number, all or none; suppressed at once."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import grpc

from kompang.v1 import leads_pb2 as pb
from kompang.v1 import messages_pb2
from tests.integration.gateway.mesh import Client, Gateway, consent, lead
from tests.support import rows

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND


def counts(response: pb.BatchUpsertLeadsResponse) -> tuple[int, int, int]:
    return response.created_count, response.updated_count, response.unchanged_count


async def test_created_updated_unchanged(acme: Client) -> None:
    await acme.linked(3)
    await acme.planned("cold")
    first = await acme.upserted(
        lead(1, trigger="COLD", consent=consent(), attributes={"city": "Ipoh"}), lead(2), lead(3)
    )
    assert counts(first) == (3, 0, 0)
    again = await acme.upserted(*first.leads)
    assert counts(again) == (0, 0, 3)
    assert list(again.leads) == list(first.leads)
    second = await acme.upserted(lead(4), lead(2, display_name="Siti"), lead(3))
    assert counts(second) == (1, 1, 1)
    assert [one.phone[-1] for one in second.leads] == ["4", "2", "3"]
    assert second.leads[1].device == first.leads[1].device
    got = await acme.call(acme.leads.GetLead, pb.GetLeadRequest(name=second.leads[1].name))
    assert got == second.leads[1]
    assert got.display_name == "Siti"


async def test_numbers_are_kept_in_one_form(acme: Client) -> None:
    await acme.linked(1)
    first = await acme.upserted(pb.Lead(phone="+60 12-345 6789"))
    second = await acme.upserted(pb.Lead(phone="+60123456789"))
    assert first.leads[0].phone == "+60123456789"
    assert counts(second) == (0, 0, 1)


async def test_new_evidence_is_added_and_the_newest_shown(acme: Client, gateway: Gateway) -> None:
    await acme.linked(1)
    late = datetime(2026, 5, 1, tzinfo=UTC)
    await acme.upserted(lead(1, consent=consent("form", late)))
    older = await acme.upserted(lead(1, consent=consent("counter", late - timedelta(days=9))))
    assert counts(older) == (0, 1, 0)
    assert older.leads[0].consent.source == "form"
    kept = await acme.upserted(lead(1))
    assert counts(kept) == (0, 0, 1)
    assert kept.leads[0].consent.source == "form"
    async with gateway.database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM consent") == 2
        assert await connection.fetchval("SELECT consent_at FROM lead") == late


async def test_every_wrong_field_is_named_at_once_and_nothing_is_written(acme: Client) -> None:
    await acme.linked(1)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    refused = await acme.refused(
        acme.leads.BatchUpsertLeads,
        pb.BatchUpsertLeadsRequest(
            leads=[
                lead(1),
                pb.Lead(phone="12345"),
                pb.Lead(phone="+60 12 000 0001"),
                pb.Lead(phone="+60123456789", display_name="x" * 201, attributes={"Bad Key": "v"}),
                pb.Lead(phone="+60123456788", consent=consent("form", tomorrow)),
                pb.Lead(phone="+60123456787", consent=pb.Consent(), device="devices/x"),
                pb.Lead(phone="+1800FLOWERS"),
                pb.Lead(phone="+60123456786", display_name="a\0b"),
                pb.Lead(phone="+60123456785", consent=_worded("\u597d" * 1000)),
            ]
        ),
    )
    assert refused.code is INVALID
    assert set(refused.violations) == {
        "leads[1].phone", "leads[2].phone", "leads[3].display_name", "leads[3].attributes[Bad Key]",
        "leads[4].consent.grant_time", "leads[5].consent.source", "leads[5].consent.grant_time",
        "leads[5].device", "leads[6].phone", "leads[7].display_name", "leads[8].consent.wording",
    }  # fmt: skip
    assert "country code" in refused.violations["leads[1].phone"]
    assert "leads[0].phone" in refused.violations["leads[2].phone"]
    assert not (await acme.call(acme.leads.ListLeads, pb.ListLeadsRequest())).leads


def _worded(wording: str) -> pb.Consent:
    """In Chinese a character has three bytes, and the index of evidence takes 2,600."""
    given = consent("form")
    given.wording = wording
    return given


async def test_an_unknown_trigger_is_refused_with_those_there_are(acme: Client, other: Client) -> None:
    await acme.linked(1)
    await acme.planned("cold")
    await other.planned("theirs")
    refused = await acme.refused(
        acme.leads.BatchUpsertLeads,
        pb.BatchUpsertLeadsRequest(leads=[lead(1, trigger="COLD"), lead(2, trigger="THEIRS"), lead(3)]),
    )
    assert (refused.code, list(refused.violations)) == (INVALID, ["leads[1].trigger"])
    assert "COLD" in refused.violations["leads[1].trigger"]
    assert "create the sequence first" in refused.violations["leads[1].trigger"]


async def test_a_device_of_another_account_is_not_found(acme: Client, other: Client) -> None:
    [own] = await acme.linked(1)
    [foreign] = await other.linked(1)
    for name in (foreign.name, "devices/" + "9" * 18):
        request = pb.BatchUpsertLeadsRequest(leads=[lead(1, device=own.name), lead(2, device=name)])
        refused = await acme.refused(acme.leads.BatchUpsertLeads, request)
        assert (refused.code, refused.metadata["field"]) == (NOT_FOUND, "leads[1].device")
        refused = await acme.refused(acme.leads.ListLeads, pb.ListLeadsRequest(device=name))
        assert refused.code is NOT_FOUND


async def test_no_device_to_assign(acme: Client, gateway: Gateway) -> None:
    request = pb.BatchUpsertLeadsRequest(leads=[lead(1)])
    refused = await acme.refused(acme.leads.BatchUpsertLeads, request)
    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "NO_DEVICE")
    parked, _ = await acme.linked(2)
    async with gateway.database.connection() as connection:
        await connection.execute("UPDATE device SET state = 'parked' WHERE id = $1", int(parked.name[8:]))
    made = await acme.upserted(*(lead(n) for n in range(6)))
    assert parked.name not in {one.device for one in made.leads}


async def test_assignment_is_even_and_for_good(acme: Client) -> None:
    devices = await acme.linked(7)
    made = await acme.upserted(*(lead(n) for n in range(700)))
    assert set(Counter(one.device for one in made.leads).values()) == {100}
    await acme.call(acme.devices.BatchCreateDevices, _more_devices())
    again = await acme.upserted(*(lead(n, display_name="x") for n in range(700)))
    assert [one.device for one in again.leads] == [one.device for one in made.leads]
    assert len(devices) == 7


def _more_devices() -> object:
    from kompang.v1 import devices_pb2

    return devices_pb2.BatchCreateDevicesRequest(devices=[devices_pb2.Device(phone="+60123450000")])


async def test_an_enrolled_lead_keeps_its_device(acme: Client, gateway: Gateway) -> None:
    one, two = await acme.linked(2)
    await acme.planned("cold")
    made = await acme.upserted(lead(1, device=one.name), lead(2, device=one.name))
    async with gateway.database.connection() as connection:
        await rows.enrolled(connection, 1, 1, [int(made.leads[0].name[6:])])
    request = pb.BatchUpsertLeadsRequest(leads=[lead(2, device=two.name), lead(1, device=two.name)])
    refused = await acme.refused(acme.leads.BatchUpsertLeads, request)
    assert (refused.code, refused.metadata["field"]) == (
        grpc.StatusCode.FAILED_PRECONDITION, "leads[1].device",
    )  # fmt: skip
    moved = await acme.upserted(lead(2, device=two.name), lead(1, device=one.name))
    assert counts(moved) == (0, 1, 1)
    assert moved.leads[0].device == two.name


async def test_concurrent_batches_of_the_same_numbers(acme: Client) -> None:
    await acme.linked(3)
    numbers = range(200)
    answers = await asyncio.gather(
        *(
            acme.upserted(*(lead(n) for n in (numbers if turn % 2 else reversed(numbers))))
            for turn in range(8)
        )
    )
    assert sum(one.created_count for one in answers) == 200
    assert sum(one.unchanged_count for one in answers) == 1400


async def test_filters_pages_and_other_accounts(acme: Client, other: Client) -> None:
    one, two = await acme.linked(2)
    await acme.planned("cold")
    made = await acme.upserted(
        *(lead(n, trigger="COLD" if n % 2 else "", device=(one if n < 6 else two).name) for n in range(10))
    )
    for wanted, expected in (
        ({}, range(10)),
        ({"trigger": "COLD"}, (1, 3, 5, 7, 9)),
        ({"device": two.name}, (6, 7, 8, 9)),
        ({"trigger": "COLD", "device": two.name}, (7, 9)),
        ({"trigger": "NONE"}, ()),
    ):
        seen, token = [], ""
        while True:
            page = await acme.call(
                acme.leads.ListLeads, pb.ListLeadsRequest(page_size=2, page_token=token, **wanted)
            )
            seen += page.leads
            token = page.next_page_token
            if not token:
                break
            mixed = pb.ListLeadsRequest(page_token=token, trigger="OTHER")
            refused = await acme.refused(acme.leads.ListLeads, mixed)
            assert set(refused.violations) == {"page_token"}
            assert "leave it empty" in refused.violations["page_token"]
        assert seen == [made.leads[n] for n in expected]
    assert not (await other.call(other.leads.ListLeads, pb.ListLeadsRequest())).leads
    name = made.leads[0].name
    assert (await other.refused(other.leads.GetLead, pb.GetLeadRequest(name=name))).code is NOT_FOUND
    assert (
        await other.refused(other.leads.SuppressLead, pb.SuppressLeadRequest(name=name))
    ).code is NOT_FOUND


async def test_suppression_stops_everything_and_outlives_an_import(acme: Client, gateway: Gateway) -> None:
    await acme.linked(1)
    await acme.planned("cold", steps=3)
    made = await acme.upserted(lead(1), lead(2))
    ids = [int(one.name[6:]) for one in made.leads]
    async with gateway.database.connection() as connection:
        messages = await rows.enrolled(connection, 1, 1, ids, apart_s=60)
        await connection.execute("UPDATE message SET state = 'sent' WHERE id = $1", messages[0])
        request = pb.SuppressLeadRequest(name=made.leads[0].name, reason="reply")
        shown = await acme.call(acme.leads.SuppressLead, request)
        assert shown.suppressed
        assert await acme.call(acme.leads.SuppressLead, request) == shown
        states = await connection.fetch("SELECT lead_id, state::text, reason FROM message ORDER BY id")
        assert [tuple(row) for row in states] == [
            (ids[0], "sent", None),
            (ids[0], "suppressed", "suppressed"),
            (ids[0], "suppressed", "suppressed"),
            *[(ids[1], "pending", None)] * 3,
        ]
        enrollments = await connection.fetch("SELECT state, reason FROM enrollment ORDER BY lead_id")
        assert [tuple(row) for row in enrollments] == [("stopped", "suppressed"), ("active", "")]
        events = await connection.fetch("SELECT type, reason FROM event ORDER BY id")
        assert sorted(tuple(row) for row in events) == [
            ("lead_suppressed", "reply"),
            *[("message_changed", "suppressed")] * 2,
        ]
        assert await connection.fetchval("SELECT count(*) FROM suppression") == 1
    again = await acme.upserted(lead(1, consent=consent()))
    assert again.leads[0].suppressed
    listed = await acme.call(
        acme.messages.ListMessages,
        messages_pb2.ListMessagesRequest(states=[messages_pb2.Message.STATE_SUPPRESSED]),
    )
    assert len(listed.messages) == 2


async def test_language_and_zone_are_kept_and_checked(acme: Client) -> None:
    await acme.linked(1)
    made = (await acme.upserted(lead(1, language="zh-Hant", timezone="Asia/Taipei"))).leads[0]
    assert (made.language, made.timezone) == ("zh-Hant", "Asia/Taipei")
    assert (await acme.upserted(lead(1, language="zh-Hant", timezone="Asia/Taipei"))).unchanged_count == 1
    changed = await acme.upserted(lead(1, language="zh"))
    assert (changed.updated_count, changed.leads[0].language, changed.leads[0].timezone) == (1, "zh", "")
    wrong = [
        lead(2, timezone="Mars/Olympus"),
        lead(3),
        lead(4, timezone="MYT-8"),
        lead(5, timezone="Etc/GMT-8"),
    ]
    refused = await acme.refused(acme.leads.BatchUpsertLeads, pb.BatchUpsertLeadsRequest(leads=wrong))
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert list(refused.violations) == ["leads[0].timezone", "leads[2].timezone", "leads[3].timezone"]
    # Whose sign is the reverse of what it seems to say.
    assert "UTC+8" in refused.violations["leads[3].timezone"]
    refused = await acme.refused(
        acme.leads.BatchUpsertLeads, pb.BatchUpsertLeadsRequest(leads=[lead(2, language="Malay, please")])
    )
    assert list(refused.violations) == ["leads[0].language"]


async def test_a_held_chain_goes_on_at_its_own_pace(acme: Client, gateway: Gateway) -> None:
    await acme.linked(1)
    await acme.planned("cold", steps=3)
    name = (await acme.upserted(lead(1))).leads[0].name
    async with gateway.database.connection() as connection:
        # The first was due a day ago, the others a minute apart.
        await rows.enrolled(connection, 1, 1, [int(name[6:])], first_in_s=-86400, apart_s=60)
        await connection.execute("UPDATE message SET not_before = '9999-01-01'")
        await connection.execute("UPDATE enrollment SET state = 'held', reason = 'replied'")
        await connection.execute("UPDATE device_pace SET cursor_at = now()")
        await acme.call(acme.leads.ResumeLead, pb.ResumeLeadRequest(name=name))
        waits = await connection.fetch(
            "SELECT round(extract(epoch FROM not_before - min(not_before) OVER ())) AS s,"
            " not_before > now() - interval '1 min' AS is_new FROM message ORDER BY position"
        )
        assert [tuple(row) for row in waits] == [(0, True), (60, True), (120, True)]
        assert await connection.fetchval("SELECT state FROM enrollment") == "active"
        assert await connection.fetchval(
            "SELECT cursor_at <= (SELECT min(scheduled_at) FROM message) FROM device_pace"
        )
        await acme.call(acme.leads.SuppressLead, pb.SuppressLeadRequest(name=name))
    refused = await acme.refused(acme.leads.ResumeLead, pb.ResumeLeadRequest(name=name))
    assert refused.code is grpc.StatusCode.FAILED_PRECONDITION
    unknown = pb.ResumeLeadRequest(name="leads/999")
    assert (await acme.refused(acme.leads.ResumeLead, unknown)).code is NOT_FOUND


async def test_an_operators_suppression_beats_a_stop_word(acme: Client, gateway: Gateway) -> None:
    await acme.linked(1)
    name = (await acme.upserted(lead(1))).leads[0].name
    async with gateway.database.connection() as connection:
        await connection.execute(
            "INSERT INTO suppression SELECT account_id, phone_hash, 'stop_word' FROM lead"
        )
        for reason in ("complaint", "another"):
            await acme.call(acme.leads.SuppressLead, pb.SuppressLeadRequest(name=name, reason=reason))
        assert await connection.fetchval("SELECT reason FROM suppression") == "complaint"
