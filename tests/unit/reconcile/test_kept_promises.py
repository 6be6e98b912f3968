"""The checker finds nothing in a run that kept its promises, however close to their bounds."""

from infra.local.reconcile import EnrollmentRecord, Invariant, NoSendPeriod, Records, reconcile
from tests.unit.reconcile.records import (
    DELAY_S,
    HASH,
    LEAD,
    STOP,
    answer,
    entry,
    message,
    period,
    receipt,
    report,
)


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
    soon = entry(2, 1, repeat=True, late_s=0.1 - DELAY_S)
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


def test_what_another_host_found_out_may_lack_the_hash_too() -> None:
    for is_traceable, missing in ((True, {}), (False, {Invariant.TEXT: 1})):
        found_out = message(1, state="sent", text_hash="", is_traceable=is_traceable)
        assert report([found_out], [entry(1)], cut_off=1).broken == missing
        assert report([found_out], [entry(1)]).broken == {Invariant.TEXT: 1}


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
    assert not report([message(1), message(2)], [entry(1), entry(2, late_s=-0.049)]).violations


def test_a_delay_that_a_clock_put_forward_makes_shorter_is_kept() -> None:
    ledger = [entry(1), entry(2, late_s=-0.9, put_forward_s=0.9)]
    assert not report([message(1), message(2)], ledger).violations


def test_sends_of_two_devices_need_no_gap() -> None:
    other = message(2, device="60119")
    assert not report([message(1), other], [entry(1), entry(2, device="60119", late_s=-DELAY_S)]).violations


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
