"""What BatchUpsertLeads and ImportLeads have in common: one writer, one answer."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from kompang.v1 import leads_pb2 as pb
from tests.integration.gateway.import_calls import run, stored
from tests.integration.gateway.mesh import Client, Gateway, consent, lead
from tests.support import rows
from tests.support.blocking import is_waited_for
from tests.support.eventually import eventually
from tests.support.importing import written

Write = Callable[..., Coroutine[Any, Any, None]]


@pytest.fixture(params=["upsert", "import"])
def write(request: pytest.FixtureRequest, acme: Client, tmp_path: Path) -> Write:
    """Writes leads in one batch, by either way in."""

    async def upsert(*leads: pb.Lead) -> None:
        await acme.upserted(*leads)

    async def import_(*leads: pb.Lead) -> None:
        lines = [
            f"{one.phone},{one.display_name},{one.trigger},{one.device},{one.attributes['city']}"
            f",{one.consent.source},{one.consent.source and one.consent.grant_time.ToJsonString()}\n"
            for one in leads
        ]
        header = "Phone,Name,Trigger,Device,City,consent_source,consent_time\n"
        await run(acme, written(tmp_path, header + "".join(lines)))

    return upsert if request.param == "upsert" else import_


@pytest.mark.parametrize("changes", ["name", "evidence"])
async def test_a_lead_erased_meanwhile_gets_nothing_back(
    acme: Client, gateway: Gateway, write: Write, changes: str
) -> None:
    await acme.linked(1)
    [old] = (await acme.upserted(lead(1, display_name="Siti"))).leads
    person = lead(1, display_name="Siti binti Ali" if changes == "name" else "Siti")
    if changes == "evidence":
        person.consent.CopyFrom(consent("form of Siti"))
    async with gateway.database.connection() as erasing:
        transaction = erasing.transaction()
        await transaction.start()
        await erasing.execute(
            "UPDATE lead SET phone = 'erased-' || id, phone_hash = '', display_name = '', erased_at = now()"
        )
        writing = asyncio.create_task(write(person))
        await eventually(lambda: is_waited_for(erasing))
        await transaction.commit()
        await writing
        erased = await erasing.fetchrow("SELECT * FROM lead WHERE erased_at IS NOT NULL")
        assert (erased["display_name"], erased["consent_at"]) == ("", None)
        assert not await erasing.fetchval("SELECT count(*) FROM consent WHERE lead_id = $1", erased["id"])
    # The number is that of a new lead.
    [new] = (await stored(acme)).values()
    assert (new.phone, new.display_name) == (person.phone, person.display_name)
    assert new.name != old.name


async def test_leads_without_a_device_are_spread_evenly_beside_others(acme: Client, write: Write) -> None:
    one, two = await acme.linked(2)
    await write(*(lead(n, device=one.name if n % 2 else "") for n in range(20)))
    devices = {phone: each.device for phone, each in (await stored(acme)).items()}
    own = {lead(n).phone for n in range(1, 20, 2)}
    assert {devices[phone] for phone in own} == {one.name}
    assert Counter(device for phone, device in devices.items() if phone not in own) == {
        one.name: 5,
        two.name: 5,
    }


async def test_a_trigger_set_anew_is_noted(acme: Client, owner: asyncpg.Connection, write: Write) -> None:
    await acme.linked(1)
    await acme.planned("cold")
    await acme.planned("warm")

    async def noted() -> datetime:
        at: datetime = await owner.fetchval("SELECT triggered_at FROM lead")
        return at

    await write(lead(1, trigger="COLD"))
    first = await noted()
    await write(lead(1, trigger="COLD", display_name="Siti"))
    assert await noted() == first
    await write(lead(1, trigger="WARM"))
    assert await noted() > first


async def test_evidence_is_added_once_and_the_newest_counts(
    acme: Client, owner: asyncpg.Connection, write: Write
) -> None:
    await acme.linked(1)
    late, early = datetime.fromisoformat("2026-05-01T00:00Z"), datetime.fromisoformat("2026-04-01T00:00Z")
    for source, at in (("form", late), ("counter", early), ("form", late)):
        await write(lead(1, consent=consent(source, at)))
        assert await owner.fetchval("SELECT consent_at FROM lead") == late
    assert await owner.fetchval("SELECT count(*) FROM consent") == 2


async def test_a_lead_moved_meanwhile_is_not_moved_back_under_its_planned_messages(
    acme: Client, gateway: Gateway, owner: asyncpg.Connection
) -> None:
    one, two = await acme.linked(2)
    await acme.planned("cold")
    [there] = (await acme.upserted(lead(1, display_name="Siti", device=one.name))).leads
    request = pb.BatchUpsertLeadsRequest(leads=[lead(1, display_name="Siti binti Ali", device=one.name)])
    async with gateway.database.connection() as moving:
        transaction = moving.transaction()
        await transaction.start()
        await moving.execute("UPDATE lead SET device_id = $1", int(two.name.rpartition("/")[2]))
        await rows.enrolled(moving, 1, 1, [int(there.name.rpartition("/")[2])])
        writing = asyncio.create_task(acme.refused(acme.leads.BatchUpsertLeads, request))
        await eventually(lambda: is_waited_for(moving))
        await transaction.commit()
    assert (await writing).reason == "LEAD_ENROLLED"
    moved = await owner.fetchval(
        "SELECT count(*) FROM message m JOIN lead l ON l.id = m.lead_id AND l.device_id = m.device_id"
    )
    assert moved == await owner.fetchval("SELECT count(*) FROM message") > 0
