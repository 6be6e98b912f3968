"""What a host does with the messages that it is handed."""

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.content.wording import Lead, Wording
from tests.integration.shardhost.fake_dispatch import Received
from tests.integration.shardhost.rig import SHARDS, Rig

Result = pb.Outcome


async def test_a_message_is_sent_and_its_outcome_reported(rig: Rig) -> None:
    received = rig.dispatch.received
    async with rig.host("h1"):
        await rig.dispatch.until(lambda: set(received.ready) == set(range(1, 17)))
        rig.hand(rig.message(1, 3), rig.message(2, 4))
        await rig.dispatch.until(lambda: len(received.outcomes) == 2)
    assert {o.message_id: o.result for o in received.outcomes} == dict.fromkeys((1, 2), Result.RESULT_SENT)
    assert all(o.ready and len(o.text_hash) == 8 for o in received.outcomes)
    assert rig.entries == 2
    assert {s for _, s, _ in received.released} == set(range(SHARDS))


def poison(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is written to somebody of this name cannot be rendered, for a reason nobody foresaw."""
    render = Wording.render

    def fail_for_one(wording: Wording, lead: Lead, message_id: bytes) -> str:
        if lead.name == "Poison":
            raise RuntimeError("boom")
        return render(wording, lead, message_id)

    monkeypatch.setattr(Wording, "render", fail_for_one)


async def test_of_three_devices_one_gets_a_poison_message_and_all_go_on(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch)
    received = rig.dispatch.received
    rig.dispatch.devices = rig.dispatch.devices[:3]
    async with rig.host("h1"):
        await rig.dispatch.until(lambda: set(received.ready) == {1, 2, 3})
        rig.hand(rig.message(1, 1), rig.message(2, 2, name="Poison"), rig.message(3, 3))
        await rig.dispatch.until(lambda: len(received.outcomes) == 3)
        rig.hand(rig.message(4, 1), rig.message(5, 2), rig.message(6, 3))
        await rig.dispatch.until(lambda: len(received.outcomes) == 6)
    outcomes = {o.message_id: o for o in received.outcomes}
    assert (outcomes[2].result, outcomes[2].failure) == (Result.RESULT_REFUSED, pb.FAILURE_RENDER)
    assert all(o.result == Result.RESULT_SENT for number, o in outcomes.items() if number != 2)
    assert rig.entries == 5
    assert len(received.hellos) == 1, "the stream stood all the time"


async def test_a_host_that_starts_again_outlives_the_same_poison_message(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch)
    for start in (1, 2):
        received = rig.dispatch.received = Received()
        async with rig.host("h1"):
            await rig.dispatch.until(lambda: 2 in rig.dispatch.received.ready)
            rig.hand(rig.message(2, 2, name="Poison"))
            await rig.dispatch.until(lambda: rig.dispatch.received.outcomes)
            rig.hand(rig.message(10 + start, 2))
            await rig.dispatch.until(lambda: len(rig.dispatch.received.outcomes) == 2)
        assert [o.result for o in received.outcomes] == [Result.RESULT_REFUSED, Result.RESULT_SENT]


async def test_a_frame_of_an_unknown_kind_changes_nothing(rig: Rig) -> None:
    """A dispatch of a later version may send one."""
    received = rig.dispatch.received
    async with rig.host("h1"):
        await rig.dispatch.until(lambda: 3 in received.ready)
        unknown = b"\xfa\x07\x00"  # field 127, of no length
        rig.dispatch.send_raw(pb.AttachResponse.FromString(unknown))
        rig.dispatch.send(outcome_ack=pb.OutcomeAck(frame_id=99))
        rig.dispatch.send(inbound_ack=pb.InboundAck(frame_id=99))
        rig.hand(rig.message(1, 3))
        await rig.dispatch.until(lambda: received.outcomes)
    assert received.outcomes[0].result == Result.RESULT_SENT
    assert len(received.hellos) == 1


async def test_a_message_of_another_epoch_does_not_leave(rig: Rig) -> None:
    received = rig.dispatch.received
    async with rig.host("h1"):
        await rig.dispatch.until(lambda: 3 in received.ready)
        rig.hand(rig.message(1, 3, epoch=rig.dispatch.epochs[3] - 1))
        await rig.dispatch.until(lambda: received.outcomes)
    assert received.outcomes[0].result == Result.RESULT_NOT_SENT
    assert rig.entries == 0


async def test_a_drain_waits_for_what_is_in_flight(rig: Rig) -> None:
    received = rig.dispatch.received
    async with rig.host("h1") as life:
        await rig.dispatch.until(lambda: len(received.ready) == 16)
        rig.hand(rig.message(1, 3, wait_ms=400))
        await rig.dispatch.until(lambda: True)
        rig.hand(rig.message(2, 4))
        await rig.dispatch.until(lambda: received.outcomes)
        life.drain()
        await rig.dispatch.until(lambda: len(received.outcomes) == 2)
    assert received.outcomes[-1].result == Result.RESULT_SENT
    assert not received.outcomes[-1].ready
    assert len(received.released) == SHARDS
