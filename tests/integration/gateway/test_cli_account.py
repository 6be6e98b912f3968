"""`kompang account`, and the account that `kompang admin create-account` makes."""

import json
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from tests.integration.gateway.mesh import Gateway
from tests.integration.gateway.test_cli import kompang
from tests.support.shell import Ended, Shell


@pytest.fixture
async def account(gateway: Gateway):
    shell = Shell.of(gateway.address, await gateway.key("acme"))

    async def run(*args: str) -> Ended:
        return await shell.run("account", *args)

    return run


async def test_only_what_is_said_changes(account, tmp_path: Path) -> None:
    greetings = tmp_path / "greetings.yaml"
    greetings.write_text("greetings:\n- text: Selamat pagi {name}\n  period: morning\n- text: Hi\n")
    code, _, err = await account(
        "update", "--timezone", "Asia/Kuala_Lumpur", "--country", "my", "--quiet-hours", "22:00-08:30",
        "--per-day", "3", "--stop-word", "Cukup", "--footer", "Reply STOP to stop", "--comma", "0.1",
        "--greetings", str(greetings),
    )  # fmt: skip
    assert (code, err) == (0, "")
    code, out, _ = await account("update", "--per-week", "9", "--variation", "none", "--output", "json")
    told = json.loads(out)
    assert (told["timezone"], told["country"], told["stopWords"]) == ("Asia/Kuala_Lumpur", "MY", ["cukup"])
    assert told["quietHours"] == {"start": "22:00", "end": "08:30"}
    assert told["frequencyCap"] == {"perDay": 3, "perWeek": 9}
    wording = told["wording"]
    assert (wording["footer"], wording["comma"], wording["fullStop"]) == ("Reply STOP to stop", 0.1, 0.3)
    assert [each["text"] for each in wording["greetings"]["greetings"]] == ["Selamat pagi {name}", "Hi"]
    assert wording["variation"] == "VARIATION_NONE"
    await account("update", "--quiet-hours", "none", "--stop-word", "", "--country", "")
    code, out, _ = await account("show")
    assert code == 0
    lines = {line[2:16].strip(): line[17:] for line in out.splitlines()[1:]}
    assert (lines["quiet hours"], lines["stop words"], lines["country"]) == (
        "none", "only those of every account", "none",
    )  # fmt: skip
    assert lines["per person"] == "3 a day, 9 a week"
    assert lines["greetings"] == "Selamat pagi {name}  (period morning)"


async def test_quiet_days_are_said_shown_and_taken_back(account) -> None:
    year = datetime.now(UTC).year + 1
    code, out, err = await account(
        "update", "--quiet-weekdays", "sat,Sunday", "--holidays", "MY-Selangor",
        "--quiet-day", f"{year}-06-15=Company trip", "--working-day", f"{year}-08-31", "--output", "json",
    )  # fmt: skip
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["quietWeekdays"] == ["WEEKDAY_SATURDAY", "WEEKDAY_SUNDAY"]
    assert (told["holidayRegions"], len(told["days"])) == (["MY-10"], 2)
    _, out, _ = await account("days")
    assert f"{year}-06-15  Company trip (own day)" in out
    assert f"{year}-12-25  Hari Krismas (MY-10)" in out
    assert f"{year}-08-31  messages are sent" in out
    assert ", estimated)" in out
    _, out, _ = await account("show")
    assert "Saturday, Sunday" in out
    assert "MY-10; next: " in out
    await account("update", "--forget-day", f"{year}-08-31", "--quiet-weekdays", "none")
    _, out, _ = await account("days")
    assert f"{year}-08-31  Hari Kebangsaan (MY-10)" in out
    await account("update", "--forget-day", f"{year}-06-15", "--holidays", "")
    assert (await account("days"))[:2] == (0, "")


async def test_what_is_refused_names_its_field(account, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("greetings:\n- text: Hi\n  period: night\n")
    for expected, told, args in (
        (1, "account.timezone: ", ("--timezone", "Mars/Olympus")),
        (1, "account.wording.space: makes more than 1", ("--space", "0.9")),
        (1, f"{bad}:3:11: greetings[0].period: 'night' is not one of morning", ("--greetings", str(bad))),
        (2, "21:00-09:00", ("--quiet-hours", "21-9")),
        (2, "such as MY", ("--country", "XX")),
        (1, "10 Selangor", ("--holidays", "MY-99")),
        (2, "sat,sun", ("--quiet-weekdays", "weekend")),
        (2, "2026-12-24", ("--quiet-day", "Christmas")),
        (2, "language tag", ("--language", "?")),
        (2, "say what to change", ()),
    ):
        code, out, err = await account("update", *args)
        assert (code, out) == (expected, ""), (args, err)
        assert told in " ".join(err.split()), err


async def test_an_account_begins_with_the_guards_it_was_given(gateway: Gateway) -> None:
    dsn = gateway.database.owner_dsn
    given = ("--quiet-hours", "20:00-10:00", "--per-day", "1", "--country", "MY", "--language", "ms")
    assert (await kompang(dsn, "admin", "create-account", "acme", *given))[0] == 0
    open_all_night = ("--quiet-hours", "none", "--per-day", "0", "--per-week", "0")
    assert (await kompang(dsn, "admin", "create-account", "bold", *open_all_night))[0] == 0
    columns = "quiet_from, quiet_until, person_daily_cap, person_weekly_cap, country, language, timezone"
    async with gateway.database.connection() as connection:
        made = await connection.fetch(f"SELECT {columns} FROM account ORDER BY slug")  # noqa: S608
    assert [tuple(row) for row in made] == [
        (time(20), time(10), 1, 7, "MY", "ms", "UTC"),
        (None, None, 0, 0, "", "", "UTC"),
    ]
    code, out, err = await kompang(dsn, "admin", "create-account", "c", "--quiet-hours", "late")
    assert (code, out, "21:00-09:00" in err) == (2, "", True)
