"""Campaigns before they are launched: written, changed, removed, copied, forecast."""

from datetime import UTC, datetime, timedelta

import grpc
import pytest
from google.protobuf import field_mask_pb2, timestamp_pb2

from kompang.v1 import campaigns_pb2 as pb
from kompang.v1 import leads_pb2
from kompang.v1.wording_pb2 import VARIATION_UNSPECIFIED
from tests.integration.campaigns.conftest import Shop
from tests.integration.gateway.mesh import consent, lead

S = pb.Campaign


async def test_a_draft_has_the_defaults_and_keeps_what_it_was_given(shop: Shop) -> None:
    made = await shop.drafted()
    assert made.state == S.STATE_DRAFT
    assert (made.variation, made.on_unknown, made.on_late) == (VARIATION_UNSPECIFIED, 1, S.ON_LATE_SEND)
    assert made.late_tolerance.seconds == 3600
    assert not made.HasField("min_delay")
    assert not made.HasField("audience")
    draft = pb.Campaign(
        on_late="ON_LATE_DROP", variation="VARIATION_NONE", audience=pb.Audience(filter="trigger=A")
    )
    draft.min_delay.seconds = 20
    draft.late_tolerance.seconds = 60
    made = await shop.CreateCampaign(campaign=draft)
    # What is said of one delay completes the other.
    assert (made.min_delay.seconds, made.max_delay.seconds) == (20, 20)
    assert (made.on_late, made.late_tolerance.seconds) == (S.ON_LATE_DROP, 60)
    got = await shop.GetCampaign(name=made.name)
    got.ClearField("progress")
    assert got == made


async def test_an_update_changes_what_the_mask_names(shop: Shop) -> None:
    made = await shop.drafted("trigger = A")
    changed = pb.Campaign(name=made.name, display_name="Other", text="Bye", etag=made.etag)
    mask = field_mask_pb2.FieldMask(paths=["text"])
    after = await shop.UpdateCampaign(campaign=changed, update_mask=mask)
    assert (after.display_name, after.text, after.audience.filter) == ("Sale", "Bye", "trigger = A")
    stale = await shop.refused("UpdateCampaign", campaign=changed, update_mask=mask)
    assert (stale.code, stale.reason) == (grpc.StatusCode.ABORTED, "ETAG_STALE")
    # Without a mask: what is set.
    after = await shop.UpdateCampaign(campaign=pb.Campaign(name=made.name, display_name="Third"))
    assert (after.display_name, after.text, after.audience.filter) == ("Third", "Bye", "trigger = A")
    every = field_mask_pb2.FieldMask(paths=["*"])
    after = await shop.UpdateCampaign(campaign=pb.Campaign(name=made.name), update_mask=every)
    assert (after.display_name, after.text, after.audience.filter) == ("", "", "")


async def test_a_list_is_kept_until_another_audience_is_given(shop: Shop) -> None:
    await shop.client.linked(1)
    people = [one.name for one in (await shop.client.upserted(lead(1), lead(2), lead(3))).leads]
    audience = pb.Audience(leads=pb.LeadList(leads=[*people, people[0]]))
    made = await shop.CreateCampaign(campaign=pb.Campaign(text="Hi", audience=audience))
    assert made.audience.leads.lead_count == 3
    after = await shop.UpdateCampaign(campaign=pb.Campaign(name=made.name, text="Ho"))
    assert (after.text, after.audience.leads.lead_count) == ("Ho", 3)
    audience.leads.leads[:] = people[:1]
    after = await shop.UpdateCampaign(campaign=pb.Campaign(name=made.name, audience=audience))
    assert after.audience.leads.lead_count == 1
    after = await shop.UpdateCampaign(
        campaign=pb.Campaign(name=made.name, audience=pb.Audience(filter="trigger=X"))
    )
    assert (after.audience.filter, after.audience.leads.lead_count) == ("trigger=X", 0)
    empty = pb.Audience(leads=pb.LeadList(lead_count=3))
    refused = await shop.refused("UpdateCampaign", campaign=pb.Campaign(name=made.name, audience=empty))
    assert "campaign.audience.leads" in refused.violations
    stranger = pb.Audience(leads=pb.LeadList(leads=["leads/999"]))
    refused = await shop.refused("CreateCampaign", campaign=pb.Campaign(audience=stranger))
    assert (refused.code, refused.metadata["resource"]) == (grpc.StatusCode.NOT_FOUND, "leads/999")


async def test_what_is_wrong_is_told_with_its_place(shop: Shop) -> None:
    draft = pb.Campaign(text="Hi {nme}", audience=pb.Audience(filter="trigger = A AND colour = red"))
    draft.min_delay.seconds, draft.max_delay.seconds = 20, 10
    refused = await shop.refused("CreateCampaign", campaign=draft)
    assert set(refused.violations) == {"campaign.text", "campaign.max_delay", "campaign.audience.filter"}
    assert refused.violations["campaign.audience.filter"].startswith("column 17:")
    mask = field_mask_pb2.FieldMask(paths=["state"])
    refused = await shop.refused("UpdateCampaign", campaign=pb.Campaign(name="x"), update_mask=mask)
    assert set(refused.violations) == {"campaign.name", "update_mask"}


async def test_a_draft_is_deleted_and_nothing_else_is(shop: Shop) -> None:
    made = await shop.drafted()
    await shop.DeleteCampaign(name=made.name)
    assert (await shop.refused("GetCampaign", name=made.name)).code is grpc.StatusCode.NOT_FOUND
    launched = await shop.launched()
    refused = await shop.refused("DeleteCampaign", name=launched.name)
    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "CAMPAIGN_STATE")
    refused = await shop.refused("UpdateCampaign", campaign=pb.Campaign(name=launched.name, text="x"))
    assert refused.reason == "CAMPAIGN_STATE"


async def test_a_clone_is_a_draft_of_the_same(shop: Shop) -> None:
    await shop.client.linked(1)
    people = [one.name for one in (await shop.client.upserted(lead(1), lead(2))).leads]
    audience = pb.Audience(leads=pb.LeadList(leads=people))
    made = await shop.launched(audience=audience, on_late="ON_LATE_SHIFT")
    clone = await shop.CloneCampaign(name=made.name)
    assert (clone.state, clone.text, clone.on_late) == (S.STATE_DRAFT, "Hi {name}", S.ON_LATE_SHIFT)
    assert clone.audience.leads.lead_count == 2
    assert clone.name != made.name


async def test_a_list_comes_page_by_page(shop: Shop) -> None:
    names = [(await shop.drafted()).name for _ in range(3)]
    first = await shop.ListCampaigns(page_size=2)
    second = await shop.ListCampaigns(page_size=2, page_token=first.next_page_token)
    assert [one.name for one in [*first.campaigns, *second.campaigns]] == names
    assert not second.next_page_token


async def test_the_forecast_counts_what_the_launch_then_does(shop: Shop) -> None:
    devices = await shop.client.linked(3)
    people = [
        lead(n, attributes={"kind": "a"}, device=devices[n % 3].name, consent=consent()) for n in range(30)
    ]
    people += [lead(n, attributes={"kind": "a"}, device=devices[0].name) for n in range(30, 34)]  # no consent
    people += [
        lead(n, attributes={"kind": "b"}, device=devices[0].name, consent=consent()) for n in range(34, 40)
    ]
    made = (await shop.client.upserted(*people)).leads
    await shop.owner.execute(
        "INSERT INTO suppression (account_id, phone_hash)"
        " SELECT account_id, phone_hash FROM lead ORDER BY id LIMIT 5"
    )
    await shop.owner.execute("UPDATE device SET state = 'parked' WHERE id = $1", int(devices[2].name[8:]))
    await shop.owner.execute("UPDATE device SET daily_cap = 4 WHERE id = $1", int(devices[1].name[8:]))
    campaign = await shop.drafted("attributes.kind = a")
    told = await shop.ForecastCampaign(name=campaign.name)
    reasons = {pb.Exclusion.Reason.Name(one.reason)[7:]: one.lead_count for one in told.exclusions}
    assert told.audience_count == 34
    assert reasons == {"SUPPRESSED": 5, "NO_CONSENT": 4, "DEVICE_PARKED": 9}
    assert told.message_count == 16
    # Eight through each of two devices; the one with a cap of four needs another day.
    assert [(one.device, one.message_count) for one in told.device_loads] == [
        (devices[1].name, 8),
        (devices[0].name, 8),
    ]
    first, last = (one.end_time.ToDatetime() for one in reversed(told.device_loads))
    assert told.end_time.ToDatetime() == last
    begins = told.start_time.ToDatetime()
    assert timedelta(seconds=70) <= first - begins <= timedelta(seconds=80)
    assert timedelta(0) < last - begins < timedelta(hours=25)
    assert last.date() == begins.date() + timedelta(days=1)

    await shop.LaunchCampaign(name=campaign.name)
    await shop.launches.run_once()
    running = await shop.GetCampaign(name=campaign.name)
    assert {
        pb.Exclusion.Reason.Name(one.reason)[7:]: one.lead_count for one in running.progress.exclusions
    } == reasons
    assert running.progress.message_count == 16
    planned = await shop.owner.fetchval("SELECT max(scheduled_at) FROM message")
    assert abs(planned.replace(tzinfo=None) - last) < timedelta(seconds=10)
    assert len(made) == 40


async def test_duplicates_of_a_list_are_told(shop: Shop) -> None:
    await shop.client.linked(1)
    people = [one.name for one in (await shop.client.upserted(lead(1, consent=consent()), lead(2))).leads]
    audience = pb.Audience(leads=pb.LeadList(leads=people * 2))
    made = await shop.drafted(audience=audience)
    told = await shop.ForecastCampaign(name=made.name)
    reasons = {pb.Exclusion.Reason.Name(one.reason)[7:]: one.lead_count for one in told.exclusions}
    assert (told.audience_count, told.message_count, reasons) == (4, 1, {"DUPLICATE": 2, "NO_CONSENT": 1})


async def test_who_was_erased_is_told_as_erased(shop: Shop) -> None:
    """In the forecast and in the books of the launch; not as somebody without consent."""
    await shop.client.linked(1)
    made = (await shop.client.upserted(*(lead(n, consent=consent()) for n in range(3)))).leads
    people = [one.name for one in made]
    await shop.client.call(shop.client.leads.EraseLead, leads_pb2.EraseLeadRequest(name=people[0]))
    campaign = await shop.drafted(audience=pb.Audience(leads=pb.LeadList(leads=people)))
    told = await shop.ForecastCampaign(name=campaign.name)
    erased = [pb.Exclusion(reason=pb.Exclusion.REASON_ERASED, lead_count=1)]
    assert (told.message_count, list(told.exclusions)) == (2, erased)
    await shop.LaunchCampaign(name=campaign.name)
    await shop.launches.run_once()
    running = await shop.GetCampaign(name=campaign.name)
    assert (running.progress.message_count, list(running.progress.exclusions)) == (2, erased)


@pytest.mark.parametrize(
    ("at", "zone", "field", "says"),
    [
        ("2027-03-28T02:30:00", "Europe/Berlin", "local_start_time.date_time", "leave"),
        ("2027-10-31T02:30:00", "Europe/Berlin", "local_start_time.date_time", "twice"),
        ("2027-02-30T02:30:00", "Europe/Berlin", "local_start_time.date_time", "no time"),
        ("2027-03-01T02:30:00", "Mars/Olympus", "local_start_time.timezone", "no IANA"),
        ("2020-03-01T02:30:00", "UTC", "local_start_time.date_time", "past"),
        ("2031-03-01T02:30:00", "UTC", "local_start_time.date_time", "ahead"),
        ("2027-03-01T02:30:00+08:00", "UTC", "local_start_time.date_time", "without an offset"),
        ("2027-03-01T02:30:00", "Etc/GMT-8", "local_start_time.timezone", "UTC+8"),
        ("2027-03-01T02:30:00", "", "local_start_time.timezone", "empty"),
    ],
)
async def test_a_local_time_must_be_one(shop: Shop, at: str, zone: str, field: str, says: str) -> None:
    made = await shop.drafted()
    local = pb.LocalTime(date_time=at, timezone=zone)
    refused = await shop.refused("LaunchCampaign", name=made.name, local_start_time=local)
    assert says in refused.violations[field]


async def test_a_launch_at_a_time_waits_for_it(shop: Shop) -> None:
    await shop.client.linked(1)
    await shop.client.upserted(lead(1, consent=consent()))
    made = await shop.drafted()
    tomorrow = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=1)
    local = pb.LocalTime(date_time=tomorrow.strftime("%Y-%m-%dT%H:%M:00"), timezone="Asia/Kuala_Lumpur")
    launched = await shop.LaunchCampaign(name=made.name, local_start_time=local)
    assert (launched.state, launched.timezone) == (S.STATE_SCHEDULED, "Asia/Kuala_Lumpur")
    ahead = launched.start_time.ToDatetime() - tomorrow
    assert timedelta(hours=-8, minutes=-2) < ahead < timedelta(hours=-7, minutes=-58)
    await shop.look()
    assert (await shop.GetCampaign(name=made.name)).state == S.STATE_SCHEDULED
    await shop.owner.execute("UPDATE campaign SET starts_at = now()")
    await shop.look()
    assert (await shop.GetCampaign(name=made.name)).state == S.STATE_RUNNING


async def test_a_launch_needs_a_text_and_happens_once(shop: Shop) -> None:
    made = await shop.drafted(text="")
    assert (await shop.refused("LaunchCampaign", name=made.name)).reason == "CAMPAIGN_EMPTY"
    made = await shop.drafted()
    key = "8d7b3f50-1c1d-4c43-9d3f-2b7f2d8f7a11"
    first = await shop.LaunchCampaign(name=made.name, request_id=key)
    assert await shop.LaunchCampaign(name=made.name, request_id=key) == first
    assert (await shop.refused("LaunchCampaign", name=made.name)).reason == "CAMPAIGN_STATE"
    past = timestamp_pb2.Timestamp(seconds=1)
    assert "start_time" in (await shop.refused("LaunchCampaign", name=made.name, start_time=past)).violations


async def test_another_account_sees_nothing(shop: Shop) -> None:
    made = await shop.drafted()
    other = await shop.gateway.client("other")
    for name in ("GetCampaign", "PauseCampaign", "ForecastCampaign", "CloneCampaign", "RetryFailed"):
        request = getattr(pb, f"{name}Request")(name=made.name)
        refused = await other.refused(getattr(other.campaigns, name), request)
        assert refused.code is grpc.StatusCode.NOT_FOUND
