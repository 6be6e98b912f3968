"""One person, several forms of a number: every country of docs/numbers.md, each door, both directions.

The people are in the table of `tests/support/number_forms.py`.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import asyncpg
import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from kompang.v1 import leads_pb2
from tests.integration.dispatch.conftest import replica
from tests.integration.dispatch.host import Host, attached
from tests.integration.gateway.import_calls import errors, run, stored
from tests.integration.gateway.mesh import Client, Gateway, consent, running
from tests.integration.gateway.test_import_wishes import EVERYBODY, suppressing
from tests.integration.gateway.test_overview import overview
from tests.support import rows
from tests.support.database import SHARDS, Database
from tests.support.eventually import eventually
from tests.support.importing import written
from tests.support.number_forms import FORMS

PEOPLE = {number: others for number, others in FORMS.items() if others}
TODAY = list(PEOPLE)
OLDER = [others[-1] for others in PEOPLE.values()]
COUNT = len(PEOPLE)
COUNTRIES = {"+20", "+225", "+229", "+230", "+237", "+241", "+52", "+54", "+55", "+593", "+84"}


def listed(numbers: Sequence[str]) -> str:
    return "Phone\n" + "\n".join(numbers) + "\n"


@dataclass
class Scene:
    gateway: Gateway
    owner: asyncpg.Connection
    host: Host
    folder: Path
    heard: int = field(default=0)

    async def account(self, slug: str) -> tuple[Client, int]:
        """A new account, and a device of it."""
        client = await self.gateway.client(slug)
        [device] = await client.linked(1)
        return client, int(device.name[8:])

    async def imported(self, client: Client, numbers: Sequence[str]) -> list[int]:
        """Created, unchanged, duplicate, refused."""
        result = await run(client, written(self.folder, listed(numbers)), consent=EVERYBODY)
        counts = result.counts
        return [counts.created, counts.unchanged, counts.duplicate, counts.refused]

    async def write(self, device: int, numbers: Sequence[str], text: str) -> None:
        """All of these people, in one frame."""
        self.heard += 1
        inbound = [
            pb.Inbound(device_id=device, inbound_id=f"in-{self.heard}-{n}", sender=number[1:], text=text)
            for n, number in enumerate(numbers)
        ]
        await self.host.hear_all(inbound)


async def suppressed(client: Client) -> set[str]:
    return {phone for phone, lead in (await stored(client)).items() if lead.suppressed}


@pytest.fixture
async def scene(database: Database, consul_address: str, tmp_path: Path) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as opened:
        gateway = await opened.enter_async_context(running(database, consul_address))
        dispatch = await opened.enter_async_context(replica(database))
        owner = await opened.enter_async_context(database.connection())
        host = await opened.enter_async_context(attached(dispatch))
        yield Scene(gateway, owner, host, tmp_path)


def test_every_country_of_the_table_is_tried() -> None:
    found = {code for code in COUNTRIES if any(number.startswith(code) for number in TODAY)}
    assert found == COUNTRIES
    rows_ = (Path(__file__).parents[3] / "docs" / "numbers.md").read_text(encoding="utf-8")
    table = rows_.partition("| country | kept |")[2].partition("\n\n")[0]
    assert table.count("\n|") - 1 == len(COUNTRIES)


@pytest.mark.parametrize(
    ("first", "then"), [(OLDER, TODAY), (TODAY, OLDER)], ids=["older first", "newer first"]
)
async def test_a_person_is_one_lead_for_imports_replies_and_lists(scene: Scene, first, then) -> None:
    acme, device = await scene.account("acme")
    # Import and its duplicates.
    assert await scene.imported(acme, first) == [COUNT, 0, 0, 0]
    assert await scene.imported(acme, [*then, *first]) == [0, COUNT, COUNT, 0]
    leads = await stored(acme)
    assert list(leads) == TODAY
    assert [list(lead.other_phones) for lead in leads.values()] == list(PEOPLE.values())
    # Look-up, by BatchUpsertLeads.
    answer = await acme.upserted(*[leads_pb2.Lead(phone=each, consent=consent()) for each in then])
    assert ([each.phone for each in answer.leads], answer.created_count) == (TODAY, 0)
    twice = leads_pb2.BatchUpsertLeadsRequest(leads=[leads_pb2.Lead(phone=p) for p in (first[0], then[0])])
    refused = await acme.refused(acme.leads.BatchUpsertLeads, twice)
    assert "same number as leads[0]" in refused.violations["leads[1].phone"]
    # STOP from one form, START again from the other.
    await scene.write(device, then, "STOP")
    assert await suppressed(acme) == set(TODAY)
    await scene.write(device, first, "START")
    assert await suppressed(acme) == set()
    # A do-not-contact list.
    result = await suppressing(acme, scene.folder, listed(then))
    assert (result.counts.created, result.counts.refused) == (COUNT, 0)
    assert await suppressed(acme) == set(TODAY)
    # People who are no leads yet: of a list, of a stop word, and of an erasure.
    other, _ = await scene.account("other")
    await suppressing(other, scene.folder, listed(first))
    assert await scene.imported(other, then) == [COUNT, 0, 0, 0]
    assert await suppressed(other) == set(TODAY)
    third, heard_by = await scene.account("third")
    with mock.patch("services.dispatch.inbound.inbound._unmatched") as metric:
        await scene.write(heard_by, first, "STOP")
    assert sum(call.args[0] for call in metric.add.call_args_list) == COUNT
    # And one whose number the network does not tell.
    await scene.host.hear(heard_by, "", "STOP", "in-lid", lid="99887766")
    assert (await overview(third)).unmatched_stop_count == COUNT + 1
    told = "SELECT count(*) FROM event WHERE type = 'lead_replied' AND reason = 'stop' AND lead_id IS NULL"
    assert await scene.owner.fetchval(told) == COUNT + 1
    assert await scene.imported(third, then) == [COUNT, 0, 0, 0]
    assert await suppressed(third) == set(TODAY)


@pytest.mark.parametrize(
    ("first", "then"), [(OLDER, TODAY), (TODAY, OLDER)], ids=["older first", "newer first"]
)
async def test_an_erasure_reaches_every_form_and_keeps_the_stop(scene: Scene, first, then) -> None:
    acme, device = await scene.account("acme")
    await scene.imported(acme, first)
    await scene.write(device, first, "STOP")
    await scene.write(99_999, first, "STOP")  # of a device that nobody knows: in quarantine
    bad = written(scene.folder, "Phone\n" + "".join(f'"{each} x",too,many\n' for each in (*first, *then)))
    refused = await run(acme, bad)
    leads = await stored(acme)
    for lead in leads.values():
        await acme.call(acme.leads.EraseLead, leads_pb2.EraseLeadRequest(name=lead.name))
    assert await scene.owner.fetchval("SELECT count(*) FROM quarantine") == 0
    left = [row for row in await errors(acme, refused.name) if any(map(str.isdigit, "".join(row[:1])))]
    assert left == []
    assert await scene.imported(acme, then) == [COUNT, 0, 0, 0]
    assert await suppressed(acme) == set(TODAY)


async def test_a_cap_counts_a_person_in_whatever_form_the_network_has_the_number(scene: Scene) -> None:
    acme = await scene.gateway.client("acme")
    devices = [int(each.name[8:]) for each in await acme.linked(COUNT)]
    upserted = await acme.upserted(
        *[
            leads_pb2.Lead(phone=phone, device=f"devices/{device}", consent=consent())
            for phone, device in zip(OLDER, devices, strict=True)
        ]
    )
    await acme.planned("cold", steps=2)
    people = [int(each.name[6:]) for each in upserted.leads]
    await scene.owner.execute(
        "UPDATE account SET person_daily_cap = 1, quiet_from = NULL, quiet_until = NULL"
    )
    await scene.owner.execute("UPDATE device SET min_delay = '0', max_delay = '0'")
    await rows.enrolled(scene.owner, 1, 1, people)
    await scene.host.claim(range(SHARDS), 1)
    await scene.host.ready(devices)
    messages = await scene.host.messages(COUNT)
    assert sorted(each.recipient for each in messages) == sorted(phone[1:] for phone in TODAY)
    older = dict(zip(TODAY, OLDER, strict=True))
    for message in messages:
        await scene.host.report([message], known_as=older[f"+{message.recipient}"][1:])
    capped = "SELECT count(*) FROM message WHERE state = 'pending' AND reason = 'frequency_cap'"

    async def are_capped() -> bool:
        return bool(await scene.owner.fetchval(capped) == COUNT)

    await eventually(are_capped, within_s=30, every_s=0.02)
    # Tomorrow: to the form that the network named.
    await scene.owner.execute("UPDATE account SET person_daily_cap = 0")
    await scene.owner.execute("UPDATE message SET not_before = NULL WHERE state = 'pending'")
    await scene.owner.execute("UPDATE device_pace SET cursor_at = now() - interval '1 h'")
    messages = await scene.host.messages(COUNT)
    assert sorted(each.recipient for each in messages) == sorted(phone[1:] for phone in OLDER)
