"""A move and everybody else at the same lead: hands, outcomes, what people write back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from gateway.leads.store import LeadStore
from services.dispatch.hand.store import Candidate
from services.dispatch.inbound.store import InboundText
from services.dispatch.outcomes.store import Result
from services.dispatch.settings import DispatchSettings
from services.dispatch.stores import PLANNER, Stores
from services.enrollment.moves.model import Moved
from services.enrollment.moves.mover import Mover, MoveRequest
from services.enrollment.moves.store import MoveStore, Place
from services.enrollment.settings import EnrollmentSettings
from services.message.state import MessageState
from services.runtime.lifecycle import Life
from services.runtime.postgres import Postgres
from tests.support import rows
from tests.support.blocking import somebody_waits
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.secret import HASHES, SECRET

HOUR = 3600.0
OLD = [(0.0, "a"), (HOUR, "b"), (2 * HOUR, "c")]
NEW = [(0.0, "A"), (HOUR, "B"), (1.5 * HOUR, "x"), (2 * HOUR, "c")]
HOST = "00000000-0000-0000-0000-000000000001"


@dataclass
class Scene:
    """One lead with three messages, the first due now; a host that has its device's shard."""

    database: Database
    connection: asyncpg.Connection
    watching: asyncpg.Connection
    store: Stores
    mover: Mover
    gateway: Postgres
    account: int
    sequence: int
    lead: int

    async def move(self) -> Moved:
        moved, after = await self.mover.run(MoveRequest(self.account, self.sequence, Place(), False, 60))
        assert after is None
        return moved

    async def hand(self, text: str | None = None) -> str:
        """The verdict on the first message that is due; handed, its host is told to say `text`."""
        due = await self.connection.fetchrow(
            "SELECT m.*, p.in_flight_id FROM message m JOIN device_pace p USING (device_id)"
            " WHERE m.state = 'pending' AND m.scheduled_at <= now() ORDER BY m.scheduled_at LIMIT 1"
        )
        [verdict] = await self.store.hand.hand(
            [Candidate(due["device_id"], due["id"], due["scheduled_at"], 1, 0.5, True)],
            0.3,
        )
        if verdict.verdict == "hand" and text is not None:
            [step] = await self.store.texts.templates([verdict.step_id or 0])
            assert step.text == text
        return verdict.verdict

    async def tell(self, state: str = "sent") -> None:
        """What came of the message in flight."""
        m = await self.connection.fetchrow(
            "SELECT m.* FROM device_pace p JOIN message m ON m.id = p.in_flight_id"
        )
        await self.store.outcomes.record_outcomes(
            [
                Result(
                    message_id=m["id"], scheduled_at=m["scheduled_at"], device_id=m["device_id"],
                    epoch=m["epoch"], state=MessageState(state), reason=None, retry_s=0.0, text_hash=None,
                    age_s=0.0,
                    was_sent=state == "sent", stays=False, stops=False,
                )
            ]
        )  # fmt: skip

    async def write_back(self, said: str, meant: str) -> None:
        row = await self.connection.fetchrow("SELECT device_id, phone FROM lead")
        await self.store.inbound.record_inbound(
            [InboundText(row["device_id"], "in-1", row["phone"].removeprefix("+"), said, meant)]
        )

    async def suppress(self) -> None:
        """As an operator does."""
        async with self.gateway.transaction() as connection:
            await LeadStore(self.gateway).suppress(connection, self.account, self.lead, "why")

    async def messages(self) -> list[tuple[Any, ...]]:
        """Position, state, reason and text, in the order in which they are due."""
        found = await self.connection.fetch(
            "SELECT m.position, m.state::text, coalesce(m.reason, ''), st.text"
            " FROM message m JOIN sequence_step st ON st.id = m.step_id ORDER BY m.scheduled_at, m.position"
        )
        return [tuple(row) for row in found]

    async def enrollment(self) -> tuple[Any, ...]:
        return tuple(await self.connection.fetchrow("SELECT state, message_count FROM enrollment"))

    @asynccontextmanager
    async def moving(self) -> AsyncIterator["asyncio.Task[Moved]"]:
        """The move has the lead and its pace, and waits in the middle of what it writes; then it ends."""
        async with self.database.connection() as holder, holder.transaction():
            await holder.execute("SELECT FROM enrollment FOR UPDATE")
            task = asyncio.create_task(self.move())
            await eventually(self._somebody_waits)
            yield task
        await task

    async def during(self, other: Callable[[], Awaitable[Any]]) -> Any:
        """What `other` comes to that began while the move was writing."""
        async with self.moving() as moving:
            # Begun before the move has written, and behind it.
            task = asyncio.ensure_future(other())
            await eventually(self._two_wait)
        answer = await task
        # Nobody was stopped to let the other go first.
        assert (await moving).leads == 1
        return answer

    async def _somebody_waits(self) -> bool:
        return await somebody_waits(self.watching)

    async def _two_wait(self) -> bool:
        counted = "SELECT count(*) FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0"
        return int(await self.watching.fetchval(f"{counted} AND datname = current_database()")) == 2


@pytest.fixture
async def scene(database: Database, settings: EnrollmentSettings, life: Life) -> AsyncIterator[Scene]:
    dispatch = DispatchSettings(secret=SECRET, postgres_dsn=database.dsn("dispatch"))
    gateway = DispatchSettings(secret=SECRET, postgres_dsn=database.dsn("gateway"))
    async with (
        database.connection() as connection,
        database.connection() as watching,
        Postgres(dispatch, application="test", session=PLANNER) as hands,
        Postgres(settings, application="test", session=PLANNER) as moves,
        Postgres(gateway, application="test") as calls,
    ):
        account = await rows.account(connection)
        devices = await rows.devices(connection, account, 1)
        [lead] = await rows.leads(connection, account, devices, 1)
        sequence = await rows.sequence(connection, account, 3)
        await connection.execute("UPDATE sequence_step SET text = substr('abc', position, 1)")
        await connection.execute("""UPDATE sequence_step SET "offset" = (position - 1) * interval '1 h'""")
        await rows.enrolled(connection, account, sequence, [lead], apart_s=HOUR)
        store = Stores.on(hands, 20, HASHES)
        await store.leases.attach(HOST, "host", "session", 1, 600)
        shard = await connection.fetchval("SELECT shard FROM device")
        await store.leases.claim([(shard, 1)], HOST, 1, {(shard, 1)})
        mover = Mover(MoveStore(moves), settings, life)
        yield Scene(database, connection, watching, store, mover, calls, account, sequence, lead)


async def revise(scene: Scene, steps: list[tuple[float, str]]) -> None:
    await rows.revise(scene.connection, scene.sequence, steps)


async def test_a_hand_that_waits_for_a_move_says_nothing_old(scene: Scene) -> None:
    await revise(scene, NEW)
    assert await scene.during(scene.hand) == "late"
    await eventually(lambda: handed(scene, "A"))
    assert [text for *_, text in await scene.messages()] == ["A", "B", "x", "c"]


async def handed(scene: Scene, text: str) -> bool:
    """A slow machine may be late again."""
    return await scene.hand(text) == "hand"


async def test_what_was_handed_while_a_move_waited_stays_as_it_is(scene: Scene) -> None:
    await revise(scene, NEW)
    async with scene.database.connection() as hand, hand.transaction():
        await hand.execute("SELECT FROM device_pace FOR UPDATE")
        moving = asyncio.create_task(scene.move())
        await eventually(lambda: somebody_waits(scene.watching))
        await hand.execute("UPDATE message SET state = 'handed', attempts = 1, epoch = 1 WHERE position = 1")
        await hand.execute(
            "UPDATE device_pace p SET in_flight_id = m.id, in_flight_at = m.scheduled_at"
            " FROM message m WHERE m.position = 1"
        )
    assert await moving == Moved(leads=1, rewritten=2, added=1)
    assert await scene.messages() == [
        (1, "handed", "", "a"),
        (2, "pending", "", "B"),
        (3, "pending", "", "x"),
        (4, "pending", "", "c"),
    ]


@pytest.mark.parametrize("by", ["stop word", "operator"])
async def test_a_stop_that_waits_for_a_move_ends_what_it_wrote(scene: Scene, by: str) -> None:
    await revise(scene, [(0.0, "A"), (0.5 * HOUR, "B"), (HOUR, "C"), (2 * HOUR, "d")])
    await scene.during(scene.suppress if by == "operator" else lambda: scene.write_back("stop", "stop"))
    states = {(state, reason) for _, state, reason, _ in await scene.messages()}
    assert states <= {("suppressed", "suppressed"), ("cancelled", "moved")}
    assert (await scene.enrollment())[0] == "stopped"
    assert await scene.move() == Moved()


@pytest.mark.parametrize("lock", ["lead", "device_pace"])
async def test_a_move_that_waits_for_a_stop_writes_nothing(scene: Scene, lock: str) -> None:
    await revise(scene, NEW)
    async with scene.database.connection() as stop, stop.transaction():
        await stop.execute(f"SELECT FROM {lock} FOR UPDATE")
        moving = asyncio.create_task(scene.move())
        await eventually(lambda: somebody_waits(scene.watching))
        await stop.execute("UPDATE enrollment SET state = 'stopped', reason = 'suppressed'")
        await stop.execute("UPDATE message SET state = 'suppressed', reason = 'suppressed'")
    assert await moving == Moved()
    assert {(state, text) for _, state, _, text in await scene.messages()} == {
        ("suppressed", text) for text in "abc"
    }


async def test_a_reply_that_waits_for_a_move_holds_what_it_wrote(scene: Scene) -> None:
    await scene.connection.execute("UPDATE sequence SET on_reply = 'hold'")
    await revise(scene, NEW)
    await scene.during(lambda: scene.write_back("", "reply"))
    assert await scene.enrollment() == ("held", 4)
    held = await scene.connection.fetchval("SELECT count(*) FROM message WHERE not_before = '9999-01-01'")
    assert held == 4
    await revise(scene, OLD)
    assert await scene.move() == Moved(leads=1, rewritten=3, dropped=1)
    held = await scene.connection.fetchval(
        "SELECT count(*) FROM message WHERE not_before = '9999-01-01' AND state = 'pending'"
    )
    assert held == 3
    async with scene.gateway.transaction() as connection:
        await LeadStore(scene.gateway).resume(connection, scene.account, scene.lead)
    await eventually(lambda: handed(scene, "a"))


async def test_an_outcome_that_waits_for_a_move_does_not_end_who_has_more_to_come(scene: Scene) -> None:
    await scene.connection.execute("UPDATE message SET state = 'sent', attempts = 1 WHERE position < 3")
    await scene.connection.execute("UPDATE message SET scheduled_at = now() WHERE position = 3")
    await eventually(lambda: handed(scene, "c"))
    await revise(scene, [*OLD, (3 * HOUR, "d")])
    await scene.during(scene.tell)
    assert await scene.enrollment() == ("active", 4)
    assert (await scene.messages())[-1] == (4, "pending", "", "d")


async def test_who_has_nothing_to_come_ends_with_the_message_under_way(scene: Scene) -> None:
    """Its outcome could not close an enrollment that got shorter while it waited: so the move waits."""
    await eventually(lambda: handed(scene, "a"))
    await revise(scene, OLD[:1])
    assert await scene.move() == Moved(waiting=1)
    assert await scene.enrollment() == ("active", 3)
    await scene.tell()
    assert await scene.move() == Moved(leads=1, dropped=2)
    assert await scene.enrollment() == ("finished", 1)


async def test_what_failed_for_now_comes_again_as_it_was_and_before_the_rest(scene: Scene) -> None:
    await eventually(lambda: handed(scene, "a"))
    await scene.tell("pending")
    await revise(scene, NEW)
    assert await scene.move() == Moved(leads=1, rewritten=2, added=1)
    assert [text for *_, text in await scene.messages()] == ["a", "B", "x", "c"]
    await eventually(lambda: handed(scene, "a"))
