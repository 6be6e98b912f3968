"""The checker finds each promise that one wrong row or one wrong line of the ledger breaks."""

from typing import NamedTuple

import pytest

from infra.local.network.ledger import Entry
from infra.local.network.receipts import Receipt
from infra.local.reconcile import Invariant, MessageRecord, NoSendPeriod, Records, reconcile
from tests.unit.reconcile.records import DELAY_S, STOP, answer, entry, message, period, receipt, report
from tests.unit.reconcile.test_campaigns import BROKEN_BOOKS


class Case(NamedTuple):
    messages: list[MessageRecord]
    ledger: list[Entry]
    broken: dict[Invariant, int]
    name: str
    shown: dict[int, str] | None = None
    no_send_periods: tuple[NoSendPeriod, ...] = ()
    receipts: list[Receipt] | None = None


BROKEN = [
    Case([message(1)], [], {Invariant.LOST: 1}, name="sent, not accepted"),
    Case([message(1, state="read")], [], {Invariant.LOST: 1}, name="read, not accepted"),
    Case([message(1, state="failed")], [entry(1)], {Invariant.UNRECORDED: 1}, name="accepted, failed"),
    Case(
        [message(1, state="pending")],
        [entry(1)],
        {Invariant.UNRECORDED: 1, Invariant.UNFINISHED: 1},
        name="accepted, still pending",
    ),
    Case([message(1, state="handed")], [], {Invariant.UNFINISHED: 1}, name="handed for ever"),
    Case([message(1, state="unknown")], [], {Invariant.UNKNOWN: 1}, name="unknown left"),
    Case([message(1, state="unknown")], [entry(1)], {Invariant.UNKNOWN: 1}, name="unknown, accepted"),
    Case([message(1)], [entry(1), entry(2, 1)], {Invariant.TWICE: 1}, name="delivered twice"),
    Case([message(1)], [entry(1), entry(2, 9)], {Invariant.UNKNOWN_ID: 1}, name="an id of no message"),
    Case([message(1)], [entry(1, recipient="60129")], {Invariant.RECIPIENT: 1}, name="wrong person"),
    Case([message(1)], [entry(1, device="60119")], {Invariant.DEVICE: 1}, name="wrong device"),
    Case([message(1)], [entry(1, text_hash="1" * 16)], {Invariant.TEXT: 1}, name="wrong text"),
    Case([message(1, text_hash="")], [entry(1)], {Invariant.TEXT: 1}, name="no hash kept"),
    Case([message(1)], [entry(1)], {Invariant.SHOWN: 1}, name="shown otherwise", shown={1: "1" * 16}),
    Case([message(1)], [entry(1)], {Invariant.SHOWN: 1}, name="not shown", shown={}),
    Case([message(1, state="read")], [entry(1)], {Invariant.ARRIVED: 1}, name="read, not told", receipts=[]),
    Case([message(1)], [entry(1)], {Invariant.ARRIVED: 1}, name="told, not read", receipts=[receipt(1)]),
    Case(
        [message(1, state="delivered")],
        [entry(1)],
        {Invariant.ARRIVED: 1},
        name="taken back",
        receipts=[receipt(1, read=True), receipt(1)],
    ),
    Case(
        [message(1)],
        [entry(1), entry(2, 1, repeat=True, text_hash="1" * 16)],
        {Invariant.SAME_TEXT: 1},
        name="a repeat in other words",
    ),
    Case(
        [message(1), message(2)], [entry(1, 2), entry(2, 1)], {Invariant.ORDER: 1}, name="second step first"
    ),
    Case(
        [message(1), message(2)],
        [entry(1), entry(2, late_s=-0.051, host="host-2")],
        {Invariant.PACING: 1},
        name="too fast, across hosts",
    ),
    Case(
        [message(1), message(2)],
        [entry(1), entry(2, 1, repeat=True), entry(3, 2, late_s=1 - 2 * DELAY_S)],
        {Invariant.PACING: 1},
        name="too fast after a repeat",
    ),
    Case(
        [message(1), message(2)],
        [entry(1), entry(2, late_s=-1.0, put_forward_s=0.9)],
        {Invariant.PACING: 1},
        name="faster than a clock put forward makes it",
    ),
    Case(
        [message(1), message(2)],
        [entry(1), entry(2, late_s=-1.0, put_forward_s=-5.0)],
        {Invariant.PACING: 1},
        name="too fast while the clock is put back",
    ),
    Case([message(1), message(2)], [entry(1), entry(2, epoch=6)], {Invariant.EPOCH: 1}, name="old epoch"),
    Case(
        [message(1)],
        [entry(1), entry(2, 1, repeat=True, epoch=6)],
        {Invariant.EPOCH: 1},
        name="old epoch repeats",
    ),
    Case(
        [message(1)],
        [entry(1)],
        {Invariant.OPTED_OUT: 1},
        name="after the stop, told twice",
        no_send_periods=(period(Invariant.OPTED_OUT, 2.1), period(Invariant.OPTED_OUT, 2.2)),
    ),
    Case(
        [message(1)],
        [entry(1)],
        {Invariant.OPTED_OUT: 1},
        name="between stop and start",
        no_send_periods=(period(Invariant.OPTED_OUT, 2.1, end_s=entry(1).time + 1),),
    ),
    Case(
        [message(1, is_erased=True, recipient="", text_hash="")],
        [entry(1)],
        {Invariant.ERASED: 1},
        name="after the erasure",
        no_send_periods=(period(Invariant.ERASED, 2.1),),
    ),
    Case(
        [answer(1, STOP)],
        [entry(1)],
        {Invariant.ERASED: 1},
        name="an answer after the erasure",
        no_send_periods=(STOP, period(Invariant.ERASED, 9.0)),
    ),
    Case(
        [answer(1, STOP), answer(2, STOP)],
        [entry(1), entry(2)],
        {Invariant.OPTED_OUT: 1},
        name="a second answer",
        no_send_periods=(STOP,),
    ),
    Case(
        [answer(1, STOP)],
        [entry(1, time=STOP.begin_s + 3603)],
        {Invariant.OPTED_OUT: 1},
        name="an answer too late",
        no_send_periods=(STOP,),
    ),
    Case(
        [answer(1, period(Invariant.OPTED_OUT, 30.0))],
        [entry(1)],
        {Invariant.OPTED_OUT: 1},
        name="an answer to another stop",
        no_send_periods=(STOP,),
    ),
    Case(
        [message(1, is_erased=True, text_hash="1" * 16)],
        [entry(1)],
        {Invariant.TEXT: 1},
        name="wrong text, erased",
    ),
    Case(
        [answer(1, STOP), message(1, id=2, wire_id="3EB02")],
        [entry(1), entry(2)],
        {Invariant.OPTED_OUT: 1},
        name="after the answer",
        no_send_periods=(STOP,),
    ),
    Case(
        [message(1), message(2, position=1)],
        [entry(1), entry(2)],
        {Invariant.INCOMPLETE: 1},
        name="a step twice",
    ),
]


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.name)
def test_each_broken_promise_is_found(case: Case) -> None:
    found = report(
        case.messages,
        case.ledger,
        shown=case.shown,
        no_send_periods=case.no_send_periods,
        receipts=case.receipts,
    )
    assert found.broken == case.broken


def test_a_missing_message_is_found() -> None:
    assert report([message(1)], [entry(1)], wanted=2).broken == {Invariant.INCOMPLETE: 1}


def test_an_enrollment_without_messages_is_found() -> None:
    assert report([], [], wanted=11).broken == {Invariant.INCOMPLETE: 1}


def test_messages_without_an_enrollment_are_found() -> None:
    assert reconcile(Records([message(1)], []), [entry(1)]).broken == {Invariant.INCOMPLETE: 1}


def test_every_invariant_has_its_case() -> None:
    books = {each for case in BROKEN_BOOKS for each in case.broken}
    assert set(Invariant) == {invariant for case in BROKEN for invariant in case.broken} | books


def test_a_violation_names_no_number() -> None:
    broken = [report(case.messages, case.ledger) for case in BROKEN]
    lines = [str(violation) for found in broken for violation in found.violations]

    assert lines
    assert not [line for line in lines if "601" in line]
