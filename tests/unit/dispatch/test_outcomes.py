"""Outcomes told when their stream has gone."""

from unittest.mock import AsyncMock

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.attachment import Attachment
from services.dispatch.devices.roster import Roster
from services.dispatch.outcomes.outcomes import Outcomes
from services.dispatch.settings import DispatchSettings
from services.message.state import MessageState
from tests.support.secret import SECRET


async def test_what_may_have_gone_stays_in_flight_for_whoever_comes_next():
    settings = DispatchSettings(secret=SECRET, postgres_dsn="postgresql://none")
    outcomes = Outcomes(None, None, Roster(), None, settings, AsyncMock())  # type: ignore[arg-type]
    action = outcomes._decide(pb.Outcome(device_id=1, result=pb.Outcome.RESULT_AMBIGUOUS))
    assert action.state is MessageState.UNKNOWN
    assert action.stays


async def test_what_an_older_stream_tells_late_does_not_replace_what_the_newer_told():
    settings = DispatchSettings(secret=SECRET, postgres_dsn="postgresql://none")
    outcomes = Outcomes(None, None, Roster(), None, settings, AsyncMock())  # type: ignore[arg-type]
    old, new = (Attachment(pb.Hello(host_id="a", incarnation="1")) for _ in range(2))
    outcome = pb.Outcome(message_id=1, device_id=1, epoch=5, ready=True)
    outcomes.add(new, pb.OutcomeFrame(frame_id=2, outcomes=[outcome]))
    outcomes.add(old, pb.OutcomeFrame(frame_id=1, outcomes=[outcome]))
    reported = outcomes._buffer.get(("1", 1, 5))
    assert reported is not None
    assert reported.attachment is new
    assert new._frames.empty(), "acknowledged before it is written"
