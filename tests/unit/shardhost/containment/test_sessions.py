"""An error of the outbox or the transport concerns its device alone."""

import asyncio
import math

import pytest

from services.runtime import containment
from shardhost import connection
from shardhost.outbox import Outbox
from shardhost.transports.transport import (
    SendAmbiguous,
    SessionEnd,
    SessionEvent,
    TransportKind,
)
from shardhost.worker import Worker
from tests.unit.shardhost.containment.support import (
    SURROGATE,
    Result,
    an_error,
    each_error,
    failing,
    failing_once,
    goes_on,
    outcome_of,
    until,
)
from tests.unit.shardhost.fakes import FakeTransport, rig

# The outbox


@each_error
async def test_an_outcome_that_the_outbox_does_not_take_is_told_when_the_message_comes_again(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """A message left over is found at the next credit, and handed again."""
    async with rig() as r:
        r.admit(1, 2)
        await r.ready()
        with monkeypatch.context() as patched:
            patched.setattr(Outbox, "report", failing(error))
            r.hand()
            assert await r.ready() == [1]
        assert (await outcome_of(r)).result == Result.RESULT_SENT
        await goes_on(r)
    assert len(r.transport.sent) == 2, "the message went once, and that of the other device"


async def test_an_outcome_that_cannot_be_written_is_written_without_what_spoils_it() -> None:
    async with rig(FakeTransport(answers=[SendAmbiguous()], kind=TransportKind.PLAIN)) as r:
        r.admit(1, 2)
        await r.ready()
        r.hand()
        await until(lambda: len(r.outbox.outcomes) == 1)
        (report,) = r.outbox.outcomes._buffer._kept
        report.traceparent = SURROGATE
        outcome = await r.outcome()
        assert (outcome.message_id, outcome.result, outcome.ready) == (5, Result.RESULT_AMBIGUOUS, True)
        await goes_on(r)


async def test_a_device_that_fails_to_give_its_credit_does_not_stop_the_flush(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with rig() as r:
        give = Worker.take_credit

        def fail_for_one(self: Worker) -> bool:
            if self.device_id == 1:
                raise an_error
            return give(self)

        monkeypatch.setattr(Worker, "take_credit", fail_for_one)
        r.admit(1, 2)
        await asyncio.sleep(0.01)
        assert await r.ready() == [2]


# The transport


@each_error
async def test_an_error_of_open_closes_that_device_alone_and_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(connection, "delay", lambda *_: 0.0)
    before = containment.counts["shardhost.session"]
    async with rig(FakeTransport(refusals=[error])) as r:
        r.admit(1, 2)
        ready = await r.ready()
        while len(ready) < 2:
            ready += await r.ready()
        assert sorted(ready) == [1, 2]
        await goes_on(r, device=1)
    assert containment.counts["shardhost.session"] == before + 1


@each_error
async def test_an_error_of_close_is_counted_and_the_other_devices_go_on(error: Exception) -> None:
    before = containment.counts["shardhost.close"]
    transport = FakeTransport()
    async with rig(transport) as r:
        r.admit(1, 2)
        await r.ready()
        transport.close_error = error
        r.list_devices(1, connect=False)
        await until(lambda: transport.sessions[0].is_closed)
        assert containment.counts["shardhost.close"] == before + 1
        transport.close_error = None
        await goes_on(r)


async def test_a_session_that_stands_too_late_is_closed_although_its_close_fails() -> None:
    transport = FakeTransport(opens=asyncio.Event())
    async with rig(transport) as r:
        r.admit(1)
        await asyncio.sleep(0)
        r.clock.now += 9.8
        transport.close_error = an_error
        transport.opens.set()
        await until(lambda: bool(transport.sessions) and transport.sessions[0].is_closed)
        await asyncio.sleep(0)
        assert r.transport.sent == []


@pytest.mark.parametrize("end", ["gone", SessionEnd.TEMPORARY_BAN], ids=str)
async def test_an_event_that_makes_no_sense_ends_its_session_and_another_is_opened(
    monkeypatch: pytest.MonkeyPatch, end: SessionEnd
) -> None:
    monkeypatch.setattr(connection, "delay", lambda *_: 0.0)
    async with rig() as r:
        r.admit(1, 2)
        await r.ready()
        r.transport.sessions[0].end(SessionEvent(end, math.nan))
        if end is SessionEnd.TEMPORARY_BAN:
            assert (await r.event()).hold_s == 0
            r.list_devices(1)
        assert await r.ready() == [1]
        await goes_on(r, device=1)


async def test_an_error_while_a_session_is_welcomed_closes_it_and_opens_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "delay", lambda *_: 0.0)
    monkeypatch.setattr(Outbox, "event", failing_once(Outbox.event, an_error))
    async with rig() as r:
        r.admit(1)
        assert await r.ready() == [1]
        assert [session.is_closed for session in r.transport.sessions] == [True, False]
