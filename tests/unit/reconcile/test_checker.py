"""The checker finds each promise that one wrong row or one wrong line of the ledger breaks."""

from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from infra.local.network.ledger import Entry
from infra.local.network.receipts import Receipt
from infra.local.reconcile import (
    EnrollmentRecord,
    Invariant,
    MessageRecord,
    NoSendPeriod,
    Records,
    Report,
    reconcile,
)
from tests.unit.reconcile.test_campaigns import BROKEN_BOOKS

DELAY_S = 5.0
LEAD = 7
HASH = "00ff00ff00ff00ff"


def message(number: int, **changes: Any) -> MessageRecord:
    """Step `number` of the one enrollment, as a good run leaves it."""
    plain = MessageRecord(
        id=number,
        state="sent",
        device="60111",
        recipient="60122",
        wire_id=f"3EB0{number}",
        min_delay_s=DELAY_S,
        lead_id=LEAD,
        enrollment_id=1,
        position=number,
        text_hash=HASH,
    )
    return replace(plain, **changes)


def entry(seq: int, number: int | None = None, **changes: Any) -> Entry:
    """The line that accepts message `number`, by default the one of the line's own number."""
    plain = Entry(
        seq=seq,
        time=1000.0 + DELAY_S * seq,
        mono=DELAY_S * seq,
        device="60111",
        connection=1,
        epoch=7,
        host="host-1",
        recipient="60122",
        wire_id=f"3EB0{number or seq}",
        text_hash=HASH,
        repeat=False,
    )
    return replace(plain, **changes)


def report(
    messages: list[MessageRecord],
    ledger: list[Entry],
    wanted: int | None = None,
    shown: dict[int, str] | None = None,
    no_send_periods: tuple[NoSendPeriod, ...] = (),
    receipts: list[Receipt] | None = None,
    cut_off: int = 0,
) -> Report:
    steps = sum(each.enrollment_id is not None for each in messages)
    enrollments = [EnrollmentRecord(1, steps if wanted is None else wanted)]
    records = Records(messages, enrollments, no_send_periods=no_send_periods)
    return reconcile(records, ledger, shown, receipts, cut_off)


def receipt(number: int, *, read: bool = False) -> Receipt:
    return Receipt("60111", f"3EB0{number}", read, 2000.0)


def period(promise: Invariant, earlier_s: float, end_s: float | None = None) -> NoSendPeriod:
    """Begun so long before the first line; of the lead, which is also the campaign's number."""
    return NoSendPeriod(promise, LEAD, entry(1).time - earlier_s, end_s)


def test_a_correct_run_has_no_violation() -> None:
    found = report([message(1), message(2), message(3)], [entry(1), entry(2), entry(3)])

    assert not found.violations
    assert (found.messages, found.sent, found.enrolled) == (3, 3, 1)
    assert (found.ledger_unique, found.ledger_repeats) == (3, 0)


def test_one_answer_to_a_stop_word_is_no_violation() -> None:
    silenced = message(1, state="suppressed", text_hash="")

    assert not report([silenced, answer(2, STOP)], [entry(2)], no_send_periods=(STOP,)).violations


def test_messages_that_ended_without_a_send_are_no_violation() -> None:
    ends = [message(n, state=state, text_hash="") for n, state in enumerate(("failed", "cancelled"), start=1)]
    found = report(ends, [])

    assert not found.violations
    assert found.states == {"failed": 1, "cancelled": 1}


def test_a_repeat_counts_as_no_delivery() -> None:
    soon = entry(2, 1, repeat=True, mono=DELAY_S + 0.1)
    found = report([message(1), message(2)], [entry(1), soon, entry(3, 2)])

    assert not found.violations
    assert (found.ledger_unique, found.ledger_repeats) == (2, 1)


def test_what_arrived_and_was_read_is_no_violation() -> None:
    messages = [message(1), message(2, state="delivered"), message(3, state="read")]
    told = [receipt(3, read=True), receipt(2), receipt(3)]

    assert not report(messages, [entry(1), entry(2), entry(3)], receipts=told).violations


def test_of_what_only_a_receipt_told_no_hash_is_kept() -> None:
    """Its host died before it could say what it had sent; what is shown must be the text all the same."""
    told_only = message(1, state="delivered", text_hash="")
    shown = {1: entry(1).text_hash}

    assert not report([told_only], [entry(1)], shown=shown, receipts=[receipt(1)], cut_off=1).violations
    assert report([told_only], [entry(1)], shown={1: "1" * 16}, cut_off=1).broken == {Invariant.SHOWN: 1}


def test_no_more_hashes_are_missing_than_sends_were_cut_off() -> None:
    told_only = [message(number, state="read", text_hash="") for number in (1, 2, 3)]
    ledger = [entry(1), entry(2), entry(3)]

    for cut_off, missing in ((0, 3), (2, 1)):
        assert report(told_only, ledger, cut_off=cut_off).broken == {Invariant.TEXT: missing}


def test_texts_that_were_rendered_again_are_counted() -> None:
    messages, ledger = [message(1), message(2)], [entry(1), entry(2)]

    assert report(messages, ledger).shown is None
    assert report(messages, ledger, shown={1: HASH, 2: HASH}).shown == 2
    assert report(messages, ledger, shown={1: HASH}).shown == 1


def test_a_gap_that_is_50_ms_short_is_no_violation() -> None:
    assert not report([message(1), message(2)], [entry(1), entry(2, mono=2 * DELAY_S - 0.049)]).violations


def test_sends_of_two_devices_need_no_gap() -> None:
    other = message(2, device="60119")
    assert not report([message(1), other], [entry(1), entry(2, device="60119", mono=DELAY_S)]).violations


def test_steps_of_two_enrollments_of_a_lead_may_interleave() -> None:
    second = message(2, enrollment_id=2, position=1)
    found = reconcile(
        Records([message(1), second], [EnrollmentRecord(1, 1), EnrollmentRecord(2, 1, round=2)]),
        [entry(1), entry(2)],
    )
    assert not found.violations


def test_a_send_within_2_s_of_the_opt_out_is_no_violation() -> None:
    stop = period(Invariant.OPTED_OUT, 1.9)
    assert not report([message(1)], [entry(1)], no_send_periods=(stop,)).violations


def test_a_send_after_the_start_word_is_no_violation() -> None:
    taken_back = period(Invariant.OPTED_OUT, 9.0, end_s=entry(1).time - 0.1)
    assert not report([message(1)], [entry(1)], no_send_periods=(taken_back,)).violations


def test_the_answer_may_follow_the_stop_word_later() -> None:
    # Both the suppression and the event tell of the stop.
    stop = period(Invariant.OPTED_OUT, 9.0)
    assert not report([answer(1, stop)], [entry(1)], no_send_periods=(stop, stop)).violations


def test_an_opt_out_of_another_lead_does_not_count() -> None:
    others = NoSendPeriod(Invariant.OPTED_OUT, LEAD + 1, 0), NoSendPeriod(Invariant.HELD, LEAD, 0)
    assert not report([message(1)], [entry(1)], no_send_periods=others).violations


def test_number_and_text_of_an_erased_lead_are_not_compared() -> None:
    erased = message(1, is_erased=True, recipient="erased-7", text_hash="")
    assert not report([erased], [entry(1)], shown={}).violations


def test_an_unknown_message_that_nobody_repeats_is_no_violation() -> None:
    let_be = message(1, state="unknown", is_abandoned=True)
    assert not report([let_be], []).violations
    assert not report([let_be], [entry(1)]).violations


def test_numbers_are_compared_without_their_plus() -> None:
    assert not report([message(1)], [entry(1, device="+60111", recipient="+60122")]).violations


STOP = period(Invariant.OPTED_OUT, 9.0)


def answer(number: int, stop: NoSendPeriod) -> MessageRecord:
    """Of no enrollment; to the person who said so."""
    return message(number, enrollment_id=None, answers_s=stop.begin_s)


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
        [entry(1), entry(2, mono=2 * DELAY_S - 0.051, host="host-2")],
        {Invariant.PACING: 1},
        name="too fast, across hosts",
    ),
    Case(
        [message(1), message(2)],
        [entry(1), entry(2, 1, repeat=True), entry(3, 2, mono=DELAY_S + 1)],
        {Invariant.PACING: 1},
        name="too fast after a repeat",
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
