"""`services.dispatch.stores` in one class, on the model's database: the same calls, and how they can fail.

A statement may be late, may find the database away, and may be carried out without anybody hearing
of it. The replica may be killed at each of these points. A hand and a claim may wait for rows that
somebody else has locked; the server goes on with them whatever has become of the replica.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from services.dispatch.devices.link import Link
from services.dispatch.devices.store import ChatsHeld, DeviceMark, DeviceRow
from services.dispatch.due.store import Due
from services.dispatch.hand.store import Candidate, Decision
from services.dispatch.inbound.store import Confirmation
from services.dispatch.leases.grants import Report
from services.dispatch.leases.store import Claimed, DeadHost
from services.dispatch.outcomes.store import Result
from services.dispatch.receipts.store import Named, Receipt
from services.dispatch.texts.store import StepRow
from services.runtime.errors import Unavailable
from tests.model.database import Database, devices, first_contacts, hand, leases, messages
from tests.model.network_behavior import ToPostgres

_TIMEOUT_S = 1.0

T = TypeVar("T")
S = TypeVar("S")


class ModelStore:
    """One replica's connections."""

    def __init__(self, database: Database, connection: ToPostgres) -> None:
        self._database = database
        self._connection = connection

    async def hand(self, candidates: Sequence[Candidate], ahead_s: float) -> list[Decision]:
        return await self._do_in_two(
            lambda: hand.read_hand(self._database, candidates),
            lambda seen: hand.carry_out_hand(self._database, seen, ahead_s),
        )

    async def defer_first_contacts(self, refused: Sequence[Decision]) -> dict[int, int]:
        return await self._do(lambda: first_contacts.defer_first_contacts(self._database, refused))

    async def hold_first_contacts(self, held: Sequence[ChatsHeld], hold_s: float) -> set[int]:
        return await self._do(lambda: first_contacts.hold_first_contacts(self._database, held, hold_s))

    async def scan(self, asked: Mapping[int, bool], room: int, horizon_s: float) -> list[Due]:
        return await self._do(lambda: messages.scan(self._database, asked, room, horizon_s))

    async def confirmations(self, shards: Sequence[int]) -> list[Confirmation]:
        # Nobody says stop here: there is nothing to find.
        return []

    async def templates(self, step_ids: Collection[int]) -> list[StepRow]:
        return [StepRow(number, "{Hi|Hello} {name}", None, None) for number in step_ids]

    async def wordings(self, ids: Collection[int]) -> dict[int, str]:
        return {number: _wording(number) for number in ids}

    async def record_outcomes(self, results: Sequence[Result]) -> dict[int, str]:
        return await self._do(lambda: messages.record_outcomes(self._database, results))

    async def record(self, receipts: Sequence[Receipt]) -> list[Named]:
        return await self._do(lambda: messages.record_receipts(self._database, receipts))

    async def settle(self, named: Sequence[Named]) -> int:
        return await self._do(lambda: messages.settle_receipts(self._database, named))

    async def change_devices(self, marks: Sequence[DeviceMark]) -> set[int]:
        return await self._do(lambda: devices.change_devices(self._database, marks))

    async def device_ids(self, shards: Sequence[int]) -> list[int]:
        return [row.id for row in await self.devices(shards)]

    async def devices(self, shards: Sequence[int], _only: Sequence[int] | None = None) -> list[DeviceRow]:
        return await self._do(lambda: devices.devices(self._database, shards))

    async def changed_devices(
        self,
        shards: Sequence[int],
        within_s: float,
        _only: Sequence[int] | None = None,
        _without: Collection[int] = (),
    ) -> list[DeviceRow]:
        return await self._do(lambda: devices.changed_devices(self._database, shards, within_s))

    async def settle_outdated(self, _shards: Sequence[int] | None) -> set[int]:
        # The network takes every client here.
        return set()

    async def keep_links(self, _links: Sequence[Link]) -> None:
        """Nobody asks for them here."""

    async def attach(
        self,
        incarnation: str,
        host_id: str,
        session: str,
        stream: int,
        term_s: float,
        _clients: Mapping[str, str],
    ) -> bool:
        return await self._do(
            lambda: leases.attach(self._database, incarnation, host_id, session, stream, term_s)
        )

    async def renew(self, streams: Sequence[tuple[str, int]], term_s: float) -> set[int]:
        return await self._do(lambda: leases.renew(self._database, streams, term_s))

    async def own(self, claims: Sequence[tuple[int, int]], incarnation: str) -> set[tuple[int, int]]:
        return await self._do(lambda: leases.own(self._database, claims, incarnation))

    async def granted(self, reports: Sequence[Report]) -> set[Report]:
        return await self._do(lambda: leases.granted(self._database, reports))

    async def claim(
        self,
        claims: Sequence[tuple[int, int]],
        incarnation: str,
        stream: int,
        confirmed: Collection[tuple[int, int]],
    ) -> list[Claimed]:
        return await self._do_in_two(
            lambda: leases.read_claim(self._database, claims, incarnation, stream, confirmed),
            lambda asked: leases.carry_out_claim(self._database, asked, incarnation),
        )

    async def release(self, claims: Sequence[tuple[int, int]], incarnation: str) -> None:
        await self._do(lambda: leases.release(self._database, claims, incarnation))

    async def dead_hosts(self, grace_s: float) -> list[DeadHost]:
        return await self._do(lambda: leases.dead_hosts(self._database, grace_s))

    async def bury(self, incarnations: Sequence[Any]) -> tuple[int, int]:
        return await self._do(lambda: leases.bury(self._database, incarnations))

    async def forget(self, incarnations: Sequence[Any]) -> None:
        await self._do(lambda: leases.forget(self._database, incarnations))

    async def _do(self, statement: Callable[[], T]) -> T:
        """One instant."""

        async def at_once() -> T:
            return statement()

        return await self._ask(at_once)

    async def _do_in_two(self, read: Callable[[], S], carry_out: Callable[[S], T]) -> T:
        """What it reads at one instant, and does at another: between the two it has waited for locks."""

        async def in_two() -> T:
            seen = read()
            wait = self._connection.conditions.lock_wait()
            return await self._when_locked(lambda: carry_out(seen), wait) if wait else carry_out(seen)

        return await self._ask(in_two)

    async def _ask(self, statement: Callable[[], Awaitable[T]]) -> T:
        conditions = self._connection.conditions
        late = conditions.pause()
        if late:
            await asyncio.sleep(late / 2)
        if not self._connection.is_open():
            await asyncio.sleep(0.05)
            raise Unavailable("the database is away")
        answer = await statement()
        if conditions.is_lost():
            await asyncio.sleep(_TIMEOUT_S)
            raise Unavailable("no answer")
        if late:
            await asyncio.sleep(late / 2)
        return answer

    async def _when_locked(self, carry_out: Callable[[], T], wait: float) -> T:
        process = self._connection.process
        answered: asyncio.Future[T] = process.create_future()

        def go_on() -> None:
            if not self._connection.is_open():
                process.arrive(0, _fail, answered)
            else:
                process.arrive(0, _answer, answered, carry_out())

        process.timeline.after(wait, None, go_on)
        return await answered


def _answer(answered: "asyncio.Future[T]", answer: T) -> None:
    if not answered.done():
        answered.set_result(answer)


def _fail(answered: "asyncio.Future[T]") -> None:
    if not answered.done():
        answered.set_exception(Unavailable("the database went away"))


@cache
def _wording(number: int) -> str:
    greeting = {"text": f"Salam {number}", "weight": 1, "period": "any"}
    return json.dumps({"greetings": [greeting], "variation": {"level": "none"}})
