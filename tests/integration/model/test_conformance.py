"""The model's database answers as the real statements do: the same random operations on both.

Times are kept far from any edge (terms of an hour or long over, gaps of none or an hour), so that the
few milliseconds between the two cannot decide anything.
"""

import random
import uuid
from collections.abc import AsyncIterator, Iterable
from typing import Any

import asyncpg
import pytest

from services.dispatch.devices.store import ChatsHeld, DeviceMark
from services.dispatch.due.store import Due
from services.dispatch.hand.store import Candidate, Decision
from services.dispatch.leases.grants import Report
from services.dispatch.leases.store import Claimed
from services.dispatch.outcomes.store import Result
from services.dispatch.receipts.store import Named, Receipt
from services.dispatch.settings import DispatchSettings
from services.dispatch.stores import PLANNER, Stores
from services.message.reason import MessageReason
from services.message.state import MessageState
from services.runtime.postgres import Postgres
from tests.integration.campaigns.test_forecast import zone_at
from tests.model.database import (
    TRACEABLE,
    Database,
    Device,
    Guards,
    Message,
    devices,
    first_contacts,
    hand,
    leases,
    messages,
)
from tests.support import rows
from tests.support.database import SHARDS
from tests.support.secret import HASHES, SECRET

OPERATIONS = 400
TERMS = (3600.0, 3600.0, 3600.0, -60.0)
RESULTS = ("sent", "pending", "unknown", "failed")


class Both:
    """The two databases with the same rows, and operations drawn at random."""

    def __init__(self, store: Stores, connection: asyncpg.Connection, seed: int) -> None:
        self.store = store
        self.connection = connection
        self.dice = random.Random(seed)
        self.now = 0.0
        self.model = Database(lambda: self.now, SHARDS, Guards())
        self.incarnations = [str(uuid.UUID(int=n)) for n in range(1, 4)]
        self.log: list[str] = []

    async def populate(self) -> None:
        account = await rows.account(self.connection)
        numbers = await rows.devices(self.connection, account, 6)
        people = await rows.leads(self.connection, account, numbers, 12)
        plan = await rows.sequence(self.connection, account, 2)
        await rows.enrolled(self.connection, account, plan, people, first_in_s=-3600)
        # Steps of a lead are due together; device 1 paces by the hour.
        await self.connection.execute(
            "UPDATE device SET min_delay = '1 h', max_delay = '1 h' WHERE id = $1", numbers[0]
        )
        await self.connection.execute("UPDATE device SET transport = 'neonize' WHERE id = $1", numbers[1])
        await self.connection.execute(
            "UPDATE device SET transport = 'simulated_traceable' WHERE id = ANY($1::int[])", numbers[3:5]
        )
        # The third and the sixth may begin one chat a day; it is morning, so that no day ends meanwhile.
        await self.connection.execute("UPDATE account SET timezone = $1", zone_at(10))
        await self.connection.execute(
            "UPDATE device SET first_contact_cap = 1 WHERE id % 3 = $1", numbers[2] % 3
        )
        self.model.day_offset = await self.connection.fetchval(
            "SELECT extract(epoch FROM (now() AT TIME ZONE timezone)::time)::float8 FROM account"
        )
        for row in await self.connection.fetch(
            "SELECT id, shard, transport, extract(epoch FROM min_delay)::float8 AS gap,"
            " first_contact_cap AS first"
            " FROM device ORDER BY id"
        ):
            self.model.add(
                Device(
                    row["id"], row["shard"], row["transport"], row["gap"], row["gap"], first_cap=row["first"]
                )
            )
        await self.speak()
        for row in await self.connection.fetch("SELECT * FROM message ORDER BY id"):
            device = self.model.devices_by_id[row["device_id"]]
            message = Message(
                row["id"], device, row["lead_id"], row["position"], row["scheduled_at"], -3600.0
            )
            self.model.messages[message.id] = message
            self.model.leads.setdefault(message.lead, []).append(message)
            device.messages.append(message)

    async def step(self) -> None:
        """One operation on both; the answers must be equal."""
        self.now += 0.01
        name = self.dice.choice(
            ("attach", "renew", "claim", "claim", "claim", "release", "bury", "suppress", "own", "granted")
            + ("mark", "mark", "free", "scan", "speak", "chats")
            + ("hand",) * 8 + ("outcome",) * 5 + ("receipt",) * 2
        )  # fmt: skip
        real, modelled = await getattr(self, name)()
        self.log.append(f"{name}: {modelled}")
        assert real == modelled, "\n".join([*self.log[-12:], f"real: {real}"])

    async def attach(self) -> tuple[Any, Any]:
        who, stream, term = self._who(), self.dice.randrange(1, 5), self.dice.choice(TERMS)
        arguments = (who, f"host {who[-1]}", "session", stream, term)
        await self.store.leases.attach(*arguments)
        leases.attach(self.model, *arguments)
        return None, None

    async def renew(self) -> tuple[Any, Any]:
        streams = [(who, self.dice.randrange(1, 5)) for who in self.incarnations]
        term = self.dice.choice(TERMS)
        return await self.store.leases.renew(streams, term), leases.renew(self.model, streams, term)

    async def claim(self) -> tuple[Any, Any]:
        who = self._who()
        host = self.model.hosts.get(who)
        stream = host.stream if host and self.dice.random() < 0.9 else 9
        claims = [
            (s, max(1, self.model.leases[s].epoch + self.dice.choice((-1, 0, 1, 1)))) for s in self._shards()
        ]
        confirmed = {claim for claim in claims if self.dice.random() < 0.8}
        real = await self.store.leases.claim(claims, who, stream, confirmed)
        modelled = leases.claim(self.model, claims, who, stream, confirmed)
        return sorted(map(_rounded, real)), sorted(map(_rounded, modelled))

    async def own(self) -> tuple[Any, Any]:
        claims = [(s, self.model.leases[s].epoch - (self.dice.random() < 0.2)) for s in self._shards()]
        who = self._who()
        return await self.store.leases.own(claims, who), leases.own(self.model, claims, who)

    async def granted(self) -> tuple[Any, Any]:
        reports = [
            Report(device.id, self.dice.choice((None, self.model.leases[device.shard].epoch, 1, 2)), who)
            for device in self.model.devices_by_id.values()
            for who in self.incarnations
        ]
        return await self.store.leases.granted(reports), leases.granted(self.model, reports)

    async def release(self) -> tuple[Any, Any]:
        who = self._who()
        claims = [(s, self.model.leases[s].epoch - (self.dice.random() < 0.2)) for s in self._shards()]
        await self.store.leases.release(claims, who)
        leases.release(self.model, claims, who)
        return None, None

    async def bury(self) -> tuple[Any, Any]:
        real = {str(host.incarnation): host.is_buried for host in await self.store.leases.dead_hosts(1.0)}
        dead = {host.incarnation: host.is_buried for host in leases.dead_hosts(self.model, 1.0)}
        buried = await self.store.leases.bury([uuid.UUID(who) for who in sorted(real)])
        answers = (real, buried), (dead, leases.bury(self.model, sorted(dead)))
        if self.dice.random() < 0.5:
            await self.store.leases.forget([uuid.UUID(who) for who in self.incarnations])
            leases.forget(self.model, self.incarnations)
        return answers

    async def suppress(self) -> tuple[Any, Any]:
        if self.dice.random() < 0.8:
            return None, None
        lead = self.dice.choice(sorted(self.model.leads))
        self.model.suppress(lead)
        await self.connection.execute(
            "INSERT INTO suppression (account_id, phone_hash)"
            " SELECT account_id, phone_hash FROM lead WHERE id = $1 ON CONFLICT DO NOTHING",
            lead,
        )
        return None, None

    async def speak(self) -> tuple[Any, Any]:
        number = await rows.wording(self.connection)
        self.model.wording = lambda: number
        return None, None

    async def mark(self) -> tuple[Any, Any]:
        device = self._device()
        epoch = self.model.leases[device.shard].epoch - (self.dice.random() < 0.3)
        state = "held" if self.dice.random() < 0.9 else "parked"
        reason, again_s = self.dice.choice((("why", 0.0), ("replaced", 600.0)))
        marks = [DeviceMark(device.id, epoch, state, reason, self.dice.choice((-1.0, 3600.0)), again_s)]
        return await self.store.devices.change_devices(marks), devices.change_devices(self.model, marks)

    async def free(self) -> tuple[Any, Any]:
        if self.dice.random() < 0.7:
            return None, None
        shards = self._shards()
        real = {(r.id, r.state, r.reason) for r in await self.store.devices.changed_devices(shards, 3600.0)}
        changed = devices.changed_devices(self.model, shards, 3600.0)
        return real, {(r.id, r.state, r.reason) for r in changed}

    async def scan(self) -> tuple[Any, Any]:
        asked = {device: self.dice.random() < 0.5 for device in self.model.devices_by_id}
        real = await self.store.due.scan(asked, 3, 60.0)
        return _found(real), _found(messages.scan(self.model, asked, 3, 60.0))

    async def hand(self) -> tuple[Any, Any]:
        candidates = [
            self._candidate(d) for d in self.model.devices_by_id.values() if self.dice.random() < 0.5
        ]
        found = await self.store.hand.hand(candidates, 0.3)
        modelled = hand.hand(self.model, candidates, 0.3)
        places = [
            await self.store.hand.defer_first_contacts([v for v in found if v.verdict == "new_chat"]),
            first_contacts.defer_first_contacts(self.model, [v for v in modelled if v.verdict == "new_chat"]),
        ]
        real, told = ({v.device_id: _told(v) for v in each} for each in (found, modelled))
        return (real, places[0]), (told, places[1])

    async def chats(self) -> tuple[Any, Any]:
        if self.dice.random() < 0.7:
            return None, None
        device = self._device()
        epoch = self.model.leases[device.shard].epoch - (self.dice.random() < 0.3)
        by = self.dice.choice(device.messages)
        hold_s = self.dice.choice((0.0, 7200.0))
        held = [ChatsHeld(device.id, epoch, hold_s, by.id, by.scheduled_at)]
        real = await self.store.devices.hold_first_contacts(held, 10_800.0)
        return real, first_contacts.hold_first_contacts(self.model, held, 10_800.0)

    async def outcome(self) -> tuple[Any, Any]:
        device = self._device()
        message = device.in_flight if self.dice.random() < 0.8 else None
        message = message or self.dice.choice(device.messages)
        state = self.dice.choice(RESULTS)
        result = Result(
            message_id=message.id,
            scheduled_at=message.scheduled_at,
            device_id=device.id,
            epoch=(message.epoch or 1) - (self.dice.random() < 0.2),
            state=MessageState(state),
            reason=MessageReason.TRANSIENT,
            retry_s=0.0,
            text_hash=None,
            age_s=0.0,
            was_sent=state in ("sent", "unknown"),
            stays=state == "unknown" and self.dice.random() < 0.5,
            stops=state == "failed" and self.dice.random() < 0.3,
            never_sent=state == "pending" and self.dice.random() < 0.5,
            # Now and then that of the hand before.
            attempt=max(0, message.attempts - (self.dice.random() < 0.2)) * (self.dice.random() < 0.7),
        )
        return await self.store.outcomes.record_outcomes([result]), messages.record_outcomes(
            self.model, [result]
        )

    async def receipt(self) -> tuple[Any, Any]:
        """Of one message in three, for what has arrived goes nowhere any more."""
        device = self._device()
        message = self.dice.choice([m for m in device.messages if m.id % 3 == 0] or device.messages)
        teller = device if self.dice.random() < 0.9 else self._device()
        kind = self.dice.choice((MessageState.DELIVERED, MessageState.READ))
        wire_id = await self.connection.fetchval("SELECT wire_id(id, $1) FROM cluster", message.id)
        real = await self.store.receipts.record([Receipt(teller.id, wire_id, kind, None)])
        modelled = messages.record_receipts(self.model, [Receipt(teller.id, f"W{message.id}", kind, None)])
        settled = await self.store.receipts.settle(real), messages.settle_receipts(self.model, modelled)
        return (_named(real), settled[0]), (_named(modelled), settled[1])

    async def compare(self) -> None:
        """Every row of the protocol."""
        found = await self.connection.fetch(
            "SELECT id, state::text, epoch, attempts, handed_at IS NULL, is_settled FROM message ORDER BY id"
        )
        real = [tuple(row) for row in found]
        assert real == [
            (m.id, m.state.value, m.epoch, m.attempts, m.handed is None, m.is_settled)
            for m in self.model.messages.values()
        ]
        found = await self.connection.fetch(
            "SELECT shard, epoch, incarnation::text FROM shard_lease ORDER BY shard"
        )
        assert [tuple(r) for r in found] == [
            (s, r.epoch, r.incarnation) for s, r in self.model.leases.items()
        ]
        found = await self.connection.fetch("SELECT id, state, state_reason FROM device ORDER BY id")
        assert [tuple(row) for row in found] == [
            (d.id, d.state, d.reason) for d in self.model.devices_by_id.values()
        ]
        found = await self.connection.fetch(
            "SELECT device_id, in_flight_id, last_sent_at IS NOT NULL, first_contact_count,"
            " ARRAY(SELECT lead_id FROM chat WHERE chat.device_id = p.device_id ORDER BY 1)"
            " FROM device_pace p ORDER BY device_id"
        )
        assert [tuple(row) for row in found] == [
            (
                d.id,
                d.in_flight.id if d.in_flight else None,
                d.last_sent is not None,
                d.first_count,
                sorted(d.chats),
            )
            for d in self.model.devices_by_id.values()
        ]

    def _who(self) -> str:
        return self.dice.choice(self.incarnations)

    def _shards(self) -> list[int]:
        return [shard for shard in range(SHARDS) if self.dice.random() < 0.5]

    def _device(self) -> Device:
        return self.dice.choice(list(self.model.devices_by_id.values()))

    def _candidate(self, device: Device) -> Candidate:
        waiting = [m for m in device.messages if m.state is MessageState.PENDING]
        message = device.in_flight if device.in_flight and self.dice.random() < 0.7 else None
        message = message or self.dice.choice(waiting or device.messages)
        holder = self.model.hosts.get(self.model.leases[device.shard].incarnation or "")
        stream = holder.stream if holder and self.dice.random() < 0.9 else 9
        return Candidate(
            device.id,
            message.id,
            message.scheduled_at,
            stream,
            0.5,
            repeatable=device.transport == "simulated",
            traceable=device.transport == TRACEABLE,
        )


def _named(named: Iterable[Named]) -> list[tuple[Any, ...]]:
    return [(each.message_id, each.state, each.is_moved) for each in named]


def _rounded(answer: Claimed) -> tuple[int, int, bool, bool, float]:
    return answer.shard, answer.epoch, answer.is_granted, answer.is_stale, round((answer.held_s or 0) / 1000)


def _found(due: Iterable[Due]) -> list[tuple[int, int, bool]]:
    return sorted((each.device_id, each.message_id, each.is_left_over) for each in due)


def _told(verdict: Decision) -> tuple[Any, ...]:
    sent = (
        verdict.is_repeat,
        verdict.is_trace_only,
        verdict.attempts,
        verdict.wire_id is not None,
        verdict.wording_id,
        verdict.is_first_contact,
    )
    # What waits for another day does so from the late morning on.
    waits = round(verdict.wait_s / 100) if verdict.wait_s < 36_000 else 1000 + verdict.wait_s // 86_400
    return (
        verdict.verdict,
        verdict.epoch,
        verdict.in_flight_id,
        waits,
        *(sent if verdict.verdict == "hand" else ()),
    )


@pytest.fixture
async def store(database) -> AsyncIterator[Stores]:
    settings = DispatchSettings(secret=SECRET, postgres_dsn=database.dsn("dispatch"))
    async with Postgres(settings, application="test", session=PLANNER) as postgres:
        yield Stores.on(postgres, 20, HASHES)


@pytest.mark.parametrize("seed", range(3))
async def test_the_model_answers_as_the_statements_do(database, store, seed):
    async with database.connection() as connection:
        both = Both(store, connection, seed)
        await both.populate()
        for number in range(OPERATIONS):
            await both.step()
            if number % 10 == 0:
                await both.compare()
        await both.compare()
