"""What comes on the stream and cannot be taken is refused alone."""

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from shardhost import attempt, templates
from shardhost.templates import Templates
from shardhost.worker import Worker
from tests.support.plain_template import plain
from tests.unit.shardhost.containment.support import (
    Result,
    an_error,
    each_error,
    failing,
    goes_on,
    outcome_of,
)
from tests.unit.shardhost.fakes import EPOCH, rig

# What comes on the stream


async def test_a_bad_device_does_not_keep_the_others_of_its_frame_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = Worker.__init__

    def fail_for_one(self: Worker, device: pb.Device, *args: object) -> None:
        if device.device_id == 1:
            raise an_error
        made(self, device, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Worker, "__init__", fail_for_one)
    async with rig() as r:
        r.admit(1, 2)
        assert await r.ready() == [2]
        r.hand(1)
        assert (await r.outcome()).result == Result.RESULT_NOT_SENT
        r.fleet.revoke(1)
        assert len(r.fleet) == 0


@each_error
async def test_a_message_that_cannot_be_taken_is_refused_and_the_others_of_its_frame_go(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    take = Worker.take

    def fail_for_one(self: Worker, hand: attempt.Hand) -> None:
        if self.device_id == 1:
            raise error
        take(self, hand)

    monkeypatch.setattr(Worker, "take", fail_for_one)
    async with rig() as r:
        r.admit(1, 2)
        await r.ready()
        r.fleet.on_messages(
            pb.MessageFrame(
                templates=[plain("Hi")],
                messages=[
                    pb.OutgoingMessage(message_id=n, device_id=n, epoch=EPOCH, template_id=1) for n in (1, 2)
                ],
            )
        )
        outcomes: dict[int, pb.Outcome] = {}
        while len(outcomes) < 2:
            for frame in await r.frames_of("outcomes"):
                outcomes.update({o.message_id: o for o in frame.outcomes.outcomes})
    assert (outcomes[1].result, outcomes[1].failure) == (Result.RESULT_REFUSED, pb.FAILURE_RENDER)
    assert outcomes[2].result == Result.RESULT_SENT


async def test_a_message_without_its_template_is_refused_alone() -> None:
    async with rig() as r:
        r.admit(1, 2)
        await r.ready()
        refused = await outcome_of(r, template_id=9)
        assert (refused.result, refused.failure, refused.ready) == (
            Result.RESULT_REFUSED,
            pb.FAILURE_RENDER,
            True,
        )
        await goes_on(r)


@each_error
async def test_a_template_that_cannot_be_compiled_refuses_the_messages_that_need_it(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async with rig() as r:
        r.admit(1, 2)
        await r.ready()
        with monkeypatch.context() as patched:
            patched.setattr(Templates, "_compile", failing(error))
            refused = await outcome_of(r, template_id=1)
        assert (refused.result, refused.failure) == (Result.RESULT_REFUSED, pb.FAILURE_RENDER)
        r.fleet.on_messages(
            pb.MessageFrame(
                templates=[pb.Template(template_id=2, text="Hi", greetings=pb.Greetings(), variation="none")],
                messages=[pb.OutgoingMessage(message_id=6, device_id=2, epoch=EPOCH, template_id=2)],
            )
        )
        assert (await r.outcome()).result == Result.RESULT_SENT


@each_error
async def test_a_wording_that_cannot_be_compiled_refuses_the_messages_that_need_it(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async with rig() as r:
        r.admit(1, 2)
        await r.ready()
        with monkeypatch.context() as patched:
            patched.setattr(templates, "_voice", failing(error))
            r.fleet.on_messages(
                pb.MessageFrame(
                    templates=[plain("Hi")],
                    wordings=[pb.Wording(wording_id=7)],
                    messages=[
                        pb.OutgoingMessage(
                            message_id=5, device_id=1, epoch=EPOCH, template_id=1, wording_id=7
                        )
                    ],
                )
            )
        refused = await r.outcome()
        assert (refused.result, refused.failure) == (Result.RESULT_REFUSED, pb.FAILURE_RENDER)
        await goes_on(r)


async def test_an_ack_of_an_unknown_frame_changes_nothing_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.hand()
        (frame,) = await r.frames_of("outcomes")
        r.fleet.on_outcome_ack(pb.OutcomeAck(frame_id=99))
        r.outbox.inbox.acknowledge(pb.InboundAck(frame_id=99))
        assert r.outbox.outcomes.waiting(1) == 1
        r.acknowledge(frame)
        assert r.outbox.outcomes.waiting(1) == 0
    assert sum("unknown frame" in record.getMessage() for record in caplog.records) == 2


async def test_an_error_of_one_acknowledged_device_does_not_keep_the_others_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    acknowledged = Worker.acknowledged

    def fail_for_one(self: Worker) -> None:
        if self.device_id == 1:
            raise an_error
        acknowledged(self)

    monkeypatch.setattr(Worker, "acknowledged", fail_for_one)
    async with rig() as r:
        r.admit(1, 2)
        await r.ready()
        r.fleet.suspend(1)
        for device in (1, 2):
            r.hand(device)
        (frame,) = await r.frames_of("outcomes")
        r.acknowledge(frame)
        assert r.fleet._workers[2].is_done
