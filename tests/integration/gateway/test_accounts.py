"""The caller's account: read, changed, and how it speaks."""

import json
from typing import Any

import asyncpg
import grpc
from google.protobuf import field_mask_pb2

from gateway.auth.scopes import SCOPES
from kompang.v1 import accounts_pb2 as pb
from kompang.v1 import wording_pb2
from tests.integration.gateway.mesh import Client, Gateway

INVALID = grpc.StatusCode.INVALID_ARGUMENT


def update(*paths: str, name: str = "accounts/-", **fields: Any) -> pb.UpdateAccountRequest:
    return pb.UpdateAccountRequest(
        account=pb.Account(name=name, **fields), update_mask=field_mask_pb2.FieldMask(paths=paths)
    )


async def get(client: Client, name: str = "accounts/-") -> pb.Account:
    found: pb.Account = await client.call(client.accounts.GetAccount, pb.GetAccountRequest(name=name))
    return found


async def change(client: Client, *paths: str, **fields: Any) -> pb.Account:
    changed: pb.Account = await client.call(client.accounts.UpdateAccount, update(*paths, **fields))
    return changed


async def test_a_new_account_has_the_products_wording(acme: Client) -> None:
    account = await get(acme)

    assert (account.name, account.timezone, account.language) == ("accounts/acme", "UTC", "")
    assert [each.text for each in account.wording.greetings.greetings] == ["{Hi|Hello|Hai} {name}"]
    assert (account.wording.fallback_name, account.wording.footer) == ("Cik", "")
    assert (account.wording.full_stop, account.wording.comma, account.wording.space) == (0.3, 0.2, 0.4)
    assert account.wording.variation == wording_pb2.VARIATION_NATURAL
    assert await get(acme, "accounts/acme") == account


async def test_another_account_is_not_found(acme: Client, other: Client) -> None:
    refused = await acme.refused(acme.accounts.GetAccount, pb.GetAccountRequest(name="accounts/other"))
    assert (refused.code, refused.metadata["field"]) == (grpc.StatusCode.NOT_FOUND, "name")
    refused = await other.refused(other.accounts.UpdateAccount, update(name="accounts/acme", language="ms"))
    assert (refused.code, refused.metadata["field"]) == (grpc.StatusCode.NOT_FOUND, "account.name")


async def test_an_update_changes_the_named_fields_alone(acme: Client) -> None:
    before = await get(acme)
    changed = await change(acme, timezone="Asia/Kuala_Lumpur", language="ms")

    assert (changed.timezone, changed.language, changed.wording) == (
        "Asia/Kuala_Lumpur",
        "ms",
        before.wording,
    )
    assert changed.etag != before.etag
    assert await get(acme) == changed
    cleared = await change(acme, "timezone", "language", display_name="not named")
    assert (cleared.timezone, cleared.language, cleared.display_name) == ("UTC", "", "")
    assert (await change(acme, "language")).etag == cleared.etag


async def test_each_wording_is_a_row_that_stays(acme: Client, owner: asyncpg.Connection) -> None:
    first = wording_pb2.Wording(footer="Reply STOP to stop", comma=0.1)
    await change(acme, wording=first)
    await change(acme, wording=first)
    no_greeting = wording_pb2.Wording(greetings=wording_pb2.Greetings(), fallback_name="")
    account = await change(acme, wording=no_greeting)

    assert not account.wording.greetings.greetings
    assert account.wording.HasField("greetings")
    assert account.wording.footer == ""
    rows = await owner.fetch("SELECT document FROM wording ORDER BY id")
    assert await owner.fetchval("SELECT wording_id FROM account WHERE slug = 'acme'") == 2
    documents = [json.loads(row["document"]) for row in rows]
    assert [(each["footer"], len(each["greetings"])) for each in documents] == [
        ("Reply STOP to stop", 1),
        ("", 0),
    ]
    assert documents[0]["variation"]["comma"] == 0.1


async def test_a_stale_etag_is_aborted(acme: Client) -> None:
    before = await get(acme)
    await change(acme, language="ms")
    stale = await acme.refused(acme.accounts.UpdateAccount, update(language="en", etag=before.etag))
    assert (stale.code, stale.reason) == (grpc.StatusCode.ABORTED, "ETAG_STALE")


async def test_a_bad_update_is_refused_with_all_its_violations(acme: Client) -> None:
    wording = wording_pb2.Wording(
        greetings=wording_pb2.Greetings(
            greetings=[
                wording_pb2.Greeting(text="Hi {name"),
                wording_pb2.Greeting(text="Hi", language="Malay, please"),
            ]
        ),
        full_stop=0.9,
        footer="x" * 501,
    )
    refused = await acme.refused(
        acme.accounts.UpdateAccount,
        update("wording", "state", name="leads/1", language="??", wording=wording),
    )
    assert refused.code is INVALID
    assert set(refused.violations) == {
        "update_mask", "account.name", "account.language", "account.wording.footer", "account.wording.space",
        "account.wording.greetings.greetings[0].text", "account.wording.greetings.greetings[1].language",
    }  # fmt: skip
    assert "line 1, column 4" in refused.violations["account.wording.greetings.greetings[0].text"]


async def test_an_unknown_time_zone_is_refused(acme: Client) -> None:
    for zone in ("Mars/Olympus", "Etc/GMT-8", "Factory"):
        refused = await acme.refused(acme.accounts.UpdateAccount, update(timezone=zone))
        assert (refused.code, list(refused.violations)) == (INVALID, ["account.timezone"])


async def test_an_old_key_lacks_the_new_scope(gateway: Gateway) -> None:
    old = await gateway.client("old", tuple(scope for scope in SCOPES if not scope.startswith("accounts.")))
    refused = await old.refused(old.accounts.GetAccount, pb.GetAccountRequest(name="accounts/-"))
    assert (refused.code, refused.metadata["scope"]) == (grpc.StatusCode.PERMISSION_DENIED, "accounts.read")


async def test_guards_are_replaced_whole_and_cleared_by_name(acme: Client) -> None:
    quiet = pb.QuietHours(start="22:30", end="08:00")
    changed = await change(acme, quiet_hours=quiet, frequency_cap=pb.FrequencyCap(per_day=3, per_week=5))
    assert (changed.quiet_hours, changed.frequency_cap) == (quiet, pb.FrequencyCap(per_day=3, per_week=5))
    changed = await change(acme, "frequency_cap")
    assert (changed.quiet_hours, changed.frequency_cap.per_day) == (quiet, 0)
    changed = await change(acme, "quiet_hours")
    assert not changed.HasField("quiet_hours")


async def test_quiet_hours_that_are_none_are_refused(acme: Client) -> None:
    for start, end, field in (
        ("9:00", "21:00", "start"),
        ("21:00", "24:00", "end"),
        ("21:00", "21:00", "end"),
    ):
        wanted = update(quiet_hours=pb.QuietHours(start=start, end=end))
        refused = await acme.refused(acme.accounts.UpdateAccount, wanted)
        assert (refused.code, [*refused.violations]) == (INVALID, [f"account.quiet_hours.{field}"])


async def test_an_accounts_words_are_kept_folded_and_mean_one_thing(acme: Client) -> None:
    changed = await change(acme, stop_words=["Basta!", "BASTA", "no, thanks"], start_words=["Avanti"])
    assert list(changed.stop_words) == ["basta", "no, thanks"]
    assert list(changed.start_words) == ["avanti"]
    assert (await change(acme, language="it")).stop_words == changed.stop_words
    refused = await acme.refused(acme.accounts.UpdateAccount, update(start_words=["basta."]))
    assert (refused.code, list(refused.violations)) == (INVALID, ["account.stop_words"])
    refused = await acme.refused(acme.accounts.UpdateAccount, update(start_words=["henti"]))
    assert list(refused.violations) == ["account.start_words"]
    refused = await acme.refused(acme.accounts.UpdateAccount, update(stop_words=["ok", "!!!", "a" * 70]))
    assert list(refused.violations) == ["account.stop_words[1]", "account.stop_words[2]"]
    assert not (await change(acme, "stop_words")).stop_words


async def test_the_country_of_imports_is_the_accounts_to_say(acme: Client) -> None:
    assert (await change(acme, country="MY")).country == "MY"
    assert (await change(acme, display_name="Acme")).country == "MY"
    for wrong in ("my", "XX", "MYS"):
        refused = await acme.refused(acme.accounts.UpdateAccount, update(country=wrong))
        assert refused.violations.keys() == {"account.country"}, wrong
    assert (await change(acme, "country")).country == ""
