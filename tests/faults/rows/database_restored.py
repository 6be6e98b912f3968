"""Row 16: the database is restored to a base backup, under load: what was committed since is forgotten."""

import random
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from infra.local.network.ledger import Entry, read_ledger
from infra.local.reconcile.records import MessageRecord, read_records
from services.restore.store import Held, RestoreStore
from services.runtime.postgres import Postgres
from services.runtime.settings import PostgresSettings
from tests.faults.context import FaultRun, fault_run
from tests.faults.load import STEPS, Size
from tests.faults.progress import say
from tests.faults.verdict import Broken

_STOPS = 12
_SETTLED_S = 60.0
_SEND_AGAIN_S = 60.0
# So long a message may be under way that was handed before.
_UNDER_WAY_S = 4.0
_OPTED_OUT_S = 2.0
_WENT = ("sent", "delivered", "read")

_PEOPLE = """SELECT ltrim(l.phone, '+') AS person, ltrim(d.phone, '+') AS device FROM lead l
    JOIN device d ON d.id = l.device_id JOIN LATERAL (SELECT count(*) AS open FROM message m
        WHERE m.lead_id = l.id AND m.state = 'pending') rest ON rest.open >= 6
    WHERE NOT EXISTS (SELECT FROM suppression s WHERE s.phone_hash = l.phone_hash)
    ORDER BY l.id DESC LIMIT $1"""
_HEARD = """SELECT count(*) FROM lead l JOIN suppression s USING (account_id, phone_hash)
    WHERE ltrim(l.phone, '+') = ANY ($1::text[])"""
_SETTLED = """SELECT r.settled_at IS NOT NULL AND (SELECT count(*) FROM jsonb_object_keys(r.journals)) >= 2
    FROM cluster JOIN restore r ON r.id = held_by"""


async def run(draw: random.Random) -> str:
    """The figures. Raises Broken."""
    async with fault_run(draw, size=Size(devices=120, slow=0)) as stage:
        await stage.pause(2.0, 4.0)
        people = await stage.owner.fetch(_PEOPLE, _STOPS)
        await stage.stack.postgres.backup()
        stopped = await _say_stop(stage, {row["person"]: row["device"] for row in people})
        await stage.pause(3.0, 5.0)
        restored = time.monotonic()
        await stage.stack.postgres.restore()
        await stage.until(
            lambda: _is_settled(stage), "the restore is settled, two journals are read", _SETTLED_S
        )
        settled_s = time.monotonic() - restored
        await _assert_silent(stage)
        held, again = await _release(stage)
        say(f"settled after {settled_s:.1f} s, words given back: {dict(held.journals)}; {again} go again")
        await stage.until_all_send(time.monotonic(), _SEND_AGAIN_S)
        await stage.drained()
        messages = (await read_records(stage.mesh.owner_dsn)).messages
        ledger = read_ledger(stage.mesh.ledger_path)
        if broken := [*_broken(messages, ledger), *_after_stop(ledger, stopped)]:
            raise Broken("\n".join(broken[:12]))
    repeats = sum(entry.repeat for entry in ledger)
    return (
        f"settled after {settled_s:.1f} s, {again} in doubt sent again under their ids, {repeats} of which"
        f" the network knew; 0 twice and 0 of {len(stopped)} after STOP in {len(ledger)} sends"
    )


async def _say_stop(stage: FaultRun, devices: Mapping[str, str]) -> dict[str, float]:
    """People write STOP; by their numbers, when all of them were acknowledged."""
    async with stage.replies() as reply:
        for person, device in devices.items():
            await reply(device, person, "STOP")

    async def are_heard() -> bool:
        return bool(await stage.owner.value(_HEARD, list(devices)) == len(devices))

    await stage.until(are_heard, "every stop word is recorded", 20.0)
    return dict.fromkeys(devices, time.time())


async def _is_settled(stage: FaultRun) -> bool:
    rows = await stage.owner.fetch(_SETTLED)
    return bool(rows and rows[0][0])


async def _assert_silent(stage: FaultRun) -> None:
    """Nothing is accepted until the release, but for what was on its way."""
    await stage.pause(_UNDER_WAY_S)
    since = time.monotonic()
    await stage.pause(2.0)
    if late := stage.watch.since(since):
        raise Broken(f"{len(late)} messages were accepted while sending was held")


async def _release(stage: FaultRun) -> tuple[Held, int]:
    settings = PostgresSettings(postgres_dsn=stage.mesh.owner_dsn)
    async with Postgres(settings, application="faults") as postgres:
        store = RestoreStore(postgres)
        held = await store.held()
        if held is None or sum(held.journals.values()) == 0:
            raise Broken("no journal gave a stop word back")
        return held, (await store.release(20, None))[0]


def _broken(messages: Sequence[MessageRecord], ledger: Iterable[Entry]) -> Iterator[str]:
    """No id is another person's, and nobody gets a step twice, whatever the database has forgotten."""
    known: dict[str, set[str]] = defaultdict(set)
    for message in messages:
        known[message.recipient].add(message.wire_id)
    people: dict[str, str] = {}
    got: dict[str, set[str]] = defaultdict(set)
    for entry in ledger:
        if people.setdefault(entry.wire_id, entry.recipient) != entry.recipient:
            yield f"line {entry.seq}: the id {entry.wire_id} was another person's before"
        if entry.recipient in known and entry.wire_id not in known[entry.recipient]:
            yield f"line {entry.seq}: a message that the database does not know went to somebody it knows"
        got[entry.recipient].add(entry.wire_id)
    yield from (f"{len(ids)} messages of {STEPS} to one person" for ids in got.values() if len(ids) > STEPS)
    for message in messages:
        if (message.state in _WENT) > (message.wire_id in people):
            yield f"{message.name} is {message.state}, and the ledger does not have it"


def _after_stop(ledger: Iterable[Entry], stopped: Mapping[str, float]) -> Iterator[str]:
    for entry in ledger:
        if entry.time > stopped.get(entry.recipient, entry.time) + _OPTED_OUT_S:
            yield f"line {entry.seq}: {entry.time - stopped[entry.recipient]:.1f} s after its stop word"
