"""What the columns of a file may say besides number and name."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kompang.v1 import imports_pb2 as pb
from kompang.v1 import leads_pb2
from tests.integration.gateway.import_calls import HEADER, run, stored
from tests.integration.gateway.mesh import Client, Gateway, consent, lead
from tests.support import rows
from tests.support.importing import rows_of, tally, written


async def test_consent_of_the_whole_file_is_evidence_once(
    acme: Client, gateway: Gateway, tmp_path: Path
) -> None:
    await acme.linked(1)
    await acme.upserted(lead(1, consent=consent("form")), lead(2))
    file = written(tmp_path, HEADER + rows_of(4))
    statement = pb.ImportConsent(source="counter", wording="Yes, write to me")
    first = await run(acme, file, consent=statement)
    assert (first.counts.without_consent, tally(first)) == (0, (4, 0, 0, 0, 0))
    again = await run(acme, file, consent=statement)
    assert tally(again) == (0, 0, 4, 0, 0)
    async with gateway.database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM consent WHERE source = 'counter'") == 4
        assert await connection.fetchval("SELECT count(*) FROM lead WHERE consent_at IS NULL") == 1
    dated = pb.ImportConsent(source="counter", wording="Yes, write to me")
    dated.grant_time.FromDatetime(datetime(2026, 1, 1, tzinfo=UTC))
    assert tally(await run(acme, file, consent=dated)) == (0, 4, 0, 0, 0)
    assert tally(await run(acme, file, consent=dated)) == (0, 0, 4, 0, 0)


async def test_language_and_timezone(acme: Client, tmp_path: Path) -> None:
    await acme.linked(1)
    good = "0122000001,ms,Asia/Tokyo\n0122000002,zh_Hant,\n0122000003,,Asia/Kuala_Lumpur\n0122000004,,\n"
    bad = "0122000005,,Mars/Base\n0122000006,Bahasa Klingon,\n"
    file = written(tmp_path, "Phone,Language,Timezone\n" + good + bad)
    first = await run(acme, file)
    assert (tally(first), dict(first.counts.refused_by_reason)) == (
        (4, 0, 0, 0, 2), {"TIMEZONE": 1, "LANGUAGE": 1},
    )  # fmt: skip
    before = await spoken(acme)
    assert before == {
        "1": ("ms", "Asia/Tokyo"), "2": ("zh-Hant", ""), "3": ("", "Asia/Kuala_Lumpur"), "4": ("", ""),
    }  # fmt: skip
    assert not any(one.attributes for one in (await stored(acme)).values())
    assert tally(await run(acme, file)) == (0, 0, 4, 0, 2)
    # A file without the columns, or with nothing in them, keeps what there is.
    assert tally(await run(acme, written(tmp_path, "Phone,City\n0122000001,Ipoh\n"))) == (0, 1, 0, 0, 0)
    empty = written(tmp_path, "Phone,Language,Timezone\n0122000001,,\n0122000002,,\n")
    assert tally(await run(acme, empty)) == (0, 0, 2, 0, 0)
    assert await spoken(acme) == before
    changed = written(tmp_path, "Phone,Language,Timezone\n0122000001,en,\n0122000002,,UTC\n0122000004,,\n")
    assert tally(await run(acme, changed)) == (0, 2, 1, 0, 0)
    assert await spoken(acme) == before | {"1": ("en", "Asia/Tokyo"), "2": ("zh-Hant", "UTC")}


async def spoken(client: Client) -> dict[str, tuple[str, str]]:
    """Language and time zone of each lead, by the last digit of its number."""
    return {phone[-1]: (one.language, one.timezone) for phone, one in (await stored(client)).items()}


async def test_suppression_survives_a_new_import(acme: Client, tmp_path: Path) -> None:
    await acme.linked(1)
    file = written(tmp_path, HEADER + rows_of(3))
    await run(acme, file)
    first = next(iter((await stored(acme)).values()))
    await acme.call(acme.leads.SuppressLead, leads_pb2.SuppressLeadRequest(name=first.name))
    again = await run(acme, file, consent=pb.ImportConsent(source="counter"))
    assert again.counts.suppressed == 1
    assert (await stored(acme))[first.phone].suppressed


async def test_triggers_and_devices_of_rows(acme: Client, tmp_path: Path) -> None:
    one, two = await acme.linked(2)
    await acme.planned("cold")
    text = f"Phone,Trigger,Device\n0122000000,cold,{one.name}\n0122000001,NOPE,\n0122000002,,devices/99\n"
    result = await run(acme, written(tmp_path, text), device=two.name)
    assert dict(result.counts.refused_by_reason) == {"UNKNOWN_TRIGGER": 1, "UNKNOWN_DEVICE": 1}
    made = (await stored(acme))["+60122000000"]
    assert (made.trigger, made.device) == ("COLD", one.name)


@pytest.mark.parametrize("state", ["active", "held"])
async def test_a_lead_with_an_open_enrollment_keeps_its_device(
    acme: Client, gateway: Gateway, tmp_path: Path, state: str
) -> None:
    """What is planned stays with its device, also what a reply holds: the API says so too."""
    one, two = await acme.linked(2)
    await acme.planned("cold")
    [lead_] = (await acme.upserted(lead(1, device=one.name))).leads
    async with gateway.database.connection() as connection:
        await rows.enrolled(connection, 1, 1, [int(lead_.name[6:])])
        await connection.execute("UPDATE enrollment SET state = $1", state)
    request = leads_pb2.BatchUpsertLeadsRequest(leads=[lead(1, device=two.name)])
    assert (await acme.refused(acme.leads.BatchUpsertLeads, request)).reason == "LEAD_ENROLLED"
    moved = written(tmp_path, f"Phone,Device\n{lead_.phone},{two.name}\n0122000009,\n")
    result = await run(acme, moved, device=two.name)
    assert (tally(result), dict(result.counts.refused_by_reason)) == ((1, 0, 0, 0, 1), {"LEAD_ENROLLED": 1})
    leads = await stored(acme)
    assert (leads[lead_.phone].device, leads["+60122000009"].device) == (one.name, two.name)
    # The option is for leads without a device: it moves nobody.
    listed = written(tmp_path, f"Phone\n{lead_.phone}\n")
    assert tally(await run(acme, listed, device=two.name)) == (0, 0, 1, 0, 0)
    assert (await stored(acme))[lead_.phone].device == one.name
