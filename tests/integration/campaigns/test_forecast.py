"""A forecast says when the last message goes; held against the hand's rules, message by message."""

import random
from datetime import UTC, datetime, timedelta
from unittest.mock import AsyncMock

import grpc
import pytest

from gateway.retention.store import Retention
from kompang.v1 import campaigns_pb2 as pb
from tests.integration.campaigns.conftest import Shop
from tests.integration.campaigns.reference import Planned, Rules, send
from tests.support import rows

DEVICES = 2
QUIET, FREQUENT = pb.Deferral.REASON_QUIET_HOURS, pb.Deferral.REASON_FREQUENCY_CAP
NEW = pb.Deferral.REASON_FIRST_CONTACT

_LEADS = """
INSERT INTO lead (account_id, phone, phone_hash, device_id, consent_at, timezone)
SELECT a.id, '+6012' || lpad(n::text, 8, '0'), sha256(n::text::bytea),
    d.ids[1 + n % cardinality(d.ids)], now(),
    CASE WHEN n % 4 < 2 THEN '' ELSE $2 END
FROM account a, (SELECT array_agg(id ORDER BY id) AS ids FROM device) d, generate_series(1, $1::int) n
"""
_ACCOUNT = """
UPDATE account SET timezone = $1, quiet_from = $2::int * interval '1 h' + time '00:00',
    quiet_until = $3::int * interval '1 h' + time '00:00', person_daily_cap = $4
"""
_HEARD = """
INSERT INTO message (account_id, lead_id, device_id, scheduled_at, state, attempts, sent_at)
SELECT account_id, id, device_id, now() - make_interval(hours => h), 'sent', 1,
    now() - make_interval(hours => h)
FROM lead, unnest('{3,20}'::int[]) h WHERE lead.id % 3 = 0
"""
_OTHERS = """
INSERT INTO message (account_id, lead_id, device_id, scheduled_at)
SELECT d.account_id, (SELECT min(id) FROM lead), d.id, now() + make_interval(secs => n * 4 - 60)
FROM device d, generate_series(1, 120) n
"""
_WRITTEN = """
SELECT m.id, m.device_id, m.scheduled_at, m.campaign_id,
    coalesce(nullif(l.timezone, ''), a.timezone) AS zone,
    (SELECT coalesce(array_agg(h.sent_at), '{}') FROM message h
        WHERE h.lead_id = l.id AND h.state = 'sent') AS heard,
    NOT EXISTS (SELECT FROM chat WHERE chat.lead_id = l.id AND chat.device_id = m.device_id) AS begins_chat
FROM message m JOIN lead l ON l.id = m.lead_id JOIN account a ON a.id = m.account_id
WHERE m.state = 'pending'
"""


def zone_at(hour: int, plus: int = 0) -> str:
    """A zone in which it is now this hour, or so many hours later: so no edge of a day comes by in a test."""
    east = (hour + plus - datetime.now(UTC).hour + 11) % 24 - 11
    return f"Etc/GMT{-east:+d}" if east else "UTC"


CASES = {
    "plain": (Rules(zone_at(10)), 400, 0),
    "drawn delays": (Rules(zone_at(10), min_s=5, max_s=15), 400, 0),
    "two days of a cap and more": (Rules(zone_at(10), daily_cap=60), 300, 0),
    "launched at night": (Rules(zone_at(23), quiet=(21, 9)), 300, 0),
    "over a night": (Rules(zone_at(17), quiet=(21, 9), min_s=60, max_s=60), 800, 0),
    "warm-up": (Rules(zone_at(10), quiet=(21, 9), warmup_start=20), 300, 0),
    "a cap that warm-up reaches": (Rules(zone_at(10), daily_cap=40, warmup_start=20), 300, 0),
    "half of the leads sleep now": (Rules(zone_at(12), quiet=(21, 9)), 300, 12),
    "days that hardly meet": (Rules(zone_at(10), quiet=(21, 9), min_s=120, max_s=120), 400, 8),
    "heard twice today": (Rules(zone_at(10), person_cap=2), 300, 0),
    "with other messages": (Rules(zone_at(10)), 300, 0),
    "with others that fill the day": (Rules(zone_at(10), daily_cap=100), 300, 0),
    "heard, and a night comes": (Rules(zone_at(17), quiet=(21, 9), person_cap=2), 300, 0),
    "new chats of three days": (Rules(zone_at(10), first_cap=50), 240, 0),
    "new chats that fit": (Rules(zone_at(10), first_cap=150), 240, 0),
    "new chats, and nights": (Rules(zone_at(12), quiet=(21, 9), first_cap=40), 240, 0),
    "new chats of a warm-up": (Rules(zone_at(10), daily_cap=100, warmup_start=20, first_cap=50), 120, 0),
    "new chats, over a night by the plan": (
        Rules(zone_at(17), quiet=(21, 9), min_s=120, max_s=120, first_cap=30),
        300,
        0,
    ),
    "half have a chat": (Rules(zone_at(10), first_cap=30), 300, 0),
    "the network lets none begin": (Rules(zone_at(10), first_hold_h=5), 200, 0),
    "none begin for two days, and then so many": (Rules(zone_at(10), first_hold_h=52, first_cap=20), 100, 0),
    "new chats with other messages": (Rules(zone_at(10), first_cap=60), 300, 0),
}
# Every other lead has a chat with its device.
WARM = ("half have a chat",)
# Other messages of the devices: 15 overdue ones, and as many more while the campaign runs as make 120.
BUSY = ("with other messages", "with others that fill the day", "new chats with other messages")


async def opened(shop: Shop, rules: Rules, leads: int, plus: int) -> None:
    account = await shop.owner.fetchval("SELECT id FROM account")
    await rows.devices(
        shop.owner, account, DEVICES, min_s=rules.min_s, max_s=rules.max_s, daily_cap=rules.daily_cap
    )
    await shop.owner.execute(
        "UPDATE device SET warmup_start = $1, first_contact_cap = $2,"
        " first_contacts_held_until = now() + $3::float8 * interval '1 h'",
        rules.warmup_start,
        rules.first_cap,
        rules.first_hold_h,
    )
    quiet = rules.quiet or (None, None)
    await shop.owner.execute(_ACCOUNT, rules.zone, *quiet, rules.person_cap)
    hour = (datetime.now(UTC).hour + _east(rules.zone)) % 24
    await shop.owner.execute(_LEADS, leads, zone_at(hour, plus) if plus else "")


def _east(zone: str) -> int:
    return 0 if zone == "UTC" else -int(zone.removeprefix("Etc/GMT"))


async def truth(shop: Shop, rules: Rules, seed: int) -> datetime:
    """When the last message of the campaign goes, after a launch, by the reference."""
    begin = datetime.now(UTC)
    written = await shop.owner.fetch(_WRITTEN)
    planned = {
        row["id"]: Planned(
            row["scheduled_at"], row["zone"], list(row["heard"]), begins_chat=row["begins_chat"]
        )
        for row in written
    }
    for device in sorted({row["device_id"] for row in written}):
        own = [planned[row["id"]] for row in written if row["device_id"] == device]
        send(rules, own, begin, random.Random(seed))
    ends = [planned[row["id"]].went for row in written if row["campaign_id"]]
    return max(end for end in ends if end)


@pytest.mark.parametrize("case", CASES)
async def test_the_forecast_is_what_the_rules_make_of_it(shop: Shop, case: str) -> None:
    rules, leads, plus = CASES[case]
    await opened(shop, rules, leads, plus)
    if rules.person_cap:
        await shop.owner.execute(_HEARD)
    if case in BUSY:
        await shop.owner.execute(_OTHERS)
    if case in WARM:
        await shop.owner.execute("INSERT INTO chat SELECT id, device_id FROM lead WHERE id % 4 < 2")
    made = await shop.drafted()
    told = await shop.ForecastCampaign(name=made.name)
    await shop.LaunchCampaign(name=made.name)
    await shop.launches.run_once()
    begin = datetime.now(UTC)
    true = await truth(shop, rules, seed=1)
    end = told.end_time.ToDatetime(tzinfo=UTC)
    # The tolerance that docs/campaigns.md names.
    allowed = timedelta(seconds=3 * rules.max_s) + (true - begin) * 0.01
    if rules.quiet:
        allowed += timedelta(minutes=10)
    assert abs(end - true) <= allowed, (end - begin, true - begin)
    assert told.message_count == leads
    others = {load.other_message_count for load in told.device_loads}
    assert others == ({120} if case in BUSY else {0})
    assert {one.reason for one in told.deferrals} == {
        # By the plan none of the first ones meets the night; the places that lie in it are of first contacts.
        *([QUIET] if rules.quiet and case != "new chats, and nights" else []),
        *([FREQUENT] if rules.person_cap else []),
        *([NEW] if (rules.first_cap or rules.first_hold_h) and case != "new chats that fit" else []),
    }
    assert told.first_contact_count == (leads // 2 if case in WARM else leads)


async def test_what_was_launched_at_night_begins_in_the_morning_and_not_all_at_once(shop: Shop) -> None:
    rules = Rules(zone_at(23), quiet=(21, 9))
    await opened(shop, rules, 60, 0)
    await shop.launched(on_late="ON_LATE_DROP", late_tolerance={"seconds": 60})
    times = await shop.owner.fetch(
        "SELECT device_id, min(m.scheduled_at AT TIME ZONE a.timezone) AS first,"
        " max(m.scheduled_at AT TIME ZONE a.timezone) AS last"
        " FROM message m JOIN account a ON a.id = m.account_id GROUP BY device_id"
    )
    for row in times:
        opens = row["first"].replace(hour=9, minute=0, second=0, microsecond=0)
        assert opens < row["first"] < opens + timedelta(minutes=31)
        # The plan itself knows the night, so that morning is no lateness: the hand measures from there.
        assert row["last"] - row["first"] == timedelta(seconds=10 * (60 / DEVICES - 1))
    assert abs(times[0]["first"] - times[1]["first"]) > timedelta(seconds=5)


@pytest.fixture
def no_renewal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gateway does not put the true holidays in the place of those of the test."""
    monkeypatch.setattr(Retention, "_renew_holidays", AsyncMock())


@pytest.mark.usefixtures("no_renewal")
async def test_a_quiet_day_moves_the_plan_and_the_forecast(shop: Shop) -> None:
    rules = Rules(zone_at(10))
    await opened(shop, rules, 60, 0)
    today = "(now() AT TIME ZONE timezone)::date"
    # Today by its date and tomorrow by its weekday.
    await shop.owner.execute(
        f"UPDATE account SET quiet_days = ARRAY[{today}],"  # noqa: S608
        f" quiet_weekdays = 1 << extract(isodow FROM {today} + 1)::int - 1"
    )
    opens = await shop.owner.fetchval(f"SELECT ({today} + 2)::timestamp AT TIME ZONE timezone FROM account")  # noqa: S608
    # What it is has a name: of the account's own, or of the country.
    await shop.owner.execute(
        "INSERT INTO account_day (account_id, day, name, is_quiet)"
        " SELECT id, (now() AT TIME ZONE timezone)::date, 'Company trip', true FROM account"
    )
    await shop.owner.execute(
        "INSERT INTO public_holiday (region, day, name, is_estimated)"
        " SELECT 'MY', (now() AT TIME ZONE timezone)::date + n, 'Hari ' || n, n = 2"
        " FROM account, generate_series(0, 9) n"
    )
    await shop.owner.execute("UPDATE account SET holiday_regions = '{MY}'")
    made = await shop.drafted()
    told = await shop.ForecastCampaign(name=made.name)
    assert {(one.reason, one.message_count) for one in told.deferrals} == {(QUIET, 60)}
    named = [(one.display_name, one.holiday_region, one.estimated) for one in told.quiet_days]
    assert named == [("Company trip", "", False), ("Hari 1", "MY", False), ("Hari 2", "MY", True)]
    await shop.LaunchCampaign(name=made.name)
    await shop.launches.run_once()
    first, last = await shop.owner.fetchrow("SELECT min(scheduled_at), max(scheduled_at) FROM message")
    assert opens <= first <= opens + timedelta(minutes=31)
    # As exact as with quiet hours.
    assert abs(told.end_time.ToDatetime(tzinfo=UTC) - last) <= timedelta(minutes=10, seconds=30)


async def test_an_answer_to_a_stop_word_is_not_what_somebody_heard(shop: Shop) -> None:
    await opened(shop, Rules(zone_at(10), person_cap=2), 30, 0)
    await shop.owner.execute(_HEARD)
    await shop.owner.execute("UPDATE message SET is_confirmation = true")
    made = await shop.drafted()
    assert not (await shop.ForecastCampaign(name=made.name)).deferrals


async def test_a_forecast_of_nobody_has_no_end(shop: Shop) -> None:
    await opened(shop, Rules(), 4, 0)
    made = await shop.drafted("trigger = NOBODY")
    told = await shop.ForecastCampaign(name=made.name)
    assert (told.message_count, told.HasField("end_time"), len(told.device_loads)) == (0, False, 0)


async def test_a_list_takes_so_many_and_says_so_of_more(shop: Shop) -> None:
    await opened(shop, Rules(), 4, 0)
    lead = await shop.owner.fetchval("SELECT min(id) FROM lead")

    def named(count: int) -> pb.Audience:
        return pb.Audience(leads=pb.LeadList(leads=[f"leads/{lead}"] * count))

    made = await shop.drafted(audience=named(50_000))
    assert made.audience.leads.lead_count == 1
    refused = await shop.refused("CreateCampaign", campaign=pb.Campaign(audience=named(50_001)))
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert "50,001" in refused.violations["campaign.audience.leads"]
    assert "use a filter" in refused.violations["campaign.audience.leads"]


async def test_the_plan_of_a_device_grows_with_its_warm_up(shop: Shop) -> None:
    await opened(shop, Rules(zone_at(10), quiet=(21, 9), warmup_start=20, daily_cap=50), 300, 0)
    await shop.owner.execute(
        "UPDATE device_pace p SET sent_on = (now() AT TIME ZONE a.timezone)::date, sent_count = 5,"
        " first_sent_on = (now() AT TIME ZONE a.timezone)::date"
        " FROM device d JOIN account a ON a.id = d.account_id WHERE d.id = p.device_id"
    )
    await shop.launched()
    days = await shop.owner.fetch(
        "SELECT device_id, count(*) AS messages FROM message m JOIN account a ON a.id = m.account_id"
        " GROUP BY device_id, (m.scheduled_at AT TIME ZONE a.timezone)::date"
        " ORDER BY device_id, (m.scheduled_at AT TIME ZONE a.timezone)::date"
    )
    # What it sent today counts; from the fourth day on it is the cap.
    assert [row["messages"] for row in days] == [15, 30, 45, 50, 10] * DEVICES
