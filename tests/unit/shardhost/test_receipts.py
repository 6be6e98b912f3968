"""What the network told of messages, from the session to the frames for dispatch and back."""

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.runtime import containment
from shardhost import receipts
from shardhost.outbox import FRAME_ENTRIES
from shardhost.receipts import FRAMES_OUT, DeviceReceipt, Receipts
from shardhost.transports.receipt import Receipt, ReceiptKind
from tests.unit.shardhost.containment.support import until
from tests.unit.shardhost.fakes import FakeTransport, rig

DELIVERED, READ = ReceiptKind.DELIVERED, ReceiptKind.READ


def told(
    wire_id: str, confirmed: list[Receipt] | None = None, kind: ReceiptKind = DELIVERED
) -> DeviceReceipt:
    keep = confirmed if confirmed is not None else []
    return DeviceReceipt(1, Receipt(wire_id, kind), keep.append, lambda: None)


def ids(frame: pb.ReceiptFrame | None) -> list[str]:
    assert frame is not None
    return [each.wire_id for each in frame.receipts]


def test_a_receipt_is_confirmed_when_it_is_recorded_and_not_before() -> None:
    kept, confirmed = Receipts(), list[Receipt]()
    kept.add(told("W1", confirmed))
    frame = kept.frame(10)
    assert frame is not None
    kept.acknowledge(pb.ReceiptAck(frame_id=frame.frame_id + 1))
    assert confirmed == []
    kept.acknowledge(pb.ReceiptAck(frame_id=frame.frame_id))
    assert confirmed == [Receipt("W1", DELIVERED)]


def test_what_was_not_acknowledged_is_told_again_in_its_order_and_nothing_twice() -> None:
    kept = Receipts()
    for each in (told("W1"), told("W2"), told("W1"), told("W1", kind=READ)):
        kept.add(each)
    assert ids(kept.frame(2)) == ["W1", "W2"]
    kept.replay()
    assert ids(kept.frame(10)) == ["W1", "W2", "W1"]


def test_a_few_frames_are_on_the_way_at_a_time_and_a_flood_is_left_to_the_network(monkeypatch) -> None:
    monkeypatch.setattr(receipts, "MOST_WAITING", FRAMES_OUT + 2)
    kept, confirmed = Receipts(), list[Receipt]()
    for number in range(FRAMES_OUT + 5):
        kept.add(told(f"W{number}", confirmed))
    frames = [kept.frame(1) for _ in range(FRAMES_OUT)]
    assert (kept.frame(1), kept.sendable) == (None, 0)
    assert frames[0] is not None
    kept.acknowledge(pb.ReceiptAck(frame_id=frames[0].frame_id))
    assert (kept.sendable, ids(kept.frame(1))) == (2, [f"W{FRAMES_OUT}"])
    assert len(confirmed) == 1


def test_a_receipt_that_is_told_again_is_confirmed_by_the_session_that_heard_it_last() -> None:
    """The first session may be gone with its worker, and the newer one tells it no third time."""
    kept, first, second = Receipts(), list[Receipt](), list[Receipt]()
    kept.add(told("W1", first))
    frame = kept.frame(10)
    kept.add(told("W1", second))
    assert frame is not None
    kept.acknowledge(pb.ReceiptAck(frame_id=frame.frame_id))
    assert (first, second) == ([], [Receipt("W1", DELIVERED)])


def test_what_found_no_room_is_asked_for_when_half_of_it_is_free(monkeypatch) -> None:
    monkeypatch.setattr(receipts, "MOST_WAITING", 4)
    kept, asked = Receipts(), list[int]()

    def of(device: int, number: int) -> DeviceReceipt:
        return DeviceReceipt(
            device, Receipt(f"W{number}", READ), lambda _: None, lambda: asked.append(device)
        )

    for device, number in ((1, 1), (1, 2), (2, 3), (3, 4), (1, 5), (2, 6), (2, 7)):
        kept.add(of(device, number))
    frames = [kept.frame(1) for _ in range(4)]
    became = []
    for frame in frames:
        assert frame is not None
        kept.acknowledge(pb.ReceiptAck(frame_id=frame.frame_id))
        became.append(list(asked))
    assert became == [[], [1, 2], [1, 2], [1, 2]]


@pytest.mark.parametrize("wire_id", ["", "W" * 65, "W 1", "é", "\ud800", "0123456789@s.whatsapp.net"])
def test_of_no_message_of_ours_nobody_is_told(wire_id: str) -> None:
    kept, confirmed = Receipts(), list[Receipt]()
    kept.add(told(wire_id, confirmed))
    assert kept.frame(10) is None
    assert len(confirmed) == 1


@pytest.mark.parametrize(
    ("at", "at_us"), [(0.0, 0), (1.5, 1_500_000), (-1.0, 0), (float("nan"), 0), (1e30, 0)]
)
def test_a_time_that_makes_no_sense_is_none(at: float, at_us: int) -> None:
    given = DeviceReceipt(1, Receipt("W1", READ, at), lambda _: None, lambda: None).proto()
    assert (given.at_us, given.kind) == (at_us, pb.Receipt.KIND_READ)


async def test_what_became_of_a_message_is_told_and_confirmed_on_the_session_there_is() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        (session,) = r.transport.sessions
        session.tell(Receipt("W5", READ, 12.0))
        (frame,) = await r.frames_of("receipts")
        assert frame.receipts.receipts[0] == pb.Receipt(
            device_id=1, wire_id="W5", kind=pb.Receipt.KIND_READ, at_us=12_000_000
        )
        assert session.confirmed_receipts == []
        r.outbox.on_receipt_ack(pb.ReceiptAck(frame_id=frame.receipts.frame_id))
        assert session.confirmed_receipts == [Receipt("W5", READ, 12.0)]


async def test_however_many_are_told_outcomes_and_credits_do_not_wait() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        (session,) = r.transport.sessions
        for number in range(FRAME_ENTRIES * 3):
            session.tell(Receipt(f"W{number}", DELIVERED))
        r.hand()
        (outcome,) = (await r.frames_of("outcomes"))[0].outcomes.outcomes
        assert outcome.ready
        # What is told goes a frame a flush, and there are three.
        for _ in range(2):
            (frame,) = await r.frames_of("receipts")
            assert len(frame.receipts.receipts) <= FRAME_ENTRIES


async def test_a_device_is_told_again_what_found_no_room_once_nothing_is_in_hand(monkeypatch) -> None:
    monkeypatch.setattr(receipts, "MOST_WAITING", 2)
    async with rig(FakeTransport(answers=["wait"])) as r:
        r.admit(1)
        await r.ready()
        r.hand()
        await until(lambda: bool(r.transport.sent))
        (session,) = r.transport.sessions
        for number in range(3):
            session.tell(Receipt(f"W{number}", DELIVERED))
        (frame,) = await r.frames_of("receipts")
        r.outbox.on_receipt_ack(pb.ReceiptAck(frame_id=frame.receipts.frame_id))
        assert not session.is_closed
        session.answer()
        # By then the new session stands, and the credit counts.
        assert (await r.outcome()).ready
        assert (session.is_closed, len(r.transport.sessions)) == (True, 2)
        r.transport.sessions[1].tell(Receipt("W2", DELIVERED))
        (frame,) = await r.frames_of("receipts")
        assert ids(frame.receipts) == ["W2"]


async def test_a_dispatch_that_does_not_know_receipts_gets_everything_else(monkeypatch) -> None:
    """It answers none of the frames, as one of an older version."""
    monkeypatch.setattr("shardhost.outbox.FRAME_ENTRIES", 1)
    async with rig() as r:
        r.admit(1)
        await r.ready()
        (session,) = r.transport.sessions
        for number in range(FRAMES_OUT + 3):
            session.tell(Receipt(f"W{number}", DELIVERED))
        written = 0
        while r.outbox.receipts.sendable:
            written += len(await r.frames_of("receipts"))
        r.hand()
        assert (written, (await r.outcome()).ready) == (FRAMES_OUT, True)


async def test_a_receipt_that_cannot_be_written_keeps_nothing_else_back() -> None:
    before = containment.counts["shardhost.receipt"]
    async with rig() as r:
        r.admit(1)
        await r.ready()
        (session,) = r.transport.sessions
        session.tell(Receipt("W1", "of another version"))  # type: ignore[arg-type]
        session.tell(Receipt("W2", READ))
        (frame,) = await r.frames_of("receipts")
        r.hand()
        assert (ids(frame.receipts), (await r.outcome()).ready) == (["W2"], True)
        r.outbox.on_receipt_ack(pb.ReceiptAck(frame_id=frame.receipts.frame_id))
        # The network tells it again, to a version that may know it.
        assert session.confirmed_receipts == [Receipt("W2", READ)]
    assert containment.counts["shardhost.receipt"] == before + 1
