"""`kompang campaigns` as a marketer runs it."""

import asyncio
import json
import signal
from pathlib import Path

from tests.integration.campaigns.audience import people
from tests.integration.campaigns.conftest import Shop
from tests.support.shell import Ended, Shell
from tests.support.slowness import patient


async def started(shop: Shop, *args: str) -> asyncio.subprocess.Process:
    return await Shell.of(shop.address, shop.key).begin("campaigns", *args)


async def kompang(shop: Shop, *args: str) -> Ended:
    return await Shell.of(shop.address, shop.key).run("campaigns", *args)


async def done(shop: Shop, *args: str) -> str:
    code, out, err = await kompang(shop, *args)
    assert (code, err) == (0, "")
    return out


async def test_a_campaign_from_the_command_line(shop: Shop, tmp_path: Path) -> None:
    await people(shop, 12)
    text = tmp_path / "text"
    text.write_text("Hi {name}")
    made = json.loads(
        await done(
            shop, "create", "--text", f"@{text}", "--name", "Sale", "--filter", "attributes.n <= 10",
            "--min-delay", "5s", "--max-delay", "0.5m", "--on-late", "drop", "--late-tolerance", "2h",
            "--output", "json",
        )
    )  # fmt: skip
    assert (made["state"], made["maxDelay"], made["lateTolerance"]) == ("STATE_DRAFT", "30s", "7200s")
    name = made["name"]
    shown = await done(shop, "get", name.removeprefix("campaigns/"))
    for told in (
        "Sale",
        "attributes.n <= 10",
        "5s to 30s",
        "drop what is more than 2h late",
        "    Hi {name}",
    ):
        assert told in shown
    got = json.loads(await done(shop, "get", name, "--output", "json"))
    assert {key: got[key] for key in made} == made
    assert "10 of 10 leads" in await done(shop, "forecast", name)
    told = json.loads(await done(shop, "forecast", name, "--output", "json"))
    assert told["messageCount"] == 10
    assert "launching" in await done(shop, "launch", name.removeprefix("campaigns/"))
    await shop.look()
    assert "paused" in await done(shop, "pause", name)
    assert "running" in await done(shop, "resume", name)
    beside = await started(shop, "watch", name)
    assert beside.stdout is not None
    assert b"pending 10" in await asyncio.wait_for(beside.stdout.readline(), patient(20))
    watching = await started(shop, "watch", name, "--output", "json")
    assert watching.stdout is not None
    first = json.loads(await asyncio.wait_for(watching.stdout.readline(), patient(20)))
    assert first["progress"]["counts"] == [{"state": "STATE_PENDING", "messageCount": 10}]
    assert "cancelled" in await done(shop, "cancel", name)
    await shop.look()
    out, _ = await asyncio.wait_for(watching.communicate(), patient(20))
    last = json.loads(out.splitlines()[-1])
    assert last["state"] == "STATE_CANCELLED"
    assert last["progress"]["counts"] == [{"state": "STATE_CANCELLED", "messageCount": 10}]
    assert watching.returncode == 0
    told_last, _ = await asyncio.wait_for(beside.communicate(), patient(20))
    assert told_last.decode().splitlines()[-1] == f"{name} cancelled, cancelled 10"
    cloned = json.loads(await done(shop, "clone", name, "--name", "Again", "--output", "json"))
    listed = [json.loads(line) for line in (await done(shop, "list", "--output", "json")).splitlines()]
    assert [one["displayName"] for one in listed] == ["Sale", "Again"]
    assert "Again" in await done(shop, "list")
    await done(shop, "delete", cloned["name"])


async def test_refusals_are_one_line_with_the_field(shop: Shop) -> None:
    code, out, err = await kompang(shop, "create", "--text", "Hi", "--filter", "colour = red")
    assert (code, out) == (1, "")
    assert err.startswith("kompang: campaign.audience.filter: column 1:")
    assert err.count("\n") == 1
    assert (await kompang(shop, "pause", "99"))[0] == 1
    made = await shop.drafted()
    code, _, err = await kompang(shop, "launch", made.name, "--at", "2027-01-01T09:00")
    assert code == 2
    assert "--timezone" in err
    code, _, err = await kompang(shop, "create", "--text", "Hi", "--min-delay", "soon")
    assert code == 2


async def test_a_gateway_that_is_away(shop: Shop) -> None:
    shop.address = "127.0.0.1:9"
    code, _, err = await kompang(shop, "list")
    assert code == 3
    assert "127.0.0.1:9" in err


async def test_ctrl_c_leaves_the_campaign_as_it_is(shop: Shop) -> None:
    await people(shop, 3)
    made = await shop.launched()
    watching = await started(shop, "watch", made.name, "--output", "json")
    assert watching.stdout is not None
    await asyncio.wait_for(watching.stdout.readline(), patient(20))
    watching.send_signal(signal.SIGINT)
    _, err = await asyncio.wait_for(watching.communicate(), patient(20))
    assert watching.returncode == 130
    assert err.decode() == f"kompang: no longer watching; {made.name} continues\n"
    assert await shop.rows(made.name) == {"pending": 3}
