"""Attacks an erasure: walks every column of every table, Redis and the log for what was known of a person."""

import base64
import hashlib
import json
import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
from google.protobuf import json_format

from gateway.imports.running import run as import_run
from gateway.leads.traces import traces
from kompang.v1 import campaigns_pb2, sequences_pb2
from kompang.v1 import leads_pb2 as pb
from services.runtime.redis import connect
from services.runtime.settings import RedisSettings
from tests.integration.dispatch.conftest import replica
from tests.integration.dispatch.host import attached
from tests.integration.gateway.import_calls import chunk, errors, opening, run
from tests.integration.gateway.mesh import TIMEOUT_S, Client, consent, running
from tests.support import rows
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.importing import start, written
from tests.support.slowness import patient

NUMBER = "60127654321"
NAME = "Zubaidah Ertanam"
WORDS = {
    "name": NAME,
    "first name": "Zubaidah",
    "attribute": "Kampung Tertanam",
    "mail": "zubaidah@tertanam.example",
    "evidence": "I, Zubaidah, said yes",
    "why": "Puan Ertanam rang us",
}
NOTATIONS = (
    "+60 12-765 4321",
    "012-7654321",
    "0060127654321",
    "(6012) 765.4321",
    "٠١٢٧٦٥٤٣٢١",
    "₀₁₂₇₆₅₄₃₂₁",
    "⓪①②⑦⑥⑤④③②①",
    "+60127654321 (wa)",
)
TEXT_HASH = hashlib.sha256(f"Hi {NAME} 0".encode()).digest()[:8]
STRANGER = "+60191111111"
IDENTITY, FORMER = "998877665544332", "778899665544332"
Found = dict[str, set[str]]


def needles() -> dict[str, bytes]:
    """What is looked for: words as they are, the number in every notation, encoding and unkeyed hash."""
    found = {kind: text.encode() for kind, text in WORDS.items()} | {"hash of a text": TEXT_HASH}
    found |= {"identity": IDENTITY.encode(), "former identity": FORMER.encode()}
    forms = [NUMBER, f"+{NUMBER}", NUMBER[1:], f"0{NUMBER[2:]}", NUMBER[2:], *NOTATIONS]
    forms += [f"1:+{NUMBER}", f"1:{NUMBER}", NUMBER[::-1]]
    for form in forms:
        raw = form.encode()
        found[f"number {form}"] = raw
        found[f"hex of {form}"] = raw.hex().encode()
        for shift in range(3):  # wherever it stands in what is encoded
            encoded = base64.b64encode(b"\0" * shift + raw)
            found[f"base64 {shift} of {form}"] = encoded[4 if shift else 0 : -4]
        for kind in ("md5", "sha1", "sha256", "sha512", "blake2b"):
            digest = hashlib.new(kind, raw).digest()[:8]
            found[f"{kind} of {form}"] = digest
            found[f"{kind} of {form}, reversed"] = digest[::-1]
            found[f"hex of {kind} of {form}"] = digest.hex().encode()
    return found


def raw(value: object) -> bytes:
    """A value as the bytes that are looked through; of a list all its values."""
    if isinstance(value, list | tuple):
        return b"\0".join(map(raw, value))
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def held(value: object, sought: dict[str, bytes]) -> set[str]:
    """The kinds that a value holds, in capitals or not."""
    content = raw(value)
    lower = content.lower()
    return {kind for kind, needle in sought.items() if needle in content or needle.lower() in lower}


async def walk(owner: asyncpg.Connection, sought: dict[str, bytes]) -> Found:
    """The columns, of all tables and partitions, that hold something."""
    found: Found = {}
    for (table,) in await owner.fetch(
        "SELECT c.relname FROM pg_class c WHERE relnamespace = 'kompang'::regnamespace AND relkind = 'r'"
    ):
        base = table.rpartition("_")[0] if table[-3:-2] == "w" else table
        rows_ = await owner.fetch(f'SELECT * FROM kompang."{table}"')  # noqa: S608 - a name of the catalog
        for column in rows_[0].keys() if rows_ else ():
            if kinds := held([row[column] for row in rows_], sought):
                found.setdefault(f"{base}.{column}", set()).update(kinds)
    return found


async def walk_redis(database: Database, sought: dict[str, bytes]) -> Found:
    redis = connect(RedisSettings(redis_url=database.stack.redis.url, redis_timeout_s=patient(5.0)))
    found: Found = {}
    async for key in redis.scan_iter():
        values = (
            await redis.zrange(key, 0, -1) if await redis.type(key) == b"zset" else [await redis.dump(key)]
        )
        if kinds := held([key, *values], sought):
            found[str(key)] = kinds
    await redis.aclose()
    return found


@dataclass
class Scene:
    acme: Client
    owner: asyncpg.Connection
    database: Database
    dispatch: str
    folder: Path

    async def plant(self) -> "Planted":
        """Everything that the product does with a person, through its own doors."""
        acme, owner = self.acme, self.owner
        [device] = await acme.linked(1)
        await acme.planned("cold", steps=3)
        person = pb.Lead(
            phone=f"+{NUMBER}",
            display_name=NAME,
            attributes={"town": WORDS["attribute"], "mail": WORDS["mail"]},
            consent=consent("web form"),
        )
        person.consent.wording = WORDS["evidence"]
        stranger = pb.Lead(phone=STRANGER, display_name="Somebody Else")
        upsert = pb.BatchUpsertLeadsRequest(leads=[person, stranger], request_id=str(uuid.uuid4()))
        made = (await acme.call(acme.leads.BatchUpsertLeads, upsert)).leads[0]
        lead_id = int(made.name[6:])
        await rows.stop_confirmation(owner, "Bye {name}")
        [sent, *_] = await rows.enrolled(owner, 1, 1, [lead_id], apart_s=60)
        await owner.execute(
            "UPDATE message SET state = 'sent', text_hash = $2 WHERE id = $1", sent, TEXT_HASH
        )
        await acme.call(
            acme.sequences.PreviewStep,
            sequences_pb2.PreviewStepRequest(step="sequences/cold/steps/1", lead=made.name, sample_count=2),
        )
        audience = campaigns_pb2.Audience(leads=campaigns_pb2.LeadList(leads=[made.name]))
        await acme.call(
            acme.campaigns.CreateCampaign,
            campaigns_pb2.CreateCampaignRequest(
                campaign=campaigns_pb2.Campaign(text="Hi {name}", audience=audience),
                request_id=str(uuid.uuid4()),
            ),
        )
        await self._import()
        await self._replies(int(device.name[8:]))
        suppress = pb.SuppressLeadRequest(name=made.name, reason=WORDS["why"], request_id=str(uuid.uuid4()))
        await acme.call(acme.leads.SuppressLead, suppress)
        return Planted(made, upsert, suppress)

    async def _import(self) -> None:
        bad = "".join(f'"{each}",{NAME},x,too,many\n' for each in NOTATIONS)
        bad += f'12,{NAME},x\n7,"zubaidah  ERTANAM ",x\n1,{WORDS["mail"]},x\n'
        bad += f"2,Z. E. <{WORDS['mail'].upper()}>,x\n3,mailto:{WORDS['mail']}.,x\n+6012,7654321 (split),x\n"
        text = f"phone,name,town\n+{NUMBER},{NAME},{WORDS['attribute']}\n{bad}1,Somebody Else,x\n"
        self.imported = await run(self.acme, written(self.folder, text))
        # One that is interrupted: it remembers which numbers it has read.
        file = written(self.folder, f"phone,name\n+{NUMBER},{NAME}\n" + f"60,{'x' * 150}\n" * 2500)
        call = self.acme.leads.ImportLeads(metadata=self.acme.metadata, timeout=TIMEOUT_S)
        await call.write(opening(start(file)))
        content, size = file.path.read_bytes(), 128 * 1024
        for offset in range(0, len(content), size):
            await call.write(chunk(content[offset : offset + size], offset))
        await eventually(lambda: self.owner.fetchval("SELECT count(*) FROM import_seen"))
        call.cancel()

    async def _replies(self, device: int) -> None:
        async with attached(self.dispatch) as host:
            await host.hear(
                device, NUMBER, f"I am {WORDS['first name']}", f"false_{NUMBER}@c.us_3EB0", lid=FORMER
            )
            await host.hear(device, NUMBER, "stop", "in-2", lid=IDENTITY)
            # Of a device that nobody knows, from her, and from somebody about her.
            await host.hear(99_999, NUMBER, "berhenti", "in-3")


@dataclass
class Planted:
    lead: pb.Lead
    upsert: pb.BatchUpsertLeadsRequest
    suppress: pb.SuppressLeadRequest


@pytest.fixture
async def scene(
    database: Database, consul_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Scene]:
    # A small file stands for one that is longer than what is read before anything is written.
    monkeypatch.setattr(import_run, "FURTHEST", 0)
    async with AsyncExitStack() as opened:
        gateway = await opened.enter_async_context(running(database, consul_address))
        dispatch = await opened.enter_async_context(replica(database))
        owner = await opened.enter_async_context(database.connection())
        yield Scene(await gateway.client("acme"), owner, database, dispatch, tmp_path)


async def test_an_erasure_leaves_nothing_of_a_person_anywhere(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    planted = await scene.plant()
    acme, owner, sought = scene.acme, scene.owner, needles()
    before = await walk(owner, sought)
    # The attack arrived where people are kept.
    assert {
        "lead.phone", "lead.display_name", "lead.attributes", "consent.wording", "import_error.cells",
        "suppression.reason", "event.reason", "quarantine.sender", "message.text_hash", "lead.lid",
        "lead.former_lids",
    } <= set(before)  # fmt: skip
    # Nothing is held that ExportLead does not tell.
    told = await acme.call(acme.leads.ExportLead, pb.ExportLeadRequest(name=planted.lead.name))
    text = json_format.MessageToJson(told, ensure_ascii=False).encode()
    untold = {"hash of a text"}  # as hexadecimal digits
    assert set().union(*before.values()) - held(text, sought) == untold
    assert told.messages[0].text_hash == TEXT_HASH.hex()
    assert [reply.text for reply in told.quarantined_replies] == ["berhenti"]
    # The control: a column that no erasure knows.
    await owner.execute("ALTER TABLE campaign_lead ADD COLUMN note bytea")
    await owner.execute(
        "INSERT INTO campaign_lead (campaign_id, device_id, lead_id, message_id, scheduled_at, note)"
        " VALUES (1, 1, 1, 1, now(), $1)",
        f"to {NUMBER}".encode(),
    )

    erased = await acme.call(acme.leads.EraseLead, pb.EraseLeadRequest(name=planted.lead.name))
    assert erased.cancelled_count == 0  # the stop word ended all
    after = await walk(owner, sought)
    assert set(after) == {"campaign_lead.note"}, after
    assert not await walk_redis(scene.database, sought)
    assert not held(caplog.text, sought)
    # Nobody else lost anything.
    assert [row[:2] for row in await errors(acme, scene.imported.name)][-1] == ["1", "Somebody Else"]
    assert (await acme.call(acme.leads.ListLeads, pb.ListLeadsRequest())).leads[0].phone == STRANGER


@pytest.mark.parametrize(
    ("cells", "is_hers"),
    [
        *[([each], True) for each in NOTATIONS],
        (["๐๑๒๗๖๕๔๓๒๑", "Thai"], True),
        (["12", "0127654321.0"], True),
        (["+6012", "split", "7654321"], True),
        (["12", NAME.upper()], True),
        (["12", f"Z. E. <{WORDS['mail'].upper()}>"], True),
        (["12", f"mailto:{WORDS['mail']}."], True),
        (["12", f"{WORDS['mail']};other@mail.example"], True),
        (["0127654329"], False),
        (["12", "765432", "9", "1"], False),
        (["12", f"not.{WORDS['mail']}", f"no-{WORDS['mail']}"], False),
        (["12", f"{WORDS['mail']}.my"], False),
        (["12", "zubaidah", "tertanam", "example"], False),
        (["12", f"{NAME} Binti Somebody"], False),
        (["5"], False),
    ],
)
async def test_of_a_refused_row_it_is_told_whose_it_is(
    database: Database, cells: list[str], is_hers: bool
) -> None:
    found = traces(f"+{NUMBER}", NAME, [WORDS["attribute"], WORDS["mail"], "see you @ 5"])
    async with database.connection() as connection:
        text = json.dumps(cells, ensure_ascii=False)
        assert await connection.fetchval("SELECT $1::jsonb::text ~ $2", text, found) == is_hers


async def test_a_repeat_after_an_erasure_says_nothing_and_does_nothing(scene: Scene) -> None:
    planted = await scene.plant()
    acme, owner = scene.acme, scene.owner
    lead = pb.Lead(name=planted.lead.name)
    again = await acme.call(acme.leads.BatchUpsertLeads, planted.upsert)
    assert (again.leads[0].display_name, again.leads[0].suppressed, again.created_count) == (NAME, True, 2)
    await acme.call(acme.leads.EraseLead, pb.EraseLeadRequest(name=planted.lead.name))
    again = await acme.call(acme.leads.BatchUpsertLeads, planted.upsert)
    assert again.leads[0] == lead
    assert (again.leads[1].phone, again.created_count) == (STRANGER, 2)
    assert await acme.call(acme.leads.SuppressLead, planted.suppress) == lead
    assert await owner.fetchval("SELECT count(*) FROM lead WHERE erased_at IS NULL") == 1
    shown = await errors(acme, scene.imported.name)
    assert not held(str(shown), needles())
    # Who said stop is suppressed also when the list comes again.
    await run(acme, written(scene.folder, f"phone,name\n+{NUMBER},{NAME}\n"))
    assert (
        await owner.fetchval("SELECT count(*) FROM lead JOIN suppression USING (account_id, phone_hash)") == 1
    )
