"""What the hand makes of verdicts that it did not ask for a moment ago."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.attachment import Attachment
from services.dispatch.devices.roster import Roster
from services.dispatch.due.clock import DatabaseClock
from services.dispatch.hand.hand import Hand
from services.dispatch.hand.outgoing import outgoing, parts
from services.dispatch.hand.store import Candidate, Decision
from services.dispatch.settings import DispatchSettings
from services.dispatch.texts.templates import Templates
from services.dispatch.window.memory import MemoryWindow
from services.dispatch.window.window import Entry, Place
from services.message.verdict import Verdict
from tests.support.secret import SECRET
from tests.unit.dispatch.test_roster import make_taker, roster_of, row

SETTINGS = DispatchSettings(secret=SECRET, postgres_dsn="postgresql://none", batch=8)
THEN = datetime(2026, 1, 1, tzinfo=UTC)


class SlowStore:
    """Gives every candidate the same verdict; `meanwhile` happens before it answers."""

    def __init__(self, kind: str, meanwhile: Any = None) -> None:
        self.kind = kind
        self.asked: list[list[Candidate]] = []
        self.unsendable: list[pb.Outcome] = []
        self._meanwhile = meanwhile

    async def hand(self, candidates, _ahead_s):
        self.asked.append(list(candidates))
        if self._meanwhile:
            self._meanwhile()
        return [verdict(candidate, self.kind) for candidate in candidates]

    async def templates(self, step_ids):
        return dict.fromkeys(step_ids, "Hi")


def verdict(candidate: Candidate, kind: str) -> Decision:
    return Decision(
        device_id=candidate.device_id,
        shard=0,
        epoch=1,
        message_id=candidate.message_id,
        scheduled_at=candidate.scheduled_at,
        is_repeat=False,
        verdict=kind,
        in_flight_id=None,
        in_flight_at=None,
        step_id=1,
        phone="+60",
        lid="",
        display_name="",
        attributes="{}",
        language="",
        local_minute=0,
        wording_id=None,
        traceparent="",
        launch_traceparent=None,
        attempts=1,
        wire_id="W",
        wait_s=0.0,
    )


async def hand_of(roster: Roster, store: SlowStore, devices: int = 1) -> tuple[Hand, list[int]]:
    """A hand over devices that are ready with a message each; the shards it finds lost."""
    window = MemoryWindow(16)
    lost: list[int] = []
    for number in range(1, devices + 1):
        make_taker(roster.slot(number))
        await window.add({Place(0, number): [Entry.of(100 + number, THEN)]})
    any_store: Any = store
    hand = Hand(
        any_store,
        roster,
        window,
        Templates(any_store),
        DatabaseClock(),
        SETTINGS,
        lost.extend,
        lambda _attachment, outcome: store.unsendable.append(outcome),
    )
    return hand, lost


async def test_a_lease_that_is_lost_is_told():
    roster, _ = roster_of(row(1))
    hand, lost = await hand_of(roster, SlowStore("lease"))
    await hand.run_once()
    assert lost == [0]


async def test_a_lease_that_an_older_stream_had_is_not_the_newer_ones_loss():
    roster, _ = roster_of(row(1))
    newer = Attachment(pb.Hello(host_id="a"))

    def granted_anew() -> None:
        roster.grant([0], newer)
        roster.admit([row(1)], now=0.0)

    hand, lost = await hand_of(roster, SlowStore("lease", granted_anew))
    await hand.run_once()
    assert lost == []
    assert roster.holder(0) is newer


@pytest.mark.parametrize("kind", ["late", "paced", "early"])
async def test_a_message_that_must_wait_stays_the_next(kind):
    roster, _ = roster_of(row(1))
    store = SlowStore(kind)
    hand, _ = await hand_of(roster, store)
    await hand.run_once()
    await hand.run_once()
    assert [[c.message_id for c in asked] for asked in store.asked] == [[101], [101]]


@pytest.mark.parametrize("kind", ["quiet", "frequent", "deferred"])
async def test_a_device_goes_on_after_a_lead_that_must_wait_and_does_not_spin(kind):
    roster, _ = roster_of(row(1))
    store = SlowStore(kind)
    hand, _ = await hand_of(roster, store)
    await hand.run_once()
    slot = roster.slot(1)
    rest = slot.try_at - asyncio.get_running_loop().time()
    assert (slot.next, slot.is_ready) == (None, True)
    assert 0.3 < rest <= 0.5


async def test_a_database_that_is_late_is_asked_about_fewer_until_it_is_not():
    roster, _ = roster_of(*[row(number) for number in range(1, 9)])
    store = SlowStore("late")
    hand, _ = await hand_of(roster, store, devices=8)
    for _ in range(5):
        await hand.run_once()
    store.kind = "paced"
    for _ in range(4):
        await hand.run_once()
    assert [len(asked) for asked in store.asked] == [8, 4, 2, 1, 1, 1, 2, 4, 8]


async def test_a_window_that_is_empty_against_expectation_has_all_scanned_at_once():
    roster, _ = roster_of(row(1), row(2))
    store = SlowStore("paced")
    hand, _ = await hand_of(roster, store)
    roster.slot(1).depth, roster.slot(2).depth = 2, 5
    await hand.run_once()
    assert not roster.windows_lost.is_set()
    roster.slot(1).next = None
    await hand.run_once()
    assert roster.windows_lost.is_set()
    assert roster.slot(2).depth == 0


async def test_a_window_with_a_message_that_has_ended_is_scanned_anew_at_once():
    roster, _ = roster_of(row(1), row(2))
    hand, _ = await hand_of(roster, SlowStore("gone"))
    roster.slot(1).depth, roster.slot(2).depth = 11, 5
    await hand.run_once()
    assert roster.windows_lost.is_set()
    assert (roster.slot(1).next, roster.slot(1).depth, roster.slot(2).depth) == (None, 0, 5)


@pytest.mark.parametrize("kind", ["behind", "paused", "suppressed"])
async def test_a_message_that_a_scan_would_find_again_has_no_window_scanned(kind):
    roster, _ = roster_of(row(1))
    hand, _ = await hand_of(roster, SlowStore(kind))
    roster.slot(1).depth = 11
    await hand.run_once()
    assert not roster.windows_lost.is_set()
    assert roster.slot(1).depth == 10


def test_the_messages_of_a_tick_go_in_frames_that_any_stream_takes():
    long = [pb.OutgoingMessage(message_id=n, attributes={"a": "x" * 200_000}) for n in range(12)]
    short = [pb.OutgoingMessage(message_id=n) for n in range(250)]
    assert [len(part) for part in parts([*long, *short])] == [5, 5, 2 + 98, 100, 52]
    assert list(parts([])) == []


def test_a_message_that_no_stream_takes_is_none():
    decision = verdict(Candidate(1, 7, THEN, 1, 0.0, repeatable=True), Verdict.HAND)
    with pytest.raises(ValueError, match="too large"):
        outgoing(replace(decision, display_name="x" * 300_000), 0.0, 0)
