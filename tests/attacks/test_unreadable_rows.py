"""Attacks the gateway through the database: one row that it cannot read stops only what is about that row."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import asyncpg
import grpc

from kompang.v1 import (
    campaigns_pb2,
    devices_pb2,
    imports_pb2,
    leads_pb2,
    messages_pb2,
    sequences_pb2,
)
from tests.attacks.poisoned_rows import copied, poisonings, unguard
from tests.integration.gateway.mesh import TIMEOUT_S, Client, running
from tests.support import rows
from tests.support.database import Database

OWN = frozenset({"id", "account_id"})
MISTAKES = (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN)


class Bed:
    """One good row of each noun, and copies with a bad value in one column."""

    def __init__(self, connection: asyncpg.Connection, account: int) -> None:
        self.connection = connection
        self.account = account
        self.good: dict[str, int] = {}
        self.bad: dict[str, dict[int, str]] = {}

    async def fill(self) -> None:
        [device] = await rows.devices(self.connection, self.account, 1)
        [lead] = await rows.leads(self.connection, self.account, [device], 1)
        sequence = await rows.sequence(self.connection, self.account, 1)
        [message] = await rows.enrolled(self.connection, self.account, sequence, [lead], first_in_s=60)
        campaign = await self.connection.fetchval(
            "INSERT INTO campaign (account_id, display_name, text) VALUES ($1, 'spring', 'Hi') RETURNING id",
            self.account,
        )
        made = await self.connection.fetchval(
            "INSERT INTO import (account_id, request_id, options_hash, size, kind)"
            " VALUES ($1, gen_random_uuid(), '', 9, 'leads') RETURNING id",
            self.account,
        )
        self.good = {
            "devices": device, "leads": lead, "sequences": sequence, "messages": message,
            "campaigns": campaign, "imports": made,
        }  # fmt: skip

    async def poison(self, noun: str, table: str, spared: frozenset[str] = frozenset()) -> None:
        """Copies of the good row of a noun, each with one bad column."""
        bad = self.bad.setdefault(noun, {})
        async for column, value in poisonings(self.connection, table, OWN | spared):
            replaced = {column: value}
            if table == "sequence":
                replaced = {"slug": f"'s{len(bad)}'"} | replaced
            made = await copied(self.connection, table, f"id = {self.good[noun]}", replaced)
            bad[made] = f"{table}.{column} = {value[:40]}"

    async def poison_beside(self, noun: str, parent: str, table: str, key: str) -> None:
        """Copies of the good row whose row in another table has one bad column."""
        bad = self.bad.setdefault(noun, {})
        good = self.good[noun]
        async for column, value in poisonings(self.connection, table, OWN | {key, "revision", "position"}):
            own = {"slug": f"'s{len(bad)}'"} if parent == "sequence" else {}
            made = await copied(self.connection, parent, f"id = {good}", own)
            await copied(self.connection, table, f"{key} = {good}", {key: str(made), column: value}, key)
            bad[made] = f"{table}.{column} = {value[:40]}"


async def code(call: Any) -> grpc.StatusCode:
    try:
        if hasattr(call, "read"):
            await call.read()
            call.cancel()
        else:
            await call
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


async def listed(client: Client, method: Any, request: Any, items: str) -> tuple[set[str], set[str]]:
    """The names of a list's resources, and of those it cannot show, over pages of 7."""
    shown: list[str] = []
    unreachable: list[str] = []
    request.page_size = 7
    for _ in range(200):
        page = await client.call(method, request)
        shown += [each.name for each in getattr(page, items)]
        unreachable += page.unreachable
        if not page.next_page_token:
            assert max(Counter(shown + unreachable).values()) == 1
            return {*shown}, {*unreachable}
        request.page_token = page.next_page_token
    raise AssertionError("the list has no end")


async def test_one_unreadable_row_stops_only_what_is_about_it(
    database: Database, consul_address: str
) -> None:
    async with running(database, consul_address) as gateway, database.connection() as connection:
        client = await gateway.client("acme")
        account = await connection.fetchval("SELECT id FROM account WHERE slug = 'acme'")
        bed = Bed(connection, account)
        await bed.fill()
        await unguard(connection)
        await bed.poison("campaigns", "campaign")
        await bed.poison("imports", "import")
        await bed.poison("messages", "message", frozenset({"scheduled_at", "enrollment_id", "lead_id"}))
        await bed.poison("leads", "lead", frozenset({"erased_at"}))
        await bed.poison("sequences", "sequence", frozenset({"slug"}))
        await bed.poison_beside("sequences", "sequence", "sequence_step", "sequence_id")
        await bed.poison("devices", "device")
        await connection.execute(
            "INSERT INTO device_pace (device_id) SELECT id FROM device ON CONFLICT DO NOTHING"
        )
        await bed.poison_beside("devices", "device", "device_pace", "device_id")
        slugs = {row["id"]: row["slug"] for row in await connection.fetch("SELECT id, slug FROM sequence")}
        wrong: list[str] = []
        lists = {
            "campaigns": (client.campaigns.ListCampaigns, campaigns_pb2.ListCampaignsRequest()),
            "sequences": (client.sequences.ListSequences, sequences_pb2.ListSequencesRequest()),
            "leads": (client.leads.ListLeads, leads_pb2.ListLeadsRequest()),
            "devices": (client.devices.ListDevices, devices_pb2.ListDevicesRequest()),
            "messages": (client.messages.ListMessages, messages_pb2.ListMessagesRequest()),
            "imports": (client.leads.ListImports, imports_pb2.ListImportsRequest()),
        }
        for noun, (method, request) in lists.items():
            shown, unreachable = await listed(client, method, request, noun)
            good, bad = bed.good[noun], bed.bad[noun]
            assert f"{noun}/{slugs[good] if noun == 'sequences' else good}" in shown
            for made, why in bad.items():
                name = f"{noun}/{slugs[made] if noun == 'sequences' else made}"
                answers = await asyncio.gather(*(code(call) for call in about(client, noun, name)))
                wrong += [f"{why}: {each.name}" for each in answers if each in MISTAKES]
                if name not in shown | unreachable:
                    wrong.append(f"{why}: in no list")
                if name in unreachable and answers[0] is not grpc.StatusCode.DATA_LOSS:
                    wrong.append(f"{why}: not listed, and {answers[0].name}")
            assert unreachable, noun
        assert not wrong, "\n".join(wrong)
        # The command lists the rest, too, and says what is missing.
        pages = client.pages(
            client.campaigns.ListCampaigns, campaigns_pb2.ListCampaignsRequest(), "campaigns"
        )
        assert [each.name async for each in pages]
        assert client.unreachable


def about(client: Client, noun: str, name: str) -> Sequence[Any]:
    """Calls that read this one resource."""
    m = {"metadata": client.metadata, "timeout": 20.0}
    match noun:
        case "campaigns":
            stub = client.campaigns
            return (
                stub.GetCampaign(campaigns_pb2.GetCampaignRequest(name=name), **m),
                stub.WatchCampaign(campaigns_pb2.WatchCampaignRequest(name=name), **m),
                stub.ForecastCampaign(campaigns_pb2.ForecastCampaignRequest(name=name), **m),
                stub.PauseCampaign(campaigns_pb2.PauseCampaignRequest(name=name), **m),
            )
        case "sequences":
            return (client.sequences.GetSequence(sequences_pb2.GetSequenceRequest(name=name), **m),)
        case "leads":
            return (
                client.leads.GetLead(leads_pb2.GetLeadRequest(name=name), **m),
                client.leads.ExplainLead(leads_pb2.ExplainLeadRequest(name=name), **m),
                client.leads.ExportLead(leads_pb2.ExportLeadRequest(name=name), **m),
            )
        case "devices":
            return (
                client.devices.GetDevice(devices_pb2.GetDeviceRequest(name=name), **m),
                client.devices.ReleaseDevice(devices_pb2.ReleaseDeviceRequest(name=name), **m),
            )
        case "messages":
            return (
                client.messages.GetMessage(messages_pb2.GetMessageRequest(name=name), **m),
                client.messages.ExplainMessage(messages_pb2.ExplainMessageRequest(name=name), **m),
                client.messages.RenderMessage(messages_pb2.RenderMessageRequest(name=name), **m),
            )
        case _:
            return (
                client.leads.GetImport(imports_pb2.GetImportRequest(name=name), **m),
                client.leads.GetImportErrors(imports_pb2.GetImportErrorsRequest(name=name), **m),
            )


# What ExportLead tells of a person beside messages and events: its field, and what makes a row the person's.
OF_A_PERSON = {
    "consent": ("consents", "lead_id"),
    "inbound": ("replies", "lead_id account_id"),
    "enrollment": ("enrollments", "lead_id account_id sequence_id"),
    "import_error": ("refused_rows", "import_id cells"),
    "quarantine": ("quarantined_replies", "sender lid device_id"),
}

ROWS_OF_A_PERSON = """
INSERT INTO suppression (account_id, phone_hash, reason)
SELECT account_id, phone_hash, 'stop_word' FROM lead WHERE id = {lead};
INSERT INTO consent (lead_id, source, granted_at) VALUES ({lead}, 'form', now());
INSERT INTO inbound (account_id, lead_id, device_id, kind, inbound_id)
SELECT account_id, id, device_id, 'stop', 'in-1' FROM lead WHERE id = {lead};
INSERT INTO import_error (import_id, line, reason, because, cells)
SELECT {imported}, 1, 'bad', 'bad', jsonb_build_array(phone) FROM lead WHERE id = {lead};
INSERT INTO quarantine (device_id, sender, inbound_id, meaning, folded)
SELECT device_id, ltrim(phone, '+'), 'in-2', 'stop', 'stop' FROM lead WHERE id = {lead}
"""


async def test_one_unreadable_row_of_a_person_leaves_the_rest_to_the_export(
    database: Database, consul_address: str
) -> None:
    async with running(database, consul_address) as gateway, database.connection() as connection:
        client = await gateway.client("acme")
        account = await connection.fetchval("SELECT id FROM account WHERE slug = 'acme'")
        bed = Bed(connection, account)
        await bed.fill()
        lead = bed.good["leads"]
        phone = await connection.fetchval("SELECT phone FROM lead WHERE id = $1", lead)
        for statement in ROWS_OF_A_PERSON.split(";"):
            await connection.execute(statement.format(lead=lead, imported=bed.good["imports"]))
        request = leads_pb2.ExportLeadRequest(name=f"leads/{lead}")
        good = await client.call(client.leads.ExportLead, request)
        await unguard(connection)
        made = Counter[str]()
        for table, (field, keys) in OF_A_PERSON.items():
            assert getattr(good, field), field
            await connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey CASCADE")
            async for column, value in poisonings(connection, table, OWN | {*keys.split()}):
                await copied(connection, table, "true", {column: value}, returning="1")
                made[field] += 1
        for cells in (
            f'["{phone}", 7]',
            f'["{phone}", null]',
            f'["{phone}", ["x"]]',
            f'{{"a": "{phone}"}}',
            f'"{phone}"',
        ):
            await copied(connection, "import_error", "true", {"cells": f"'{cells}'"}, returning="1")
            made["refused_rows"] += 1
        await connection.execute("UPDATE suppression SET created_at = 'infinity'")
        found = await client.call(client.leads.ExportLead, request)
        for field, count in made.items():
            shown = getattr(found, field)
            assert getattr(good, field)[0] in shown, field
            assert len(shown) == count + 1, field
        # Cells that are no list of texts are not shown as other ones.
        assert {tuple(row.cells) for row in found.refused_rows} == {(), (phone,)}
        assert found.HasField("suppression")
        assert found.messages
        imported = imports_pb2.GetImportErrorsRequest(name=f"imports/{bed.good['imports']}")
        call = client.leads.GetImportErrors(imported, metadata=client.metadata, timeout=TIMEOUT_S)
        assert [chunk async for chunk in call]
