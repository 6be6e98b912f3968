"""Messages and lines of the ledger as a good run leaves them, for the tests of the checker."""

from dataclasses import replace
from typing import Any

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


def entry(
    seq: int, number: int | None = None, *, late_s: float = 0.0, put_forward_s: float = 0.0, **changes: Any
) -> Entry:
    """The line that accepts message `number`, by default the one of the line's own number.

    So much later than the device's delay, on a machine whose clock was put forward before by so much.
    """
    mono = DELAY_S * seq + late_s
    plain = Entry(
        seq=seq,
        time=1000.0 + mono + put_forward_s,
        mono=mono,
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


STOP = period(Invariant.OPTED_OUT, 9.0)


def answer(number: int, stop: NoSendPeriod) -> MessageRecord:
    """Of no enrollment; to the person who said so."""
    return message(number, enrollment_id=None, answers_s=stop.begin_s)
