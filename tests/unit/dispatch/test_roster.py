"""Which devices are asked about, and in which order."""

from datetime import UTC, datetime

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.attachment import Attachment
from services.dispatch.devices.roster import Roster
from services.dispatch.devices.slot import Slot
from services.dispatch.devices.store import DeviceRow
from services.dispatch.window.window import Entry

THEN = datetime(2026, 1, 1, tzinfo=UTC)


def row(device_id, shard=0, **changes):
    values = {
        "id": device_id,
        "shard": shard,
        "transport": "simulated",
        "repeatable": True,
        "traceable": False,
        "phone": "+60",
        "state": "active",
        "reason": "",
        "jid": "",
        "proxy": None,
        "updated_at": THEN,
        "min_delay_s": 2.0,
        "max_delay_s": 4.0,
        "idle_s": None,
        "in_flight_id": None,
        "in_flight_at": None,
    }
    return DeviceRow(**(values | changes))


def roster_of(*rows):
    roster, attachment = Roster(), Attachment(pb.Hello(host_id="a"))
    roster.grant({r.shard for r in rows}, attachment)
    roster.admit(rows, now=0.0)
    return roster, attachment


def make_taker(slot, try_at=0.0):
    slot.is_ready, slot.depth, slot.try_at = True, 1, try_at


def test_only_ready_devices_with_something_due_are_asked_about():
    roster, _ = roster_of(row(1), row(2), row(3), row(4))
    make_taker(roster.slot(1))
    make_taker(roster.slot(2), try_at=99.0)
    make_taker(roster.slot(3))
    roster.slot(3).is_ready = False
    make_taker(roster.slot(4))
    roster.slot(4).depth = 0
    assert [slot.device_id for slot in roster.takers(1.0, 10)] == [1]


def test_the_longest_waiting_come_first_when_not_all_fit():
    roster, _ = roster_of(*[row(n) for n in range(1, 6)])
    for n in range(1, 6):
        make_taker(roster.slot(n), try_at=10.0 - n)
    assert [slot.device_id for slot in roster.takers(20.0, 2)] == [5, 4]


def test_a_new_slot_keeps_the_rest_of_its_gap_and_what_is_left_over():
    attachment = Attachment(pb.Hello(host_id="a"))
    left = row(1, idle_s=1.5, in_flight_id=7, in_flight_at=THEN)
    slot = Slot.of(left, attachment, now=100.0, ahead_s=0.3)
    assert slot.next == Entry.of(7, THEN)
    assert 98.2 + 2.0 <= slot.try_at <= 98.2 + 4.0


def test_a_lost_stream_takes_its_devices_along_and_no_others():
    roster, old = roster_of(row(1, shard=0), row(2, shard=1))
    new = Attachment(pb.Hello(host_id="b"))
    roster.grant([1], new)
    roster.admit([row(2, shard=1)], now=0.0)
    roster.detach(old)
    assert roster.shards == [1]
    assert roster.slot(1) is None
    assert roster.slot(2).attachment is new


def test_a_regranted_shard_forgets_old_credits():
    roster, attachment = roster_of(row(1))
    make_taker(roster.slot(1))
    roster.grant([0], attachment)
    roster.admit([row(1)], now=0.0)
    assert roster.takers(1.0, 10) == []


def test_entries_keep_the_key_of_the_row_exactly():
    at = datetime(2026, 11, 23, 17, 4, 5, 123457, tzinfo=UTC)
    assert Entry.of(5, at).scheduled_at == at


def test_the_first_credit_since_a_grant_is_not_kept_waiting():
    roster, attachment = roster_of(row(1))
    roster.credit(1, attachment)
    assert roster.slot(1).is_ready
    assert roster.first_credit.is_set()
    roster.first_credit.clear()
    roster.credit(1, attachment)
    assert not roster.first_credit.is_set()


def test_a_credit_of_a_stream_that_lost_the_shard_is_none():
    roster, _ = roster_of(row(1))
    roster.credit(1, Attachment(pb.Hello(host_id="b")))
    assert not roster.slot(1).is_ready
