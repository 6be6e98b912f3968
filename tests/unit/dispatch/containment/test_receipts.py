"""One bad receipt stops itself alone, and one host that tells too much stops itself alone."""

from typing import Any
from unittest.mock import Mock

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.attachment import Attachment
from services.dispatch.devices.roster import Roster
from services.dispatch.leases.grants import Grants
from services.dispatch.receipts import arrivals
from services.dispatch.receipts import receipts as module
from services.dispatch.receipts.arrivals import Arrivals
from services.dispatch.receipts.receipts import Receipts
from services.dispatch.receipts.store import Arrived
from services.runtime.errors import ResourceExhausted
from tests.unit.dispatch.containment.support import SETTINGS, Store, acknowledged, every_error
from tests.unit.dispatch.containment.test_frames import frames, servicer_of
from tests.unit.dispatch.test_roster import roster_of, row

OURS = "3EB0" + "0123456789ABCDEF01"


def told(device_id: int, wire_id: str = "W", kind: Any = pb.Receipt.KIND_READ) -> pb.Receipt:
    return pb.Receipt(device_id=device_id, wire_id=wire_id, kind=kind)


def receipts_of(store: Any) -> Receipts:
    return Receipts(store, Grants(store, Roster()), SETTINGS.outcome_s)


@every_error
async def test_a_receipt_that_the_database_refuses_is_dropped_and_the_others_are_recorded(error, counted):
    store: Any = Store(error)
    kept, attachment = receipts_of(store), Attachment(pb.Hello(host_id="a"))
    bad = [told(1), told(-1), told(2, ""), told(2, kind=9)]
    kept.add(attachment, pb.ReceiptFrame(frame_id=3, receipts=[*bad, told(2), told(3)]))
    assert await kept.run_once() == 3
    assert sorted(store.recorded) == [2, 3]
    assert (counted["dispatch.receipts"], counted["dispatch.receipt"]) == (1, 3)
    assert acknowledged(attachment) == ["receipt_ack"]
    assert await kept.run_once() == 0


@every_error
async def test_a_device_whose_sum_cannot_be_kept_keeps_no_other_from_its_own(
    error, counted, monkeypatch: pytest.MonkeyPatch
):
    kept: list[int] = []
    undelivered, poor = Mock(), Mock()
    monkeypatch.setattr(arrivals, "_undelivered", undelivered)
    monkeypatch.setattr(arrivals, "_poor", poor)

    class Failing:
        async def arrivals(self, *_: Any) -> list[Arrived]:
            return [Arrived(n, 9, 9, arrived=False, is_poor=True, is_changed=True) for n in (1, 2, 3)]

        async def keep_arrivals(self, found: Any) -> None:
            if any(each.device_id == 1 for each in found):
                raise error
            kept.extend(each.device_id for each in found)

        async def forget_arrivals(self, _shards: Any) -> None:
            kept.append(0)

    store: Any = Failing()
    await Arrivals(store, Roster(), SETTINGS).run_once()
    assert sorted(kept) == [0, 2, 3]
    assert counted["dispatch.arrivals"] == 1
    # What was found is told all the same.
    undelivered.set.assert_called_once_with(27)
    poor.set.assert_called_once_with(3)


async def test_a_host_that_tells_too_much_is_refused_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_MOST_OF_HOST", 10)
    store: Any = Store(ValueError())
    roster, attachment = roster_of(row(2))
    servicer = servicer_of(store, roster)
    servicer._receipts = receipts_of(store)
    rogue, again = (Attachment(pb.Hello(host_id="rogue", incarnation=name)) for name in ("one", "two"))

    def frame(begin: int) -> pb.AttachRequest:
        some = [told(2, f"W{number}") for number in range(begin, begin + 5)]
        return pb.AttachRequest(receipts=pb.ReceiptFrame(frame_id=begin, receipts=some))

    # What it tells again takes no more room.
    await servicer._read(rogue, frames(frame(0), frame(5), frame(0)))
    for each, begin in ((rogue, 10), (again, 0)):
        with pytest.raises(ResourceExhausted):
            await servicer._read(each, frames(frame(begin)))
    servicer._receipts.add(attachment, frame(0).receipts)
    assert await servicer._receipts.run_once() == 15
    assert acknowledged(attachment) == ["receipt_ack"]
    # There is room again.
    servicer._receipts.add(again, frame(0).receipts)


@pytest.mark.parametrize(("wire_id", "is_told"), [(OURS, True), ("60123456789", False), ("x" * 60, False)])
async def test_of_an_id_that_a_host_gives_only_one_of_ours_is_logged(wire_id, is_told, caplog, counted):
    """It may be a number, or a text."""
    store: Any = Store(ValueError())
    kept = receipts_of(store)
    kept.add(Attachment(pb.Hello(host_id="a")), pb.ReceiptFrame(receipts=[told(1, wire_id)]))
    await kept.run_once()
    assert counted["dispatch.receipts"] == 1
    assert (wire_id in str([record.__dict__ for record in caplog.records])) == is_told


def test_receipts_gather_longer_than_outcomes():
    """Else each would come before the outcome of its message, and take the slow way."""
    for outcome_s in (0.01, 0.12, 1.0):
        store: Any = Store(ValueError())
        kept = Receipts(store, Grants(store, Roster()), outcome_s)
        assert kept._buffer._limits.gather_s > outcome_s
