"""What its tests share: the errors, and stores and hosts that fail."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from google.protobuf.message import DecodeError

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.attachment import Attachment
from services.dispatch.devices.roster import Roster
from services.dispatch.due.clock import DatabaseClock
from services.dispatch.due.store import Due
from services.dispatch.hand.hand import Hand
from services.dispatch.inbound.store import Confirmation
from services.dispatch.leases.store import DeadHost
from services.dispatch.outcomes.store import Doubt
from services.dispatch.receipts.store import Named
from services.dispatch.settings import DispatchSettings
from services.dispatch.texts.templates import Templates
from services.dispatch.window.memory import MemoryWindow
from services.dispatch.window.window import Entry, Place
from services.message.state import MessageState
from services.message.verdict import Verdict
from tests.support.secret import SECRET
from tests.unit.dispatch.test_hand import SlowStore
from tests.unit.dispatch.test_roster import make_taker

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

    async def hand(self, candidates, ahead_s):
        self._unless(any(c.device_id == 1 for c in candidates))
        return await super().hand(candidates, ahead_s)

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

    async def settle_outdated(self, _shards: Any) -> set[int]:
        return set()

    async def keep_links(self, links: Any) -> None:
        if any(link.device_id == 1 for link in links):
            raise self.error

    async def change_devices(self, marks):
        self._unless(any(mark.device_id == 1 for mark in marks))
        self.done += [mark.device_id for mark in marks]

    async def record_inbound(self, texts):
        self._unless(any(t.inbound_id == "bad" for t in texts))
        self.recorded += [t.device_id for t in texts]
        return {}

    async def record(self, receipts):
        self._unless(any(each.device_id == 1 for each in receipts))
        self.recorded += [each.device_id for each in receipts]
        return [
            Named(each, 100 + each.device_id, THEN, MessageState.SENT, is_moved=True) for each in receipts
        ]

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
