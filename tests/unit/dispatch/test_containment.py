"""One bad thing stops that thing: every kind of error, at each place of dispatch that works through many."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from google.protobuf.message import DecodeError

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch import policy
from services.dispatch.attachment import Attachment
from services.dispatch.devices.reading import DeviceReader
from services.dispatch.devices.roster import Roster
from services.dispatch.due.clock import DatabaseClock
from services.dispatch.due.scan import Scan
from services.dispatch.due.store import Due
from services.dispatch.hand.hand import Hand
from services.dispatch.inbound.confirmations import Confirmations
from services.dispatch.inbound.inbound import InboundTexts
from services.dispatch.inbound.reading import read
from services.dispatch.inbound.store import Confirmation
from services.dispatch.leases.grants import Grants
from services.dispatch.leases.leases import Leases
from services.dispatch.leases.proof import LockProofs
from services.dispatch.leases.reaper import Reaper
from services.dispatch.leases.store import DeadHost
from services.dispatch.outcomes import outcomes as outcomes_module
from services.dispatch.outcomes.outcomes import Outcomes
from services.dispatch.outcomes.store import Doubt
from services.dispatch.servicer import DispatchServicer
from services.dispatch.settings import DispatchSettings
from services.dispatch.texts.templates import Templates
from services.dispatch.window.memory import MemoryWindow
from services.dispatch.window.window import Entry, Place
from services.message.verdict import Verdict
from services.runtime import containment
from services.runtime.errors import FailedPrecondition, Unavailable
from tests.support.secret import SECRET
from tests.unit.dispatch.test_hand import SlowStore, verdict
from tests.unit.dispatch.test_leases import loaded
from tests.unit.dispatch.test_roster import make_taker, roster_of, row

ERRORS: list[Exception] = [
    asyncpg.DataError("a value"),
    asyncpg.UniqueViolationError("a value"),
    asyncpg.ProgramLimitExceededError("a value"),
    asyncpg.RaiseError("a value"),
    ValueError("a value"),
    KeyError("a value"),
    UnicodeEncodeError("utf-8", "a value", 0, 1, "a value"),
    OverflowError("a value"),
    DecodeError("a value"),
    TypeError("a value"),
]
every_error = pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
SETTINGS = DispatchSettings(secret=SECRET, postgres_dsn="postgresql://none")
# Made once: the settings of a process cost more than the rest of a test.
SHORT_TERM = DispatchSettings(secret=SECRET, postgres_dsn="postgresql://none", term_s=1e-9)
THEN = datetime(2026, 1, 1, tzinfo=UTC)
US = Entry.of(0, THEN).scheduled_us


@pytest.fixture(autouse=True)
def counted(caplog) -> Any:
    """What was contained, by place; nothing of a value is logged."""
    containment.counts.clear()
    yield containment.counts
    assert "a value" not in caplog.text


class Store(SlowStore):
    """All of dispatch's stores; whatever concerns device 1 or message 101 raises."""

    def __init__(self, error: Exception) -> None:
        super().__init__(Verdict.GONE)
        self.error = error
        self.recorded: list[int] = []
        self.doubted: list[Doubt] = []
        self.quarantined: list[str] = []
        self.quarantine_error: Exception | None = None
        self.suppressed: list[str] = []
        self.done: list[Any] = []

    def _unless(self, is_bad: bool) -> None:
        if is_bad:
            raise self.error

    async def hand(self, candidates, lead_s):
        self._unless(any(c.device_id == 1 for c in candidates))
        return await super().hand(candidates, lead_s)

    async def scan(self, devices, _room, _horizon_s):
        self._unless(1 in devices)
        return [Due(d, 100 + d, THEN, 0.0, is_left_over=False) for d in devices]

    async def advance_cursors(self, devices):
        self._unless(1 in devices)
        self.done += devices

    async def record_outcomes(self, results):
        self._unless(any(r.device_id == 1 for r in results))
        self.recorded += [r.device_id for r in results]
        return {r.message_id: str(r.state) for r in results}

    async def granted(self, reports):
        return set(reports)

    async def own(self, claims, _incarnation):
        return set(claims)

    async def doubt(self, doubts):
        self.doubted += doubts

    async def change_devices(self, marks):
        self._unless(any(mark.device_id == 1 for mark in marks))
        self.done += [mark.device_id for mark in marks]

    async def record_inbound(self, texts):
        self._unless(any(t.inbound_id == "bad" for t in texts))
        self.recorded += [t.device_id for t in texts]
        return {}

    async def quarantine(self, texts):
        if self.quarantine_error is not None:
            raise self.quarantine_error
        self.quarantined += [t.inbound_id for t in texts]

    async def suppress(self, texts):
        self.suppressed += [t.sender for t in texts]

    async def late_confirmations(self):
        return [Confirmation(d, 100 + d, THEN) for d in (1, 2, 3)]

    async def expire_confirmations(self, late):
        self._unless(any(c.device_id == 1 for c in late))
        self.done += [c.device_id for c in late]

    async def dead_hosts(self, _grace_s):
        return [DeadHost(n, f"host-{n}", f"session-{n}", is_buried=False, dead_s=9.0) for n in (1, 2, 3)]

    async def bury(self, incarnations):
        self._unless(1 in incarnations)
        self.done += incarnations
        return 1, 0

    async def forget(self, incarnations):
        self.done.append(("forgotten", list(incarnations)))

    async def templates(self, step_ids):
        self._unless(1 in step_ids)
        return [StepLike(number) for number in step_ids]

    async def wordings(self, ids):
        self._unless(1 in ids)
        return dict.fromkeys(ids, "{}")


class StepLike:
    greetings = None
    variation = None
    text = "Hi"

    def __init__(self, number: int) -> None:
        self.id = number


async def hand_on(store: Any, roster: Roster, devices: Sequence[int]) -> tuple[Hand, list[pb.Outcome]]:
    """A hand over devices that are ready with a message each, and what it could not send."""
    window = MemoryWindow(16)
    unsendable: list[pb.Outcome] = []
    for device in devices:
        make_taker(roster.slot(device))
        await window.add({Place(0, device): [Entry.of(100 + device, THEN)]})
    hand = Hand(
        store,
        roster,
        window,
        Templates(store),
        DatabaseClock(),
        SETTINGS,
        lambda _shards: None,
        lambda _attachment, outcome: unsendable.append(outcome),
    )
    return hand, unsendable


def sent(device: int, **changes: Any) -> pb.Outcome:
    values = {
        "message_id": 100 + device,
        "scheduled_at_us": US,
        "device_id": device,
        "epoch": 1,
        "ready": True,
    }
    return pb.Outcome(**(values | {"result": pb.Outcome.RESULT_SENT} | changes))


def messages_of(attachment: Attachment) -> list[int]:
    """Whose messages went to the host."""
    frame = attachment._frames.get_nowait()
    assert frame is not None
    return [message.device_id for message in frame.messages.messages]


def acknowledged(attachment: Attachment) -> list[str | None]:
    frames = []
    while not attachment._frames.empty():
        frame = attachment._frames.get_nowait()
        frames.append(frame.WhichOneof("frame") if frame is not None else None)
    return frames


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
        async def hand(self, candidates, lead_s):
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
        async def hand(self, candidates, _lead_s):
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
        async def hand(self, candidates, _lead_s):
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
        async def hand(self, candidates, lead_s):
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
        async def hand(self, candidates, _lead_s):
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


@every_error
async def test_an_outcome_that_the_database_refuses_is_in_doubt_and_the_others_are_recorded(error, counted):
    roster, attachment = roster_of(row(1), row(2), row(3))
    store: Any = Store(error)
    outcomes = Outcomes(store, store, roster, Grants(store, roster), SETTINGS)
    outcomes.add(attachment, pb.OutcomeFrame(frame_id=7, outcomes=[sent(1), sent(2), sent(3)]))
    assert await outcomes.run_once() == 3
    assert sorted(store.recorded) == [2, 3]
    assert store.doubted == [Doubt(1, 101, "")]
    assert acknowledged(attachment) == ["outcome_ack"]
    assert all(roster.slot(device).is_ready for device in (1, 2, 3))
    assert counted["dispatch.outcomes"] == 1
    assert await outcomes.run_once() == 0


@pytest.mark.parametrize(
    ("changes", "doubt"),
    [
        ({"scheduled_at_us": 2**62}, Doubt(1, 101, "")),
        ({"scheduled_at_us": -1}, Doubt(1, 101, "")),
        ({"epoch": -1}, Doubt(1, 101, "")),
        ({"message_id": 0}, Doubt(1, None, "")),
        ({"message_id": -5}, Doubt(1, None, "")),
        # No such device: its message was handed to device 1.
        ({"device_id": 2**40}, Doubt(1, 101, "")),
        ({"device_id": -3}, Doubt(1, 101, "")),
        ({"text_hash": b"x" * 9000}, Doubt(1, 101, "")),
        ({"result": pb.Outcome.RESULT_UNSPECIFIED}, Doubt(1, 101, "")),
        ({"result": 77}, Doubt(1, 101, "")),
    ],
    ids=str,
)
async def test_an_outcome_that_cannot_be_read_puts_in_doubt_what_is_in_flight(changes, doubt, counted):
    roster, attachment = roster_of(row(1), row(2))
    roster.slot(1).last = Entry.of(101, THEN)
    store: Any = Store(ValueError())
    store._unless = lambda _is_bad: None
    outcomes = Outcomes(store, store, roster, Grants(store, roster), SETTINGS)
    outcomes.add(attachment, pb.OutcomeFrame(frame_id=7, outcomes=[sent(1, **changes), sent(2)]))
    await outcomes.run_once()
    assert store.recorded == [2]
    assert store.doubted == [doubt]
    assert counted["dispatch.outcome"] == 1
    assert acknowledged(attachment) == ["outcome_ack"]
    # The scan finds it left over, and the device goes on.
    assert (roster.slot(1).last, roster.slot(1).is_ready) == (None, True)


@every_error
async def test_a_policy_that_fails_concerns_its_outcome_only(error, counted, monkeypatch):
    roster, attachment = roster_of(row(1), row(2))
    decide = policy.decide

    def failing(outcome: pb.Outcome, *more: Any) -> Any:
        if outcome.device_id == 1:
            raise error
        return decide(outcome, *more)

    monkeypatch.setattr(outcomes_module, "decide", failing)
    store: Any = Store(error)
    outcomes = Outcomes(store, store, roster, Grants(store, roster), SETTINGS)
    outcomes.add(attachment, pb.OutcomeFrame(frame_id=7, outcomes=[sent(1), sent(2)]))
    await outcomes.run_once()
    assert (store.recorded, store.doubted) == ([2], [Doubt(1, 101, "")])


@every_error
async def test_a_hold_that_cannot_be_recorded_leaves_the_others_and_the_outcomes_alone(error, counted):
    roster, attachment = roster_of(row(1), row(2))

    class Marks(Store):
        async def record_outcomes(self, results):
            return {r.message_id: str(r.state) for r in results}

    store: Any = Marks(error)
    outcomes = Outcomes(store, store, roster, Grants(store, roster), SETTINGS)
    banned = {"result": pb.Outcome.RESULT_REFUSED, "failure": pb.FAILURE_BANNED}
    outcomes.add(attachment, pb.OutcomeFrame(frame_id=7, outcomes=[sent(1, **banned), sent(2, **banned)]))
    await outcomes.run_once()
    assert store.done == [2]
    assert counted["dispatch.device_mark"] == 1
    assert store.doubted == []
    assert acknowledged(attachment) == ["outcome_ack"]


@every_error
async def test_a_credit_that_fails_is_that_device_s_alone(error, counted, monkeypatch):
    roster, attachment = roster_of(row(1), row(2))

    def failing(outcome: pb.Outcome, *_more: Any) -> None:
        raise error

    monkeypatch.setattr(outcomes_module, "span", failing)
    store: Any = Store(error)
    store._unless = lambda _is_bad: None
    outcomes = Outcomes(store, store, roster, Grants(store, roster), SETTINGS)
    traced = sent(1, traceparent=f"00-{'1' * 32}-{'2' * 16}-01")
    outcomes.add(attachment, pb.OutcomeFrame(frame_id=7, outcomes=[traced, sent(2)]))
    await outcomes.run_once()
    assert counted["dispatch.credit"] == 1
    assert roster.slot(2).is_ready
    assert acknowledged(attachment) == ["outcome_ack"]


def inbound(device_id: int, inbound_id: str, text: str = "hi", sender: str = "") -> pb.Inbound:
    return pb.Inbound(
        device_id=device_id, inbound_id=inbound_id, text=text, sender=sender or f"60120000000{device_id}"
    )


@every_error
async def test_a_text_that_the_database_refuses_is_kept_apart_and_its_stop_is_tried_alone(error, counted):
    store: Any = Store(error)
    texts = InboundTexts(store, Grants(store, Roster()))
    attachment = Attachment(pb.Hello(host_id="a"))
    frame = pb.InboundFrame(
        frame_id=3, inbound=[inbound(1, "bad", "stop"), inbound(2, "ok"), inbound(3, "ok")]
    )
    texts.add(attachment, frame)
    assert await texts.run_once() == 3
    assert sorted(store.recorded) == [2, 3]
    assert (store.quarantined, store.suppressed) == (["bad"], ["601200000001"])
    assert counted["dispatch.inbound"] == 1
    assert acknowledged(attachment) == ["inbound_ack"]
    assert await texts.run_once() == 0


async def test_a_stop_that_cannot_be_kept_apart_is_suppressed_and_not_acknowledged():
    store: Any = Store(ValueError())
    store.quarantine_error = KeyError()
    texts = InboundTexts(store, Grants(store, Roster()))
    attachment = Attachment(pb.Hello(host_id="a"))
    texts.add(attachment, pb.InboundFrame(frame_id=3, inbound=[inbound(1, "bad", "stop"), inbound(2, "ok")]))
    with pytest.raises(Unavailable):
        await texts.run_once()
    assert (store.recorded, store.suppressed) == ([2], ["601200000001"])
    # The host keeps the words, and the network behind the host.
    assert acknowledged(attachment) == []
    store.quarantine_error = None
    await texts.run_once()
    assert acknowledged(attachment) == ["inbound_ack"]


@pytest.mark.parametrize("bad", [inbound(2**40, "x"), inbound(-1, "x"), inbound(1, "x", sender="nobody\0")])
async def test_a_text_of_no_device_or_nobody_is_kept_apart(bad, counted):
    store: Any = Store(ValueError())
    texts = InboundTexts(store, Grants(store, Roster()))
    attachment = Attachment(pb.Hello(host_id="a"))
    texts.add(attachment, pb.InboundFrame(frame_id=3, inbound=[bad, inbound(2, "ok")]))
    await texts.run_once()
    assert (store.recorded, store.quarantined) == ([2], ["x"])
    assert acknowledged(attachment) == ["inbound_ack"]


async def test_a_text_waits_while_the_database_is_away_and_is_not_kept_apart(counted):
    store: Any = Store(Unavailable("away"))
    texts = InboundTexts(store, Grants(store, Roster()))
    texts.add(Attachment(pb.Hello(host_id="a")), pb.InboundFrame(frame_id=3, inbound=[inbound(1, "bad")]))
    with pytest.raises(Unavailable):
        await texts.run_once()
    assert store.quarantined == []
    assert not counted


@pytest.mark.parametrize("words", ["STOP\0", "\0stop", "S\0TO\x01P", " st\x7fop! ", "stop\r\n"])
def test_a_stop_is_read_through_characters_that_nobody_sees(words):
    text = read(inbound(1, "x", words))
    assert (text.folded, text.meaning) == ("stop", "stop")


@pytest.mark.parametrize("inbound_id", ["60198887771", "r-+60 19-888 7771", "0198887771@s", "a60198887771z"])
def test_an_id_with_the_number_in_it_is_kept_as_its_hash(inbound_id):
    assert "7771" not in read(inbound(1, inbound_id, "hi", "60198887771")).inbound_id[:14]
    assert read(inbound(1, inbound_id, "hi", "60198887771")).inbound_id.startswith("sha256:")
    assert read(inbound(1, inbound_id, "hi", "60155554444")).inbound_id == inbound_id


def test_what_is_read_fits_its_columns():
    text = read(inbound(1, "i\0d" * 3000, "hi\0there " * 9000, "+60 12\0" * 99))
    assert len(text.inbound_id) == len("sha256:") + 64
    assert text.inbound_id != read(inbound(1, "i\0d" * 3001)).inbound_id
    assert (text.folded, len(text.sender)) == ("", 20)
    assert read(inbound(1, "3EB0A1", "hi\0there")).folded == "hithere"
    assert read(inbound(1, "3EB0A1")).inbound_id == "3EB0A1"


@every_error
async def test_a_confirmation_that_cannot_be_ended_leaves_the_others_alone(error, counted):
    store: Any = Store(error)
    await Confirmations(store, Roster()).expire()
    assert sorted(store.done) == [2, 3]
    assert counted["dispatch.confirmation"] == 1


@every_error
async def test_a_dead_host_that_cannot_be_buried_leaves_the_others_buried(error, counted):
    store: Any = Store(error)
    ended: list[str] = []

    async def end(_host: str, _incarnation: str, session: str) -> bool:
        if session == "session-2":
            raise error
        ended.append(session)
        return True

    reaper = Reaper(store, end, SHORT_TERM)
    await reaper.run_once()
    await reaper.run_once()
    assert counted["dispatch.bury"] == 1
    assert counted["dispatch.end_session"] == 1
    assert ended == ["session-1", "session-3"]
    assert store.done == [2, 3, ("forgotten", [1, 3])]


def leases_of(store: Any, roster: Roster) -> Leases:
    async def no_locks(_under: str) -> tuple[int, dict[str, Any]]:
        return 0, {}

    return Leases(store, store, roster, LockProofs(no_locks), Grants(store, roster), loaded, SETTINGS)


@every_error
async def test_a_device_that_cannot_be_told_of_leaves_the_others_served(error, counted, monkeypatch):
    roster, attachment = roster_of(row(9))

    def failing(device_row: Any) -> pb.Device:
        if device_row.id == 1:
            raise error
        return pb.Device(device_id=device_row.id)

    monkeypatch.setattr("services.dispatch.leases.leases._device", failing)

    async def changed(_shards: Any, _within_s: float, _only: Any, _without: Any) -> list[Any]:
        return [row(1), row(2)]

    store: Any = Store(error)
    store.changed_devices = changed
    await leases_of(store, roster).refresh()
    assert counted["dispatch.device"] == 1
    frame = attachment._frames.get_nowait()
    assert frame is not None
    assert [device.device_id for device in frame.devices.devices] == [2]


@every_error
async def test_a_device_whose_row_cannot_be_read_leaves_the_others_of_its_shard_readable(error, counted):
    shard_of = {1: 5, 2: 5, 3: 6}
    asked = 0

    class Devices:
        async def device_ids(self, shards):
            return [device for device, shard in shard_of.items() if shard in shards]

        async def changed_devices(self, shards, _within_s, only=None, without=()):
            nonlocal asked
            asked += 1
            found = [
                device
                for device, shard in shard_of.items()
                if shard in shards and (only is None or device in only) and device not in without
            ]
            if 1 in found:
                raise error
            return found

        async def devices(self, shards, only=None):
            return await self.changed_devices(shards, 1.0, only)

    devices: Any = Devices()
    reader: Any = DeviceReader(devices)
    assert sorted(await reader.of_shards([5, 6])) == [2, 3]
    assert counted == {"dispatch.shard": 1, "dispatch.device": 1}
    # It is left alone for a while, and the others are read with one statement.
    asked = 0
    assert await reader.changed([5, 6], 1.0) == [2, 3]
    assert (asked, counted["dispatch.device"]) == (1, 1)


def test_a_row_that_makes_no_device_leaves_the_others_admitted(counted):
    roster, _ = roster_of(row(1, min_delay_s=None, idle_s=1.0), row(2))
    assert roster.slot(2) is not None
    assert counted["dispatch.device"] == 1


async def test_a_claim_of_no_shard_leaves_the_others_granted(counted):
    asked: list[Any] = []

    async def claim(claims: Any, *_more: Any) -> list[Any]:
        asked.extend(claims)
        return []

    store: Any = Store(ValueError())
    store.claim = claim
    claims = [
        pb.ShardClaim(shard=2**20, epoch=1),
        pb.ShardClaim(shard=1, epoch=-1),
        pb.ShardClaim(shard=2, epoch=1),
    ]
    attachment = Attachment(pb.Hello(host_id="a"))
    await leases_of(store, Roster()).claim(attachment, claims)
    assert asked == [(2, 1)]
    assert counted["dispatch.claim"] == 2
    # Without an answer the host would wait for ever.
    frame = attachment._frames.get_nowait()
    assert frame is not None
    assert [(lease.shard, lease.status) for lease in frame.leases.leases] == [
        (2**20, pb.Lease.STATUS_STALE),
        (1, pb.Lease.STATUS_STALE),
    ]


async def frames(*requests: pb.AttachRequest) -> Any:
    for request in requests:
        yield request


def servicer_of(store: Any, roster: Roster, outcomes: Any = None) -> DispatchServicer:
    anything: Any = None
    return DispatchServicer(
        "me",
        anything,
        store,
        roster,
        anything,
        outcomes,
        InboundTexts(store, Grants(store, Roster())),
        SETTINGS,
        anything,
    )


@every_error
async def test_a_frame_that_fails_does_not_end_its_stream(error, counted):
    roster, attachment = roster_of(row(1), row(2))

    class Failing:
        def add(self, _attachment: Attachment, _frame: pb.OutcomeFrame) -> None:
            raise error

    servicer = servicer_of(Store(error), roster, Failing())
    requests = frames(
        pb.AttachRequest(outcomes=pb.OutcomeFrame(frame_id=1)),
        pb.AttachRequest(),  # a kind of frame that this version does not know
        pb.AttachRequest(ready=pb.ReadyFrame(device_ids=[2**40, -1, 2])),
    )
    await servicer._read(attachment, requests)
    assert counted["dispatch.frame"] == 2
    assert roster.slot(2).is_ready


@every_error
@pytest.mark.parametrize("kind", ["claims", "releases"])
async def test_a_claim_or_release_that_fails_ends_the_stream_so_that_its_host_asks_again(error, kind):
    roster, attachment = roster_of(row(1))
    servicer = servicer_of(Store(error), roster)

    class Failing:
        async def claim(self, *_: Any) -> None:
            raise error

        release = claim

    servicer._leases = Failing()  # type: ignore[assignment]
    request = pb.AttachRequest(**{kind: {"claims": [pb.ShardClaim(shard=1, epoch=1)]}})
    with pytest.raises(type(error)):
        await servicer._read(attachment, frames(request))


async def test_a_second_hello_ends_the_stream():
    roster, attachment = roster_of(row(1))
    with pytest.raises(FailedPrecondition):
        await servicer_of(None, roster)._read(attachment, frames(pb.AttachRequest(hello=pb.Hello())))


@every_error
async def test_a_device_event_that_fails_leaves_the_others_recorded(error, counted):
    roster, attachment = roster_of(row(1), row(2), row(3))
    store = Store(error)
    events = [
        pb.DeviceEvent(device_id=1, epoch=1, type=pb.DeviceEvent.TYPE_BANNED),
        pb.DeviceEvent(device_id=2, epoch=1, type=99),  # type: ignore[arg-type]
        pb.DeviceEvent(device_id=3, epoch=1, type=pb.DeviceEvent.TYPE_BANNED),
    ]
    request = pb.AttachRequest(device_events=pb.DeviceEventFrame(events=events))
    await servicer_of(store, roster)._read(attachment, frames(request))
    assert store.done == [3]
    assert (counted["dispatch.device_event"], counted["dispatch.device_mark"]) == (1, 1)


async def test_a_host_that_does_not_read_loses_its_stream_and_nothing_is_raised():
    attachment = Attachment(pb.Hello(host_id="a"))
    for _ in range(1100):
        attachment.send(drain=pb.Drain())
    assert acknowledged(attachment)[-1] is None
