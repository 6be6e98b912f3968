"""What people write is heard, whatever it is."""

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.consent.normal import FIRST, LAST
from services.runtime import containment
from shardhost.transports.transport import (
    Inbound,
)
from tests.unit.shardhost.containment.support import SURROGATE, an_error, failing, goes_on
from tests.unit.shardhost.fakes import FakeTransport, rig

# What people write


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        (f"STOP{SURROGATE}", "STOP"),
        (f"{SURROGATE}STOP", "STOP"),
        ("no \ud83d\ude42 STOP", "no \U0001f642 STOP"),
        ("\u200b" * 1000 + "STOP", "STOP"),
        ("STOP\0", "STOP"),
        (" " * 1000 + "STOP" + " " * 1000, "STOP"),
        ("a" * 1_000_000, "a" * FIRST + "\n" + "a" * LAST),
    ],
)
async def test_a_text_that_does_not_fit_a_frame_is_cleaned_and_heard(written: str, heard: str) -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        session = r.transport.sessions[0]
        session.deliver(Inbound("in-1", "60123", written))
        (frame,) = await r.frames_of("inbound")
        (text,) = frame.inbound.inbound
        assert (text.inbound_id, text.sender, text.text) == ("in-1", "60123", heard)


@pytest.mark.parametrize("inbound_id", [f"in{SURROGATE}", "in\0", "x" * 1_000_000])
async def test_an_id_that_does_not_fit_a_frame_has_a_stand_in_and_is_confirmed_as_it_is(
    inbound_id: str,
) -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        session = r.transport.sessions[0]
        session.deliver(Inbound(inbound_id, "60123", "STOP"))
        (frame,) = await r.frames_of("inbound")
        (text,) = frame.inbound.inbound
        assert text.text == "STOP"
        assert 0 < len(text.inbound_id) < 100
        assert "\0" not in text.inbound_id
        r.outbox.inbox.acknowledge(pb.InboundAck(frame_id=frame.inbound.frame_id))
        assert session.confirmed == [inbound_id]
        session.deliver(Inbound(inbound_id, "60123", "STOP"))
        (again,) = await r.frames_of("inbound")
        assert again.inbound.inbound[0].inbound_id == text.inbound_id


@pytest.mark.parametrize(
    ("sender", "number"),
    [("+60123", "60123"), ("60123:4@s.whatsapp.net", "60123"), (f"60123{SURROGATE}", "60123")],
)
async def test_a_sender_that_is_not_digits_only_is_cut_to_the_number(sender: str, number: str) -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.transport.sessions[0].deliver(Inbound("in-1", sender, "STOP"))
        (frame,) = await r.frames_of("inbound")
        assert frame.inbound.inbound[0].sender == number


@pytest.mark.parametrize(
    ("inbound", "number", "identity"),
    [
        (Inbound("in-1", "123456789012345@lid", "STOP"), "", "123456789012345"),
        (Inbound("in-1", "123456789012345:7@LID", "STOP"), "", "123456789012345"),
        (Inbound("in-1", "", "STOP", "123456789012345@lid"), "", "123456789012345"),
        (Inbound("in-1", "60123@s.whatsapp.net", "STOP", "123456789012345"), "60123", "123456789012345"),
    ],
)
async def test_an_identity_of_the_network_is_no_number(inbound: Inbound, number: str, identity: str) -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.transport.sessions[0].deliver(inbound)
        (frame,) = await r.frames_of("inbound")
        (text,) = frame.inbound.inbound
        assert (text.sender, text.lid) == (number, identity)


@pytest.mark.parametrize("sender", ["", SURROGATE, "9" * 100])
async def test_a_text_of_nobody_is_passed_on_without_a_sender(sender: str) -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        session = r.transport.sessions[0]
        session.deliver(Inbound("in-1", sender, "STOP"))
        (frame,) = await r.frames_of("inbound")
        (text,) = frame.inbound.inbound
        assert (text.inbound_id, text.sender, text.text) == ("in-1", "", "STOP")
        r.outbox.inbox.acknowledge(pb.InboundAck(frame_id=frame.inbound.frame_id))
        assert session.confirmed == ["in-1"]


@pytest.mark.parametrize(
    "inbound",
    [
        Inbound("in-1", "60123", None),  # type: ignore[arg-type]
        None,
    ],
)
async def test_what_cannot_be_told_is_left_to_the_network_and_keeps_nothing_else_back(
    inbound: Inbound, caplog: pytest.LogCaptureFixture
) -> None:
    before = containment.counts["shardhost.inbound"]
    async with rig() as r:
        r.admit(1)
        await r.ready()
        session = r.transport.sessions[0]
        session.deliver(inbound)
        session.deliver(Inbound("in-2", "60124", "STOP"))
        (frame,) = await r.frames_of("inbound")
        assert [text.inbound_id for text in frame.inbound.inbound] == ["in-2"]
        r.outbox.inbox.acknowledge(pb.InboundAck(frame_id=frame.inbound.frame_id))
        assert session.confirmed == ["in-2"]
        await goes_on(r, device=1)
    assert containment.counts["shardhost.inbound"] == before + 1
    logged = str([record.__dict__ for record in caplog.records])
    assert "60123" not in logged
    assert "STOP" not in logged


async def test_a_confirmation_that_fails_does_not_keep_the_others_back() -> None:
    transport = FakeTransport()
    async with rig(transport) as r:
        r.admit(1, 2)
        await r.ready()
        first, second = transport.sessions
        first.deliver(Inbound("in-1", "60123", "STOP"))
        second.deliver(Inbound("in-2", "60123", "STOP"))
        (frame,) = await r.frames_of("inbound")
        first.confirm = failing(an_error)  # type: ignore[method-assign]
        r.outbox.inbox.acknowledge(pb.InboundAck(frame_id=frame.inbound.frame_id))
        assert second.confirmed == ["in-2"]
        # The network delivers it again, and it is recorded and confirmed again.
        del first.confirm
        first.deliver(Inbound("in-1", "60123", "STOP"))
        (frame,) = await r.frames_of("inbound")
        r.outbox.inbox.acknowledge(pb.InboundAck(frame_id=frame.inbound.frame_id))
        assert first.confirmed == ["in-1"]
