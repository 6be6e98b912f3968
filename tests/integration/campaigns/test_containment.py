"""One bad lead or campaign stops that one, not the launches, sweeps and counts of the others."""

from collections import Counter
from typing import Any

import asyncpg
import pytest

from kompang.v1 import campaigns_pb2 as pb
from services.enrollment.campaigns import rests
from services.enrollment.campaigns.sweeps import sweeps
from services.runtime import containment
from services.runtime.errors import Unavailable
from tests.integration.campaigns.conftest import Shop
from tests.support import rows
from tests.support.poison import poison

UNEXPECTED = [asyncpg.DataError("+60123456789"), ValueError("+60123456789"), KeyError("+60123456789")]


@pytest.fixture
def contained(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What was contained in this test, by place."""
    counts = Counter[str]()
    monkeypatch.setattr(containment, "counts", counts)
    return counts


@pytest.fixture
async def leads(shop: Shop) -> list[int]:
    """Thirty leads on three devices of the shop."""
    account = await shop.owner.fetchval("SELECT id FROM account")
    devices = await rows.devices(shop.owner, account, 3)
    return await rows.leads(shop.owner, account, devices, 30)


def number(campaign: pb.Campaign) -> int:
    return int(campaign.name.rpartition("/")[2])


async def messaged(shop: Shop, campaign: pb.Campaign) -> set[int]:
    found = await shop.owner.fetch("SELECT lead_id FROM message WHERE campaign_id = $1", number(campaign))
    return {row["lead_id"] for row in found}


async def test_a_lead_whose_row_fails_is_left_out_of_the_launch(
    shop: Shop, leads: list[int], contained: Counter[str]
) -> None:
    await poison(shop.owner, "message", f"NEW.lead_id IN ({leads[7]}, {leads[29]})")
    campaign = await shop.launched()
    assert campaign.state == pb.Campaign.STATE_RUNNING
    assert await messaged(shop, campaign) == {*leads} - {leads[7], leads[29]}
    assert contained == {"enrollment.launch.lead": 2}


async def test_the_first_leads_are_left_out_where_the_next_one_works(
    shop: Shop, contained: Counter[str]
) -> None:
    account = await shop.owner.fetchval("SELECT id FROM account")
    leads = await rows.leads(shop.owner, account, await rows.devices(shop.owner, account, 1), 10)
    await poison(shop.owner, "message", f"NEW.lead_id IN ({leads[0]}, {leads[1]})")
    campaign = await shop.launched()
    assert campaign.state == pb.Campaign.STATE_RUNNING
    assert await messaged(shop, campaign) == {*leads[2:]}
    assert contained == {"enrollment.launch.lead": 2}


async def test_a_launch_whose_statement_the_server_refuses_leaves_nobody_out(
    shop: Shop, leads: list[int], contained: Counter[str]
) -> None:
    await poison(shop.owner, "message", "true", code="42P01")
    campaign = await shop.drafted()
    await shop.LaunchCampaign(name=campaign.name)
    with pytest.raises(Unavailable):
        await shop.launches.run_once()
    assert await messaged(shop, campaign) == set()
    await shop.owner.execute("DROP TRIGGER poison_message_insert ON kompang.message")
    await shop.launches.run_once()
    assert await messaged(shop, campaign) == {*leads}
    assert not contained


# Of a constraint, and of a value.
@pytest.mark.parametrize("code", ["23514", "22003"])
async def test_a_launch_that_fails_for_all_leads_leaves_nobody_out_and_rests(
    shop: Shop, leads: list[int], contained: Counter[str], monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    await poison(shop.owner, "message", "true", code=code)
    campaign = await shop.launched()
    assert campaign.state == pb.Campaign.STATE_LAUNCHING
    assert contained == {"enrollment.launch": 1}
    await shop.owner.execute("DROP TRIGGER poison_message_insert ON kompang.message")
    await shop.launches.run_once()
    assert await messaged(shop, campaign) == set()
    monkeypatch.setattr(rests, "REST_S", 0.0)
    await shop.launches.run_once()
    assert await messaged(shop, campaign) == {*leads}


@pytest.mark.parametrize("error", UNEXPECTED)
@pytest.mark.parametrize("step", ["begin", "extent", "ensure_partitions", "write", "written"])
async def test_a_campaign_that_raises_does_not_keep_the_others_from_their_launch(
    shop: Shop,
    leads: list[int],
    contained: Counter[str],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    step: str,
) -> None:
    bad, good = [await shop.drafted() for _ in range(2)]
    for each in (bad, good):
        await shop.LaunchCampaign(name=each.name)
    calls = 0
    inner = getattr(shop.store, step)

    async def stumbling(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if args[0] == number(bad) or (step == "ensure_partitions" and calls == 1):
            raise error
        return await inner(*args)

    monkeypatch.setattr(shop.store, step, stumbling)
    await shop.launches.run_once()
    assert await messaged(shop, good) == {*leads}
    assert (await shop.GetCampaign(name=good.name)).state == pb.Campaign.STATE_RUNNING
    assert contained["enrollment.launch"] == 1


async def test_a_message_whose_row_fails_does_not_keep_the_others_from_being_cancelled(
    shop: Shop, leads: list[int], contained: Counter[str]
) -> None:
    campaign = await shop.launched()
    await poison(shop.owner, "message", f"NEW.lead_id = {leads[7]}", when="UPDATE")
    await shop.CancelCampaign(name=campaign.name)
    await shop.sweeps.run_once()
    assert await shop.rows(campaign.name) == {"cancelled": 29, "pending": 1}
    assert contained == {"enrollment.sweep.message": 1}


async def test_a_sweep_that_fails_with_message_after_message_passes_over_few_and_rests(
    shop: Shop, leads: list[int], contained: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "_MOST_FAILED", 4)
    campaign = await shop.launched()
    await poison(shop.owner, "message", "NEW.state = 'cancelled'", when="UPDATE")
    await shop.CancelCampaign(name=campaign.name)
    await shop.sweeps.run_once()
    assert contained == {"enrollment.sweep.message": 3, "enrollment.sweep": 1}
    assert await shop.rows(campaign.name) == {"pending": len(leads)}


async def test_a_sweep_whose_statement_fails_passes_over_no_message_and_rests(
    shop: Shop, leads: list[int], contained: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = await shop.launched()
    await shop.CancelCampaign(name=campaign.name)

    async def failing(*_: Any) -> Any:
        raise asyncpg.UndefinedTableError("+60123456789")

    with monkeypatch.context() as patched:
        patched.setattr(shop.sweep_store, "cancel", failing)
        await shop.sweeps.run_once()
    assert contained == {"enrollment.sweep": 1}
    assert await shop.owner.fetchval("SELECT lead_cursor FROM campaign_sweep") == 0
    await shop.sweeps.run_once()
    assert await shop.rows(campaign.name) == {"pending": len(leads)}
    monkeypatch.setattr(rests, "REST_S", 0.0)
    await shop.sweeps.run_once()
    assert await shop.rows(campaign.name) == {"cancelled": len(leads)}


async def test_a_sweep_of_a_kind_of_another_version_is_left_to_it_and_the_others_have_theirs(
    shop: Shop, leads: list[int], contained: Counter[str]
) -> None:
    bad, good = [await shop.launched() for _ in range(2)]
    for each in (bad, good):
        await shop.CancelCampaign(name=each.name)
    await shop.owner.execute("ALTER TABLE campaign_sweep DROP CONSTRAINT campaign_sweep_kind_check")
    await shop.owner.execute("UPDATE campaign_sweep SET kind = 'halve' WHERE campaign_id = $1", number(bad))
    await shop.sweeps.run_once()
    assert await shop.rows(good.name) == {"cancelled": len(leads)}
    assert await shop.rows(bad.name) == {"pending": len(leads)}
    assert contained == {"enrollment.sweep.read": 1}


@pytest.mark.parametrize("error", UNEXPECTED)
async def test_a_sweep_that_raises_does_not_keep_the_others_from_theirs(
    shop: Shop, leads: list[int], contained: Counter[str], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    bad, good = [await shop.launched() for _ in range(2)]
    for each in (bad, good):
        await shop.CancelCampaign(name=each.name)
    close = shop.sweep_store.close_devices

    async def stumbling(campaign_id: int) -> None:
        if campaign_id == number(bad):
            raise error
        await close(campaign_id)

    monkeypatch.setattr(shop.sweep_store, "close_devices", stumbling)
    await shop.sweeps.run_once()
    assert await shop.rows(good.name) == {"cancelled": len(leads)}
    assert await shop.rows(bad.name) == {"pending": len(leads)}
    assert contained == {"enrollment.sweep": 1}


async def test_counts_that_cannot_be_folded_do_not_keep_the_others_from_theirs(
    shop: Shop, leads: list[int], contained: Counter[str]
) -> None:
    bad, good = [await shop.launched() for _ in range(2)]
    await poison(shop.owner, "campaign_count", f"NEW.campaign_id = {number(bad)}")
    await shop.counts.run_once()
    left = await shop.owner.fetch("SELECT DISTINCT campaign_id FROM campaign_change")
    assert [row["campaign_id"] for row in left] == [number(bad)]
    assert await shop.counted(good.name) == await shop.counted(bad.name) == {"pending": len(leads)}
    assert contained == {"enrollment.fold": 1}


async def test_a_campaign_that_cannot_start_does_not_keep_the_others_from_it(
    shop: Shop, leads: list[int], contained: Counter[str]
) -> None:
    """It kept all scheduled campaigns of all accounts from their start, for as long as it was there."""
    bad, good = [await shop.drafted() for _ in range(2)]
    await shop.owner.execute("UPDATE campaign SET state = 'scheduled', starts_at = now(), step_id = 1")
    await poison(shop.owner, "campaign", f"NEW.id = {number(bad)}", when="UPDATE")
    await shop.launches.run_once()
    assert (await shop.GetCampaign(name=good.name)).state == pb.Campaign.STATE_RUNNING
    assert (await shop.GetCampaign(name=bad.name)).state == pb.Campaign.STATE_SCHEDULED
    await shop.launches.run_once()
    # It rests.
    assert contained == {"enrollment.start": 1}


async def test_a_campaign_that_cannot_finish_does_not_keep_the_others_from_it(
    shop: Shop, leads: list[int], contained: Counter[str]
) -> None:
    bad, good = [await shop.launched() for _ in range(2)]
    await shop.owner.execute("UPDATE message SET state = 'sent' WHERE campaign_id IS NOT NULL")
    await poison(shop.owner, "campaign", f"NEW.id = {number(bad)}", when="UPDATE")
    await shop.counts.run_once()
    assert (await shop.GetCampaign(name=good.name)).state == pb.Campaign.STATE_FINISHED
    assert (await shop.GetCampaign(name=bad.name)).state == pb.Campaign.STATE_RUNNING
    assert contained == {"enrollment.finish": 1}


@pytest.mark.parametrize(("step", "place"), [("fold", "enrollment.fold"), ("finish", "enrollment.finish")])
async def test_a_failure_of_all_campaigns_together_is_reported_where_each_works_alone(
    shop: Shop,
    leads: list[int],
    contained: Counter[str],
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    place: str,
) -> None:
    campaign = await shop.launched()
    inner = getattr(shop.store, step)

    async def failing(*args: Any) -> Any:
        if args[-1] is None:
            raise asyncpg.DataError("+60123456789")
        return await inner(*args)

    monkeypatch.setattr(shop.store, step, failing)
    await shop.counts.run_once()
    assert contained == {place: 1}
    assert await shop.counted(campaign.name) == {"pending": len(leads)}
