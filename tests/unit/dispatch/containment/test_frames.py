"""One bad frame does not end its stream."""

from typing import Any
from unittest.mock import AsyncMock

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.attachment import Attachment
from services.dispatch.devices.roster import Roster
from services.dispatch.inbound import inbound
from services.dispatch.inbound.inbound import InboundTexts
from services.dispatch.leases.grants import Grants
from services.dispatch.outcomes import outcomes
from services.dispatch.receipts import receipts
from services.dispatch.receipts.receipts import Receipts
from services.dispatch.servicer import DispatchServicer
from services.runtime.errors import FailedPrecondition, ResourceExhausted
from tests.unit.dispatch.containment.support import SETTINGS, Store, acknowledged, every_error, sent
from tests.unit.dispatch.test_roster import roster_of, row


async def frames(*requests: pb.AttachRequest) -> Any:
    for request in requests:
        yield request


def servicer_of(store: Any, roster: Roster, taking: Any = None) -> DispatchServicer:
    anything: Any = None
    return DispatchServicer(
        "me",
        anything,
        store,
        roster,
        anything,
        taking,
        InboundTexts(store, Grants(store, Roster())),
        Receipts(store, Grants(store, Roster()), 0.1),
        SETTINGS,
        anything,
    )


@every_error
async def test_a_frame_that_fails_does_not_end_its_stream(error, counted):
    roster, attachment = roster_of(row(1), row(2))

    class Failing:
        def add(self, _attachment: Attachment, _frame: pb.OutcomeFrame) -> None:
            raise error

    servicer = servicer_of(Store(error), roster, Failing())
    requests = frames(
        pb.AttachRequest(outcomes=pb.OutcomeFrame(frame_id=1)),
        pb.AttachRequest(),  # a kind of frame that this version does not know
        pb.AttachRequest(ready=pb.ReadyFrame(device_ids=[2**40, -1, 2])),
    )
    await servicer._read(attachment, requests)
    assert counted["dispatch.frame"] == 2
    assert roster.slot(2).is_ready


@every_error
@pytest.mark.parametrize("kind", ["claims", "releases"])
async def test_a_claim_or_release_that_fails_ends_the_stream_so_that_its_host_asks_again(error, kind):
    roster, attachment = roster_of(row(1))
    servicer = servicer_of(Store(error), roster)

    class Failing:
        async def claim(self, *_: Any) -> None:
            raise error

        release = claim

    servicer._leases = Failing()  # type: ignore[assignment]
    request = pb.AttachRequest(**{kind: {"claims": [pb.ShardClaim(shard=1, epoch=1)]}})
    with pytest.raises(type(error)):
        await servicer._read(attachment, frames(request))


@every_error
async def test_a_credit_that_fails_leaves_those_of_the_other_devices(error, counted, monkeypatch):
    roster, attachment = roster_of(row(1), row(2))
    credit = Roster.credit

    def fail_for_one(self: Roster, device_id: int, attachment: Attachment) -> None:
        if device_id == 1:
            raise error
        credit(self, device_id, attachment)

    monkeypatch.setattr(Roster, "credit", fail_for_one)
    request = pb.AttachRequest(ready=pb.ReadyFrame(device_ids=[1, 2]))
    await servicer_of(None, roster)._read(attachment, frames(request))
    assert roster.slot(2).is_ready
    assert counted["dispatch.credit"] == 1


async def test_a_second_hello_ends_the_stream():
    roster, attachment = roster_of(row(1))
    with pytest.raises(FailedPrecondition):
        await servicer_of(None, roster)._read(attachment, frames(pb.AttachRequest(hello=pb.Hello())))


@every_error
async def test_a_device_event_that_fails_leaves_the_others_recorded(error, counted):
    roster, attachment = roster_of(row(1), row(2), row(3))
    store = Store(error)
    events = [
        pb.DeviceEvent(device_id=1, epoch=1, type=pb.DeviceEvent.TYPE_BANNED),
        pb.DeviceEvent(device_id=2, epoch=1, type=99),  # type: ignore[arg-type]
        pb.DeviceEvent(device_id=3, epoch=1, type=pb.DeviceEvent.TYPE_BANNED),
    ]
    request = pb.AttachRequest(device_events=pb.DeviceEventFrame(events=events))
    await servicer_of(store, roster)._read(attachment, frames(request))
    assert store.done == [3]
    assert (counted["dispatch.device_event"], counted["dispatch.device_mark"]) == (1, 1)


async def test_a_host_that_does_not_read_loses_its_stream_and_nothing_is_raised():
    attachment = Attachment(pb.Hello(host_id="a"))
    for _ in range(1100):
        attachment.send(drain=pb.Drain())
    assert acknowledged(attachment)[-1] is None


@pytest.mark.parametrize("kind", ["outcomes", "inbound", "receipts"])
async def test_a_host_that_fills_its_share_leaves_room_for_the_others(kind, monkeypatch):
    for module in (outcomes, inbound, receipts):
        monkeypatch.setattr(module, "_MOST_OF_HOST", 3)
    store: Any = Store(ValueError())
    grants = Grants(store, Roster())
    kept: Any = {
        "outcomes": lambda: outcomes.Outcomes(store, store, Roster(), grants, SETTINGS, AsyncMock()),
        "inbound": lambda: InboundTexts(store, grants),
        "receipts": lambda: Receipts(store, grants, 0.1),
    }[kind]()
    frame: Any = {
        "outcomes": pb.OutcomeFrame(outcomes=[pb.Outcome(device_id=2, message_id=n) for n in (1, 2)]),
        "inbound": pb.InboundFrame(
            inbound=[pb.Inbound(device_id=2, inbound_id=f"{n}", sender="601") for n in (1, 2)]
        ),
        "receipts": pb.ReceiptFrame(
            receipts=[pb.Receipt(device_id=2, wire_id=f"W{n}", kind=pb.Receipt.KIND_READ) for n in (1, 2)]
        ),
    }[kind]
    hosts = [Attachment(pb.Hello(host_id=name[0], incarnation=name)) for name in ("a1", "a2", "b1")]
    kept.add(hosts[0], frame)
    with pytest.raises(ResourceExhausted):
        kept.add(hosts[1], frame)
    kept.add(hosts[2], frame)


@pytest.mark.parametrize("kind", ["outcomes", "inbound", "receipts"])
async def test_what_a_host_says_of_a_device_that_it_never_held_is_reported_and_changes_nothing(kind, counted):
    class Ungranted(Store):
        async def granted(self, _reports):
            return set()

    store: Any = Ungranted(ValueError())
    grants = Grants(store, Roster())
    attachment = Attachment(pb.Hello(host_id="a"))
    kept: Any
    frame: Any
    match kind:
        case "outcomes":
            kept = outcomes.Outcomes(store, store, Roster(), grants, SETTINGS, AsyncMock())
            frame = pb.OutcomeFrame(outcomes=[sent(2)])
        case "inbound":
            kept = InboundTexts(store, grants)
            frame = pb.InboundFrame(inbound=[pb.Inbound(device_id=2, inbound_id="x", sender="601")])
        case _:
            kept = Receipts(store, grants, 0.1)
            frame = pb.ReceiptFrame(
                receipts=[pb.Receipt(device_id=2, wire_id="W", kind=pb.Receipt.KIND_READ)]
            )
    kept.add(attachment, frame)
    await kept.run_once()
    assert store.recorded == []
    assert counted[f"dispatch.{kind.removesuffix('s')}.stranger"] == 1
    assert len(acknowledged(attachment)) == 1
