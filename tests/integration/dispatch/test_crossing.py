"""Everybody who changes messages at once: nobody waits for one who waits for him."""

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from gateway.leads.store import LeadStore
from gateway.messages.model import Resolution
from gateway.messages.store import MessageStore
from services.dispatch.hand.store import Candidate
from services.dispatch.inbound.store import InboundText
from services.dispatch.outcomes.store import Result
from services.dispatch.receipts.store import Receipt
from services.dispatch.settings import DispatchSettings
from services.dispatch.stores import PLANNER, Stores
from services.enrollment.moves.mover import Mover, MoveRequest
from services.enrollment.moves.store import MoveStore, Place
from services.enrollment.settings import EnrollmentSettings
from services.message.reason import MessageReason
from services.message.state import MessageState
from services.runtime.errors import Aborted
from services.runtime.lifecycle import Life
from services.runtime.postgres import Postgres
from services.runtime.settings import PostgresSettings
from tests.support import rows
from tests.support.database import SHARDS
from tests.support.secret import HASHES, SECRET

CROSSING_S = 4.0
ALL = range(SHARDS)

_IN_HAND = """
SELECT p.device_id, m.id, m.scheduled_at, m.state::text, coalesce(m.epoch, 0) AS epoch
FROM device_pace p JOIN message m ON m.id = p.in_flight_id AND m.scheduled_at = p.in_flight_at
"""
_HANDED = """
SELECT m.device_id, wire_id(c.id, m.id) AS wire_id FROM message m CROSS JOIN cluster c
WHERE m.attempts > 0 AND m.state <> 'read' ORDER BY random() LIMIT 30
"""
_NEXT = """
SELECT DISTINCT ON (p.device_id) p.device_id, m.id, m.scheduled_at
FROM device_pace p JOIN message m ON m.device_id = p.device_id
WHERE m.state = 'pending' OR m.id = p.in_flight_id
ORDER BY p.device_id, m.id = p.in_flight_id DESC NULLS LAST, random()
"""


class Crossing:
    """One task a kind of statement, each as fast as it goes, on messages drawn at random."""

    def __init__(self, store: Stores, gateway: Postgres, look: Postgres, mover: Mover, account: int) -> None:
        self._store = store
        self._mover = mover
        self._gateway = gateway
        self._look = look
        self._account = account
        self._stream = 0
        self._epoch = 0
        self.deadlocks: list[str] = []
        self.rounds: dict[str, int] = {}

    async def hammer(self, turn: Callable[[], Awaitable[object]]) -> None:
        """Until the time is over."""
        name = turn.__name__
        over = asyncio.get_running_loop().time() + CROSSING_S
        while asyncio.get_running_loop().time() < over:
            try:
                await turn()
                self.rounds[name] = self.rounds.get(name, 0) + 1
            except Aborted:
                self.deadlocks.append(name)

    async def change_hands(self) -> None:
        """The host dies, is buried, and another one has the shards."""
        incarnation = str(uuid.uuid4())
        self._stream += 1
        self._epoch += 1
        await self._look.execute("UPDATE host SET expires_at = now() - interval '1 s'")
        await self._store.leases.bury([host.incarnation for host in await self._store.leases.dead_hosts(0.5)])
        await self._store.leases.attach(incarnation, "host", "session", self._stream, 60)
        claims = [(shard, self._epoch) for shard in ALL]
        await self._store.leases.claim(claims, incarnation, self._stream, claims)
        await asyncio.sleep(0.05)

    async def hand(self) -> None:
        found = await self._look.fetch(_NEXT)
        candidates = [
            Candidate(m["device_id"], m["id"], m["scheduled_at"], self._stream, 0.5, random.random() < 0.5)
            for m in found
        ]
        if candidates:
            await self._store.hand.hand(candidates, 0.3)

    async def report(self) -> None:
        """Outcomes, in the order in which dispatch writes them."""
        found = sorted(await self._look.fetch(_IN_HAND), key=lambda m: m["device_id"])
        results = [
            _result(m, random.choice(("sent", "pending", "pending", "unknown", "failed"))) for m in found
        ]
        if results:
            await self._store.outcomes.record_outcomes(results)

    async def receive(self) -> None:
        """Receipts, of messages that were handed, as dispatch writes them."""
        found = await self._look.fetch(_HANDED)
        kinds = random.choices((MessageState.DELIVERED, MessageState.READ), k=len(found))
        told = [
            Receipt(m["device_id"], m["wire_id"], kind, None) for m, kind in zip(found, kinds, strict=True)
        ]
        named = await self._store.receipts.record(
            sorted(told, key=lambda each: (each.device_id, each.wire_id))
        )
        await self._store.receipts.settle([each for each in named if each.state and not each.is_moved])

    async def erase(self) -> None:
        lead = await self._look.fetch_value(
            "SELECT id FROM lead WHERE erased_at IS NULL ORDER BY random() LIMIT 1"
        )
        async with self._gateway.transaction() as connection:
            await LeadStore(self._gateway).erase(connection, self._account, lead)
        await asyncio.sleep(0.05)

    async def resolve(self) -> None:
        found = await self._look.fetch(
            "SELECT id FROM message WHERE state = 'unknown' ORDER BY random() LIMIT 5"
        )
        for message in found:
            async with self._gateway.transaction() as connection:
                await MessageStore(self._gateway).resolve(
                    connection,
                    self._account,
                    message["id"],
                    Resolution(MessageState.PENDING, MessageReason.RESEND),
                )

    async def opt_out(self) -> None:
        lead = await self._look.fetch_value("SELECT id FROM lead ORDER BY random() LIMIT 1")
        async with self._gateway.transaction() as connection:
            await LeadStore(self._gateway).suppress(connection, self._account, lead, "stop")
        await asyncio.sleep(0.05)

    async def write_back(self) -> None:
        found = await self._look.fetch("SELECT device_id, phone FROM lead ORDER BY random() LIMIT 5")
        said = [random.choice(("stop", "start", "reply")) for _ in found]
        await self._store.inbound.record_inbound(
            [
                InboundText(
                    lead["device_id"], uuid.uuid4().hex, lead["phone"].removeprefix("+"), meant, meant
                )
                for lead, meant in zip(found, said, strict=True)
            ]
        )
        await asyncio.sleep(0.05)

    async def move(self) -> None:
        """Leads in flight, to steps at other times."""
        sequence = await self._look.fetch_value("SELECT min(id) FROM sequence")
        async with self._look.connection() as connection:
            times = sorted(random.sample(range(1, 100), 4))
            await rows.revise(connection, sequence, [(float(at), f"step {n}") for n, at in enumerate(times)])
        await self._mover.run(MoveRequest(self._account, sequence, Place(), False, 1.0))

    async def move_cursors(self) -> None:
        found = await self._look.fetch("SELECT device_id FROM device_pace ORDER BY device_id")
        await self._store.due.advance_cursors([row["device_id"] for row in found])


def _result(message, state: str) -> Result:
    return Result(
        message_id=message["id"],
        scheduled_at=message["scheduled_at"],
        device_id=message["device_id"],
        epoch=message["epoch"],
        state=MessageState(state),
        reason=MessageReason.TRANSIENT,
        retry_s=0.0,
        text_hash=None,
        age_s=0.0,
        was_sent=False,
        stays=state == "unknown" and random.random() < 0.5,
        stops=state == "failed",
    )


async def test_nobody_is_stopped_to_let_another_go_first(database):
    async with AsyncExitStack() as opened:
        connection = await opened.enter_async_context(database.connection())
        account = await rows.account(connection)
        devices = await rows.devices(connection, account, 40)
        people = await rows.leads(connection, account, devices, 800)
        await rows.enrolled(connection, account, await rows.sequence(connection, account, 4), people)
        dispatch = DispatchSettings(secret=SECRET, postgres_dsn=database.dsn("dispatch"))
        store = Stores.on(
            await opened.enter_async_context(Postgres(dispatch, application="test", session=PLANNER)),
            20,
            HASHES,
        )
        gateway, look = [
            await opened.enter_async_context(Postgres(PostgresSettings(postgres_dsn=dsn), application="test"))
            for dsn in (database.dsn("gateway"), database.owner_dsn)
        ]
        enrollment = EnrollmentSettings(
            postgres_dsn=database.dsn("enrollment"), enrollment_leads_per_second=0
        )
        moves = await opened.enter_async_context(Postgres(enrollment, application="test", session=PLANNER))
        mover = Mover(MoveStore(moves), enrollment, Life())
        crossing = Crossing(store, gateway, look, mover, account)
        await crossing.change_hands()
        turns = (
            *(crossing.hand,) * 3,
            *(crossing.report,) * 3,
            *(crossing.receive,) * 2,
            crossing.change_hands,
            crossing.resolve,
            crossing.erase,
            crossing.opt_out,
            crossing.write_back,
            crossing.move,
            crossing.move_cursors,
        )
        await asyncio.gather(*(crossing.hammer(turn) for turn in turns))
        assert set(crossing.rounds) == {turn.__name__ for turn in turns}
        counted = await connection.fetchval(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
        assert (crossing.deadlocks, counted) == ([], 0), crossing.rounds
