"""When a device gives its credit."""

from shardhost.transports.transport import SessionEnd, SessionEvent
from tests.support.eventually import eventually
from tests.unit.shardhost.fakes import EPOCH, rig


async def test_a_live_session_gives_one_credit() -> None:
    async with rig() as r:
        r.admit(1, 2)
        assert sorted(await r.ready()) == [1, 2]
        assert [s.key.epoch for s in r.transport.sessions] == [EPOCH, EPOCH]
        r.list_devices(3)
        assert await r.ready() == [3]


async def test_a_lease_granted_again_voids_the_credits_given_before() -> None:
    """Dispatch forgets the devices of a shard when it grants it, also one about to be handed over."""
    async with rig() as r:
        r.admit(1)
        assert await r.ready() == [1]
        r.fleet.drain(1)
        r.fleet.serve(1, EPOCH)
        assert await r.ready() == [1]


async def test_a_disconnection_takes_the_credit_and_the_next_session_gives_it_again() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.transport.sessions[0].end(SessionEvent(SessionEnd.DISCONNECTED))
        r.hand()
        (frame,) = await r.frames_of("outcomes")
        assert not frame.outcomes.outcomes[0].ready

        # Not before dispatch has the outcome: it would take the message for lost and hand it again.
        async def reopened() -> bool:
            return len(r.transport.sessions) == 2

        await eventually(reopened)
        assert "ready" not in [f.WhichOneof("frame") for f in r.outbox.frames()]
        r.acknowledge(frame)
        assert await r.ready() == [1]


async def test_on_a_new_stream_the_credit_is_given_anew() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.fleet.new_stream(b"key")
        r.outbox.open()
        r.outbox.open_gate()
        r.fleet.serve(1, EPOCH)
        assert await r.ready() == [1]


async def test_only_the_latest_of_two_outcomes_carries_the_credit() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.hand(epoch=EPOCH - 1)
        r.hand(epoch=EPOCH - 1, message_id=6)
        (frame,) = await r.frames_of("outcomes")
    assert [(o.message_id, o.ready) for o in frame.outcomes.outcomes] == [(5, False), (6, True)]
