"""Weekdays, public holidays and an account's own days: kept, renewed each day, and obeyed."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gateway.explain.guard import BLOCKS
from gateway.explain.guards import guards
from gateway.explain.store import ExplainStore
from gateway.retention.store import Retention
from kompang.v1 import accounts_pb2 as pb
from kompang.v1.explain_pb2 import Guard
from services.runtime.postgres import Postgres
from services.runtime.settings import PostgresSettings
from tests.integration.dispatch.test_verdicts import ask, world
from tests.integration.gateway.mesh import Client, Gateway, gateway_settings
from tests.integration.gateway.test_accounts import INVALID, change, update

__all__ = ["world"]

TODAY = datetime.now(UTC).date()
# The day that no year moves, from the next one on.
MERDEKA = date(TODAY.year + 1, 8, 31)


def shown(account: pb.Account) -> dict[str, pb.QuietDay]:
    return {one.date: one for one in account.quiet_days}


async def kept(gateway: Gateway) -> list[date]:
    async with gateway.database.connection() as connection:
        return list(await connection.fetchval("SELECT quiet_days FROM account"))


async def test_the_holidays_of_a_region_are_quiet_and_the_account_adds_and_takes_away(
    gateway: Gateway, acme: Client
) -> None:
    own = MERDEKA + timedelta(days=3)
    account = await change(acme, holiday_regions=["MY-Selangor", "sg"], quiet_weekdays=[6, 7])
    assert list(account.holiday_regions) == ["MY-10", "SG"]
    assert list(account.quiet_weekdays) == [pb.WEEKDAY_SATURDAY, pb.WEEKDAY_SUNDAY]
    found = shown(account)[MERDEKA.isoformat()]
    assert (found.display_name, found.holiday_region, found.estimated) == ("Hari Kebangsaan", "MY-10", False)
    # Two years ahead; the feasts that follow the moon are estimates there.
    assert max(shown(account)) > (TODAY + timedelta(days=720)).isoformat()
    assert [one for one in account.quiet_days if one.estimated]
    assert MERDEKA in await kept(gateway)

    days = [
        pb.AccountDay(date=own.isoformat(), display_name="Company trip"),
        pb.AccountDay(date=MERDEKA.isoformat(), working=True),
    ]
    account = await change(acme, days=days)
    assert shown(account)[own.isoformat()].display_name == "Company trip"
    assert MERDEKA.isoformat() not in shown(account)
    assert [one.date for one in account.days] == [MERDEKA.isoformat(), own.isoformat()]
    assert (MERDEKA in await kept(gateway), own in await kept(gateway)) == (False, True)

    account = await change(acme, "holiday_regions", "days", "quiet_weekdays")
    assert (list(account.quiet_days), await kept(gateway)) == ([], [])


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"holiday_regions": ["MY", "MY-77"]}, "account.holiday_regions[1]", "10 Selangor"),
    ({"holiday_regions": ["Malaysia"]}, "account.holiday_regions[0]", "two letters"),
    ({"quiet_weekdays": [1, 2, 3, 4, 5, 6, 7]}, "account.quiet_weekdays", "all seven"),
    ({"days": [pb.AccountDay(date="2026-02-30")]}, "account.days[0].date", "is no day"),
    ({"days": [pb.AccountDay(date="2026-02-03")] * 2}, "account.days[1].date", "twice"),
]


async def test_what_is_no_region_and_no_day_is_refused(acme: Client) -> None:
    for fields, path, words in REFUSED:
        refused = await acme.refused(acme.accounts.UpdateAccount, update(**fields))
        assert refused.code is INVALID
        assert words in refused.violations[path]


async def test_holidays_that_are_moved_are_moved_here_too(
    gateway: Gateway, acme: Client, consul_address: str
) -> None:
    await change(acme, holiday_regions=["MY"])
    settled = await kept(gateway)
    moved = MERDEKA - timedelta(days=1)
    async with gateway.database.connection() as connection:
        await connection.execute("UPDATE public_holiday SET day = $1 WHERE day = $2", moved, MERDEKA)
        await connection.execute("UPDATE account SET quiet_days = ARRAY[$1::date]", moved)
        await connection.execute("INSERT INTO public_holiday VALUES ('XX', $1, 'of nobody')", MERDEKA)
    settings = gateway_settings(gateway.database, consul_address)
    async with Postgres(settings, application="test") as postgres:
        await Retention(postgres, settings).run_once()
    assert await kept(gateway) == settled
    async with gateway.database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM public_holiday WHERE region = 'XX'") == 0


HOLIDAY = """INSERT INTO public_holiday VALUES ('MY-10', $1, 'Hari Merdeka');
UPDATE account SET holiday_regions = '{MY-10}', quiet_days = ARRAY[$1::date]"""
OWN = """INSERT INTO account_day SELECT id, $1, 'Company trip', true FROM account;
UPDATE account SET quiet_days = ARRAY[$1::date]"""
WEEKDAY = "UPDATE account SET quiet_weekdays = 1 << extract(isodow FROM $1::date)::int - 1"


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (HOLIDAY, "public holiday: Hari Merdeka"),
        (OWN, "quiet day of the account: Company trip"),
        (WEEKDAY, f"it is {TODAY:%A} in"),
    ],
    ids=["holiday", "own day", "weekday"],
)
async def test_the_hand_waits_for_the_day_to_end_and_the_explanation_says_why(
    hands, world, rules, words
) -> None:
    connection, store = world
    # Where it is about noon, whatever the hour of the test.
    east = 12 - datetime.now(UTC).hour
    await connection.execute("UPDATE lead SET timezone = $1", f"Etc/GMT{-east:+d}" if east else "UTC")
    for statement in rules.split(";\n"):
        await connection.execute(statement.replace("$1", f"'{TODAY}'"))
    async with Postgres(
        PostgresSettings(postgres_dsn=hands.database.dsn("gateway")), application="test"
    ) as gateway:
        facts = await ExplainStore(gateway).facts(1, await connection.fetchval("SELECT min(id) FROM message"))
    assert facts is not None
    [guard] = [one for one in guards(facts) if one.verdict == BLOCKS]
    assert guard.type == Guard.TYPE_QUIET_HOURS
    assert words in guard.detail
    verdict = await ask(connection, store)
    assert verdict.verdict == "quiet"
    assert guard.passes_at is not None
    assert abs((guard.passes_at - facts.at).total_seconds() - verdict.wait_s) < 5
    assert 10 * 3600 < verdict.wait_s < 13.6 * 3600
