"""Texts that people wrote: confirmed when they are recorded, told again until then."""

from kompang.dispatch.v1 import dispatch_pb2 as pb
from shardhost import inbox
from shardhost.inbox import InboundText, Inbox
from shardhost.transports.transport import Inbound
from tests.unit.shardhost.fakes import EPOCH, rig


def heard(number: int, confirmed: list[str], text: str = "STOP") -> InboundText:
    return InboundText.of(1, Inbound(f"in-{number}", "60123", text), confirmed.append)


def ids(frame: pb.InboundFrame | None) -> list[str]:
    assert frame is not None
    return [each.inbound_id for each in frame.inbound]


def test_a_text_is_confirmed_when_it_is_recorded_and_not_before() -> None:
    box = Inbox()
    confirmed: list[str] = []
    box.add(heard(1, confirmed))
    frame = box.frame(10)
    assert frame is not None
    assert ids(frame) == ["in-1"]
    assert confirmed == []
    box.acknowledge(pb.InboundAck(frame_id=frame.frame_id + 1))
    assert confirmed == []
    box.acknowledge(pb.InboundAck(frame_id=frame.frame_id))
    assert confirmed == ["in-1"]


def test_what_was_not_acknowledged_is_told_again_in_its_order() -> None:
    box = Inbox()
    confirmed: list[str] = []
    for number in range(4):
        box.add(heard(number, confirmed))
    assert ids(box.frame(2)) == ["in-0", "in-1"]
    assert ids(box.frame(1)) == ["in-2"]
    box.replay()
    assert ids(box.frame(10)) == ["in-0", "in-1", "in-2", "in-3"]


def test_a_second_delivery_is_no_second_text() -> None:
    box = Inbox()
    confirmed: list[str] = []
    box.add(heard(1, confirmed))
    frame = box.frame(10)
    assert frame is not None
    box.add(heard(1, confirmed))
    assert box.frame(10) is None
    box.acknowledge(pb.InboundAck(frame_id=frame.frame_id))
    box.add(heard(1, confirmed))
    assert ids(box.frame(10)) == ["in-1"]


def test_a_novel_is_cut_and_a_flood_is_left_to_the_network(monkeypatch) -> None:
    monkeypatch.setattr(inbox, "MOST_WAITING", 2)
    box = Inbox()
    confirmed: list[str] = []
    for number in range(3):
        box.add(heard(number, confirmed, "a" * 10_000))
    frame = box.frame(10)
    assert frame is not None
    assert ids(frame) == ["in-0", "in-1"]
    assert {len(each.text) for each in frame.inbound} == {inbox.TEXT_CHARACTERS}


async def test_what_somebody_wrote_is_told_and_confirmed_on_the_session_there_is() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        (session,) = r.transport.sessions
        session.deliver(Inbound("in-1", "60123", "Stop"))
        (frame,) = await r.frames_of("inbound")
        (text,) = frame.inbound.inbound
        assert (text.device_id, text.inbound_id, text.sender, text.text) == (1, "in-1", "60123", "Stop")
        assert session.confirmed == []
        r.outbox.inbox.acknowledge(pb.InboundAck(frame_id=frame.inbound.frame_id))
        assert session.confirmed == ["in-1"]


async def test_a_text_is_written_without_a_lease_and_ahead_of_all_else_on_a_new_stream() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.fleet.suspend(1)
        r.transport.sessions[0].deliver(Inbound("in-1", "60123", "Stop"))
        await r.frames_of("inbound")
        r.outbox.open()
        r.outbox.claim(1, EPOCH)
        assert [frame.WhichOneof("frame") for frame in r.outbox.frames()] == ["inbound", "claims"]
