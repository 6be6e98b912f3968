"""In which order a host writes its frames."""

import asyncio

from kompang.dispatch.v1 import dispatch_pb2 as pb
from shardhost.outbox import FRAME_ENTRIES, Outbox
from shardhost.outcomes import Outcomes
from tests.support.slowness import patient
from tests.unit.shardhost.test_outcomes import report


class Device:
    def __init__(self, device_id: int, *, has_credit: bool = True) -> None:
        self.device_id = device_id
        self.has_credit = has_credit

    def take_credit(self) -> bool:
        had, self.has_credit = self.has_credit, False
        return had


def outbox() -> Outbox:
    made = Outbox(Outcomes())
    made.open()
    return made


def fill(made: Outbox) -> None:
    made.release(2, 8)
    made.ready(Device(1))
    made.report(report(5))
    made.event(pb.DeviceEvent(device_id=1))
    made.claim(1, 7)


def kinds(made: Outbox) -> list[str | None]:
    return [frame.WhichOneof("frame") for frame in made.frames()]


async def test_a_flush_writes_claims_first_and_releases_last() -> None:
    made = outbox()
    made.open_gate()
    fill(made)
    assert kinds(made) == ["claims", "device_events", "outcomes", "ready", "releases"]
    assert kinds(made) == []


async def test_a_release_asked_during_a_flush_does_not_overtake_its_claim() -> None:
    made = outbox()
    made.open_gate()
    made.event(pb.DeviceEvent(device_id=1))
    flush = made.frames()
    assert next(flush).WhichOneof("frame") == "device_events"
    made.claim(1, 7)
    made.release(1, 7)
    assert list(flush) == []
    assert kinds(made) == ["claims", "releases"]


async def test_only_claims_pass_the_closed_gate() -> None:
    made = outbox()
    fill(made)
    assert kinds(made) == ["claims"]
    made.open_gate()
    assert kinds(made) == ["device_events", "outcomes", "ready", "releases"]


async def test_a_new_stream_gets_the_outcomes_and_nothing_else_of_the_old() -> None:
    made = outbox()
    made.open_gate()
    made.report(report(4))
    assert kinds(made) == ["outcomes"]
    fill(made)
    made.close()
    made.open()
    made.open_gate()
    (frame,) = made.frames()
    assert [outcome.message_id for outcome in frame.outcomes.outcomes] == [4, 5]


async def test_without_a_stream_events_are_not_kept() -> None:
    made = outbox()
    made.close()
    made.event(pb.DeviceEvent(device_id=1))
    made.open_gate()
    assert kinds(made) == []


async def test_who_has_no_credit_any_more_gives_none() -> None:
    made = outbox()
    made.open_gate()
    made.ready(Device(1))
    made.ready(Device(2, has_credit=False))
    (frame,) = made.frames()
    assert list(frame.ready.device_ids) == [1]


async def test_a_flush_of_many_entries_is_cut_into_frames() -> None:
    made = outbox()
    made.open_gate()
    for number in range(FRAME_ENTRIES + 1):
        made.report(report(number))
        made.ready(Device(number))
    sizes = [len(f.outcomes.outcomes) or len(f.ready.device_ids) for f in made.frames()]
    assert sizes == [FRAME_ENTRIES, 1, FRAME_ENTRIES, 1]


async def test_a_full_frame_does_not_wait_for_the_tick() -> None:
    made = outbox()
    made.open_gate()
    for number in range(FRAME_ENTRIES):
        made.report(report(number))
    waiting = asyncio.ensure_future(made.wait())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert waiting.done()


async def test_a_small_frame_is_flushed_at_the_tick() -> None:
    made = outbox()
    made.open_gate()
    made.report(report(1))
    async with asyncio.timeout(patient(1)):
        await made.wait()
    assert kinds(made) == ["outcomes"]
