"""Attacks the hashes of numbers: all numbers hashed through, and a change of the hashes stopped half-way."""

import asyncio
import hashlib
import itertools
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack

import asyncpg
import pytest

from gateway.admin.hashes.store import Rehash
from gateway.leads.bulk.writer import BulkWriter
from gateway.leads.model import Draft, Entry
from gateway.leads.store import LeadStore
from services.consent.phone_hash import PhoneHashes
from services.dispatch.inbound.store import InboundStore, InboundText
from services.dispatch.stores import PLANNER
from services.runtime.postgres import Postgres
from services.runtime.settings import PostgresSettings
from tests.support import rows
from tests.support.database import Database

PEOPLE = 30
OLD = PhoneHashes([b"old" * 11])
BOTH = PhoneHashes([b"new" * 11, b"old" * 11])
NEW = PhoneHashes([b"new" * 11])
HASHES = "SELECT phone_hash FROM lead UNION SELECT phone_hash FROM suppression"


def phone(number: int) -> str:
    return f"+6012{number:07d}"


def plain(number: int) -> bytes:
    return hashlib.sha256(f"1:{phone(number)}".encode()).digest()


class Mesh:
    """What writes suppressions: the gateway, dispatch, and an operator."""

    def __init__(
        self, owner: asyncpg.Connection, gateway: Postgres, dispatch: Postgres, admin: Postgres
    ) -> None:
        self.owner = owner
        self.gateway = gateway
        self.dispatch = dispatch
        self.admin = admin
        self._ids = itertools.count(1)

    async def says(self, number: int, meaning: str, hashes: PhoneHashes) -> None:
        text = InboundText(1, f"in-{next(self._ids)}", phone(number)[1:], meaning, meaning)
        await InboundStore(self.dispatch, hashes).record_inbound([text])

    async def imported(self, number: int, hashes: PhoneHashes) -> None:
        draft = Draft(phone(number), "", "", None, {}, None)
        async with self.gateway.transaction() as connection:
            await BulkWriter(connection, 1).write([Entry.of(1, draft, hashes)])

    async def suppressed(self) -> set[int]:
        """The leads that the hand would refuse."""
        found = await self.owner.fetch(
            "SELECT phone FROM lead l JOIN suppression s USING (account_id, phone_hash)"
        )
        return {int(row["phone"][5:]) for row in found}


@pytest.fixture
async def mesh(database: Database) -> AsyncIterator[Mesh]:
    async with AsyncExitStack() as opened:
        owner = await opened.enter_async_context(database.connection())
        await rows.devices(owner, await rows.account(owner), 1)
        gateway, dispatch, admin = [
            await opened.enter_async_context(
                Postgres(PostgresSettings(postgres_dsn=dsn), application="test", session=session)
            )
            for dsn, session in (
                (database.dsn("gateway"), {}), (database.dsn("dispatch"), PLANNER), (database.owner_dsn, {}),
            )
        ]  # fmt: skip
        yield Mesh(owner, gateway, dispatch, admin)


async def earlier(mesh: Mesh, numbers: Iterable[int], *, leads: bool) -> None:
    """Rows of an earlier version, with plain hashes: suppressed people, who are leads or not."""
    for number in numbers:
        if leads:
            await mesh.owner.execute(
                "INSERT INTO lead (account_id, phone, phone_hash, device_id) VALUES (1, $1, $2, 1)",
                phone(number), plain(number),
            )  # fmt: skip
        await mesh.owner.execute(
            "INSERT INTO suppression (account_id, phone_hash, reason) VALUES (1, $1, 'stop_word')",
            plain(number),
        )


async def test_nobody_is_found_by_hashing_all_numbers_through(mesh: Mesh) -> None:
    await mesh.imported(1, NEW)
    await mesh.says(1, "stop", NEW)
    await mesh.says(2, "stop", NEW)
    await earlier(mesh, [3], leads=True)
    await earlier(mesh, [4], leads=False)
    await Rehash(mesh.admin, NEW).run()
    known = {row["phone_hash"] for row in await mesh.owner.fetch(HASHES)}
    assert len(known) == 4  # two leads are suppressed, two people are no leads
    kinds = ("sha256", "sha1", "md5", "blake2b", "sha512", "sha3_256")
    for number, kind in itertools.product(range(100), kinds):
        forms = {phone(number), phone(number)[1:], f"1:{phone(number)}", f"1:{phone(number)[1:]}"}
        for digest in (hashlib.new(kind, form.encode()).digest() for form in forms):
            assert not [each for each in known if digest[:8] in each]
    assert await mesh.suppressed() == {1, 3}


async def test_no_stop_is_lost_while_hashes_are_changed_and_the_change_is_stopped(
    mesh: Mesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.admin.hashes.store._BATCH", 7)
    await earlier(mesh, range(1, PEOPLE + 1), leads=True)
    await earlier(mesh, range(100, 110), leads=False)
    everybody = set(range(1, PEOPLE + 1))
    half = Rehash(mesh.admin, NEW)
    last = await half.leads(0)
    assert await mesh.suppressed() == everybody
    # It is killed in the second batch, and what people and callers do meanwhile counts.
    killed = asyncio.create_task(half.leads(last or 0))
    await asyncio.sleep(0)
    killed.cancel()
    await asyncio.wait({killed})
    assert await mesh.suppressed() == everybody
    await mesh.says(1, "start", NEW)
    await mesh.says(PEOPLE, "start", NEW)
    await mesh.says(100, "start", NEW)
    await mesh.imported(100, NEW)
    await mesh.imported(101, NEW)
    await mesh.says(200, "stop", NEW)
    await mesh.imported(200, NEW)
    async with mesh.gateway.transaction() as connection:
        await LeadStore(mesh.gateway).suppress(connection, 1, PEOPLE, "asked")
    everybody = everybody - {1} | {101, 200}
    assert await mesh.suppressed() == everybody
    left = await Rehash(mesh.admin, NEW).run()
    assert await mesh.suppressed() == everybody
    assert (left.older, left.unknown) == (0, 0)
    for number in range(102, 110):
        await mesh.imported(number, NEW)
    assert await mesh.suppressed() == everybody | set(range(102, 110))
    assert {row["phone_hash"][32:] for row in await mesh.owner.fetch(HASHES)} == {NEW.key_id}


async def test_a_rehash_that_runs_beside_replies_waits_for_nobody_and_loses_nothing(
    mesh: Mesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.admin.hashes.store._BATCH", 5)
    await earlier(mesh, range(1, PEOPLE + 1), leads=True)
    await mesh.owner.execute("DELETE FROM suppression")
    stops = [mesh.says(number, "stop", NEW) for number in range(1, PEOPLE + 1)]
    await asyncio.gather(Rehash(mesh.admin, NEW).run(), *stops)
    assert await mesh.suppressed() == set(range(1, PEOPLE + 1))
    await asyncio.gather(Rehash(mesh.admin, BOTH).run(), *(mesh.says(n, "start", NEW) for n in range(1, 11)))
    assert await mesh.suppressed() == set(range(11, PEOPLE + 1))


async def test_stops_hold_while_the_secret_is_exchanged(mesh: Mesh) -> None:
    for number in range(1, 4):
        await mesh.imported(number, OLD)
        await mesh.says(number, "stop", OLD)
    for number in (50, 51, 52):
        await mesh.says(number, "stop", OLD)
    # Some processes have the new secret, others only the old one.
    await mesh.imported(50, BOTH)
    await mesh.says(1, "start", BOTH)
    await mesh.imported(4, BOTH)
    await mesh.says(4, "stop", OLD)
    assert await mesh.suppressed() == {2, 3, 4, 50}
    left = await Rehash(mesh.admin, BOTH).run()
    assert await mesh.suppressed() == {2, 3, 4, 50}
    # Who is no lead stays under the old secret, and is suppressed as long as it is kept.
    assert (left.older, left.unknown) == (2, 0)
    await mesh.imported(51, BOTH)
    assert await mesh.suppressed() == {2, 3, 4, 50, 51}
    await mesh.says(52, "start", BOTH)
    await mesh.imported(52, BOTH)
    assert await mesh.suppressed() == {2, 3, 4, 50, 51}


async def test_a_lost_secret_loses_no_stop_of_a_lead(mesh: Mesh) -> None:
    await mesh.imported(1, OLD)
    await mesh.imported(2, OLD)
    await mesh.says(1, "stop", OLD)
    await mesh.says(9, "stop", OLD)
    await mesh.says(2, "stop", NEW)
    assert await mesh.suppressed() == {1, 2}
    left = await Rehash(mesh.admin, NEW).run()
    assert await mesh.suppressed() == {1, 2}
    assert (left.older, left.unknown) == (0, 1)
    await mesh.says(1, "start", NEW)
    assert await mesh.suppressed() == {2}


async def test_an_earlier_dispatch_finds_the_suppression_of_a_lead(mesh: Mesh) -> None:
    """It asks the function of the schema, during an upgrade one process after the other."""
    await mesh.imported(1, NEW)
    found = await mesh.owner.fetchval("SELECT phone FROM lead WHERE phone_hash = phone_hash(1, $1)", phone(1))
    assert found == phone(1)
    assert await mesh.owner.fetchval("SELECT phone_hash(1, $1)", phone(2)) == plain(2)


async def _known_by(mesh: Mesh, number: str, *, suppressed: bool = False) -> int:
    """A lead of an earlier version, under the number as it was written."""
    digest = hashlib.sha256(f"1:{number}".encode()).digest()
    if suppressed:
        await mesh.owner.execute("INSERT INTO suppression VALUES (1, $1, 'stop_word')", digest)
    lead: int = await mesh.owner.fetchval(
        "INSERT INTO lead (account_id, phone, phone_hash, device_id, consent_at) VALUES (1, $1, $2, 1, now())"
        " RETURNING id",
        number, digest,
    )  # fmt: skip
    await mesh.owner.execute(
        "INSERT INTO consent (lead_id, source, wording, granted_at) VALUES ($1, $2, '', now())", lead, number
    )
    return lead


async def test_leads_under_older_forms_of_numbers_come_together(mesh: Mesh) -> None:
    """Mexico's `+521`: an older version kept both forms, and a stop under one of them."""
    older = await _known_by(mesh, "+5215512345678", suppressed=True)
    kept = await _known_by(mesh, "+525512345678")
    alone = await _known_by(mesh, "+551187654321")
    await Rehash(mesh.admin, NEW).run()
    found = {
        row["phone"]: (row["id"], row["stopped"])
        for row in await mesh.owner.fetch(
            "SELECT id, phone, s.phone_hash IS NOT NULL AS stopped"
            " FROM lead LEFT JOIN suppression s USING (account_id, phone_hash) WHERE erased_at IS NULL"
        )
    }
    assert found == {"+525512345678": (kept, True), "+5511987654321": (alone, False)}
    assert await mesh.owner.fetchval("SELECT erased_at IS NOT NULL FROM lead WHERE id = $1", older)
    sources = await mesh.owner.fetch("SELECT source FROM consent WHERE lead_id = $1 ORDER BY 1", kept)
    assert [row["source"] for row in sources] == ["+5215512345678", "+525512345678"]
    # And a stop that was kept for somebody who was no lead counts for the number of today.
    await mesh.owner.execute(
        "INSERT INTO suppression VALUES (1, $1, 'stop_word')",
        NEW.keyed(hashlib.sha256(b"1:+22997123456").digest()),
    )
    async with mesh.gateway.transaction() as connection:
        draft = Draft("+2290197123456", "", "", None, {}, None)
        await BulkWriter(connection, 1).write([Entry.of(1, draft, NEW)])
    assert "+2290197123456" in [
        row["phone"]
        for row in await mesh.owner.fetch(
            "SELECT phone FROM lead JOIN suppression USING (account_id, phone_hash)"
        )
    ]
