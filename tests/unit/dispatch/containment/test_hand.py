"""One bad candidate, verdict, text or device of a scan ends that alone."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.due.clock import DatabaseClock
from services.dispatch.due.scan import Scan
from services.dispatch.window.memory import MemoryWindow
from services.dispatch.window.window import Entry, Place
from services.message.verdict import Verdict
from tests.unit.dispatch.containment.support import SETTINGS, THEN, Store, every_error, hand_on, messages_of
from tests.unit.dispatch.test_hand import SlowStore, verdict
from tests.unit.dispatch.test_roster import make_taker, roster_of, row


@every_error
async def test_a_candidate_that_the_statement_cannot_take_is_put_aside_and_the_others_are_decided(
    error, counted
):
    roster, _ = roster_of(row(1), row(2), row(3))
    store = Store(error)
    hand, _ = await hand_on(store, roster, [1, 2, 3])
    await hand.run_once()
    assert {c.device_id for asked in store.asked for c in asked} == {2, 3}
    assert counted["dispatch.hand"] == 1
    # The device is not asked about the same message again, and is not blocked by it.
    assert roster.slot(1).next is None
    assert roster.slot(1).is_ready
    assert roster.slot(1).is_aside(Entry.of(101, THEN), asyncio.get_running_loop().time())


async def test_what_was_handed_long_ago_while_others_were_asked_about_is_not_sent(monkeypatch):
    monkeypatch.setattr("services.dispatch.hand.hand._DECIDED_S", 0.0)
    roster, attachment = roster_of(row(1), row(2), row(3))

    class Handing(Store):
        async def hand(self, candidates, ahead_s):
            self._unless(any(c.device_id == 3 for c in candidates))
            await asyncio.sleep(0.001)
            return [verdict(c, Verdict.HAND) for c in candidates]

    hand, _ = await hand_on(Handing(ValueError()), roster, [1, 2, 3])
    await hand.run_once()
    assert attachment._frames.empty()
    # Postgres has it in flight: the next tick asks about it again, and it is handed as left over.
    assert roster.slot(1).next == Entry.of(101, THEN)
    assert roster.slot(1).is_ready


async def test_a_device_rests_between_candidates_that_cannot_be_decided_about():
    roster, _ = roster_of(row(1))
    slot = roster.slot(1)
    now = asyncio.get_running_loop().time()
    for number in range(15):
        slot.next = Entry.of(number, THEN)
        slot.put_aside(now)
        assert now < slot.try_at < now + 10
    slot.next = Entry.of(15, THEN)
    slot.put_aside(now)
    # So many are not the fault of one message.
    assert slot.try_at == min(slot.aside.values()) > now + 100


async def test_a_message_in_flight_that_was_put_aside_is_not_asked_about_again_at_once():
    roster, _ = roster_of(row(1))
    slot = roster.slot(1)
    make_taker(slot)
    in_flight = Entry.of(55, THEN)
    slot.next = in_flight
    slot.put_aside(asyncio.get_running_loop().time())

    class Busy(SlowStore):
        async def hand(self, candidates, _ahead_s):
            self.asked.append(list(candidates))
            return [replace(verdict(c, Verdict.BUSY), in_flight_id=55, in_flight_at=THEN) for c in candidates]

    store = Busy("")
    hand, _ = await hand_on(store, roster, [1])
    slot.try_at = 0.0
    await hand.run_once()
    assert (slot.next, slot.try_at) == (in_flight, slot.aside_until(in_flight))
    await hand.run_once()
    assert len(store.asked) == 1


async def test_a_candidate_at_no_time_is_put_aside_before_the_statement(counted):
    roster, _ = roster_of(row(1), row(2))
    store = SlowStore(Verdict.GONE)
    hand, _ = await hand_on(store, roster, [2])
    make_taker(roster.slot(1))
    roster.slot(1).next = Entry(2**62, 5)
    await hand.run_once()
    assert [[c.device_id for c in asked] for asked in store.asked] == [[2]]
    assert counted["dispatch.candidate"] == 1


async def test_a_verdict_of_another_version_is_refused_and_concerns_its_device_only(counted):
    roster, _ = roster_of(row(1), row(2))

    class Newer(SlowStore):
        async def hand(self, candidates, _ahead_s):
            return [verdict(c, "frozen" if c.device_id == 1 else Verdict.PACED) for c in candidates]

    hand, _ = await hand_on(Newer(""), roster, [1, 2])
    await hand.run_once()
    assert counted["dispatch.verdict"] == 1
    # Not taken for `late`: the message is not the device's next any more.
    assert roster.slot(1).next is None
    assert roster.slot(2).next == Entry.of(102, THEN)


@pytest.mark.parametrize(
    "changes",
    [
        {"attributes": "{"},
        {"attributes": "[1]"},
        {"attributes": '{"a": 1}'},
        {"local_minute": -1},
        {"phone": "+60\ud800"},
        {"wait_s": float("inf")},
    ],
    ids=str,
)
async def test_a_handed_message_that_cannot_be_written_is_refused_and_the_others_go(changes, counted):
    roster, attachment = roster_of(row(1), row(2))

    class Handing(Store):
        async def hand(self, candidates, ahead_s):
            decisions = [verdict(c, Verdict.HAND) for c in candidates]
            return [replace(d, step_id=7, **(changes if d.device_id == 1 else {})) for d in decisions]

    hand, unsendable = await hand_on(Handing(ValueError()), roster, [1, 2])
    await hand.run_once()
    assert messages_of(attachment) == [2]
    assert counted["dispatch.outgoing"] == 1
    [outcome] = unsendable
    assert (outcome.message_id, outcome.device_id, outcome.ready) == (101, 1, True)
    assert (outcome.result, outcome.failure) == (pb.Outcome.RESULT_REFUSED, pb.FAILURE_RENDER)


@every_error
async def test_a_text_that_cannot_be_loaded_refuses_its_messages_and_the_others_go(error, counted):
    roster, attachment = roster_of(row(1), row(2))

    class Handing(Store):
        async def hand(self, candidates, _ahead_s):
            return [replace(verdict(c, Verdict.HAND), step_id=c.device_id) for c in candidates]

    hand, unsendable = await hand_on(Handing(error), roster, [1, 2])
    await hand.run_once()
    assert messages_of(attachment) == [2]
    assert [outcome.device_id for outcome in unsendable] == [1]
    assert counted["dispatch.template"] == 1
    assert counted["dispatch.outgoing"] == 1


@every_error
async def test_a_device_that_no_scan_can_be_made_of_is_left_alone_and_the_others_are_scanned(error, counted):
    roster, _ = roster_of(row(1), row(2), row(3))
    window: Any = MemoryWindow(16)
    window.generation = 0
    store: Any = Store(error)
    scan = Scan(store, roster, window, DatabaseClock(), SETTINGS)
    assert await scan.run_once() == 2
    assert counted["dispatch.scan"] == 1
    roster.forget_windows()
    assert await scan.run_once() == 2
    assert counted["dispatch.scan"] == 1, "told a second time within a minute"
    await scan.advance_cursors()
    assert sorted(store.done) == [2, 3]


async def test_what_was_put_aside_is_not_found_again_by_the_scan():
    roster, _ = roster_of(row(1))
    window: Any = MemoryWindow(16)
    window.generation = 0
    store: Any = Store(ValueError())
    store._unless = lambda _is_bad: None
    slot = roster.slot(1)
    slot.next = Entry.of(101, THEN)
    slot.put_aside(asyncio.get_running_loop().time())
    await Scan(store, roster, window, DatabaseClock(), SETTINGS).run_once()
    assert await window.take([Place(0, 1)]) == [None]
