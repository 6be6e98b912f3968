"""The checker finds each wrong count, list or round of campaigns and sequences."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from infra.local.network.ledger import Entry
from infra.local.reconcile import (
    CampaignLeadRecord,
    CampaignRecord,
    EnrollmentRecord,
    Invariant,
    MessageRecord,
    NoSendPeriod,
    Records,
    reconcile,
)

CAMPAIGN = 4
HASH = "00ff00ff00ff00ff"


def message(number: int, **changes: Any) -> MessageRecord:
    """To lead `number` of the campaign, through a device of its own."""
    plain = MessageRecord(
        number,
        "sent",
        f"60110{number}",
        f"60120{number}",
        f"3EB0{number}",
        1.0,
        number,
        None,
        CAMPAIGN,
        1,
        HASH,
    )
    return replace(plain, **changes)


def step(number: int, enrollment: int, position: int) -> MessageRecord:
    """Cancelled before it went: nothing of it is in the ledger."""
    return MessageRecord(
        number, "cancelled", "60119", "60129", f"3EB0{number}", 1.0, 9, enrollment, None, position
    )


def entry(number: int) -> Entry:
    """Accepts message `number` at 1000 s and its number."""
    device, recipient = f"60110{number}", f"60120{number}"
    return Entry(
        number, 1000.0 + number, number, device, 1, 7, "host-1", recipient, f"3EB0{number}", HASH, False
    )


MESSAGES = [message(1), message(2), message(3, state="failed")]
LEDGER = [entry(1), entry(2)]
GOOD = Records(
    messages=[*MESSAGES, step(11, 1, 1), step(12, 1, 2), step(13, 2, 1), step(14, 2, 2)],
    # Two rounds of one lead, each with its own messages.
    enrollments=[EnrollmentRecord(1, 2, 1, 9, 1), EnrollmentRecord(2, 2, 1, 9, 2, goes_on=True)],
    campaigns=[CampaignRecord(CAMPAIGN, {"sent": 2, "failed": 1})],
    campaign_leads=[CampaignLeadRecord(CAMPAIGN, number, number) for number in (1, 2, 3)],
)


def rounds(*numbers: int, going: Sequence[int] = ()) -> list[EnrollmentRecord]:
    return [
        EnrollmentRecord(place, 2, 1, 9, number, goes_on=place in going)
        for place, number in enumerate(numbers, start=1)
    ]


class Case(NamedTuple):
    records: Records
    broken: dict[Invariant, int]
    name: str


BROKEN_BOOKS = [
    Case(
        replace(GOOD, campaigns=[CampaignRecord(CAMPAIGN, {"sent": 3})]),
        {Invariant.COUNTED: 1},
        name="a count that is no row's",
    ),
    Case(replace(GOOD, campaigns=[]), {Invariant.COUNTED: 1}, name="not counted at all"),
    Case(
        replace(GOOD, campaign_leads=GOOD.campaign_leads[1:]),
        {Invariant.ONE_PER_LEAD: 1},
        name="a message that the campaign does not know",
    ),
    Case(
        replace(GOOD, campaign_leads=[*GOOD.campaign_leads, CampaignLeadRecord(CAMPAIGN, 5, 5)]),
        {Invariant.ONE_PER_LEAD: 1},
        name="a lead without its message",
    ),
    Case(
        replace(
            GOOD,
            messages=[*GOOD.messages, message(5, state="failed", lead_id=3)],
            campaigns=[CampaignRecord(CAMPAIGN, {"sent": 2, "failed": 2})],
            campaign_leads=[*GOOD.campaign_leads, CampaignLeadRecord(CAMPAIGN, 3, 5)],
        ),
        {Invariant.ONE_PER_LEAD: 1},
        name="two messages for one lead",
    ),
    Case(
        replace(GOOD, no_send_periods=[NoSendPeriod(Invariant.HELD, CAMPAIGN, 999.5)]),
        {Invariant.HELD: 1},
        name="after the cancel: the second only, the first was on its way",
    ),
    Case(
        replace(GOOD, no_send_periods=[NoSendPeriod(Invariant.HELD, CAMPAIGN, 990.0, 1001.5)]),
        {Invariant.HELD: 1},
        name="in the pause: the first only, the second came after the resume",
    ),
    Case(
        replace(GOOD, messages=[*GOOD.messages[:-1], step(14, 1, 2)]),
        {Invariant.INCOMPLETE: 2},
        name="a message in the wrong round",
    ),
    Case(
        replace(GOOD, enrollments=rounds(1, 3)),
        {Invariant.ROUNDS: 1},
        name="a round left out",
    ),
    Case(
        replace(GOOD, enrollments=rounds(1, 1)),
        {Invariant.ROUNDS: 1},
        name="a round twice",
    ),
    Case(
        replace(GOOD, enrollments=rounds(1, 2, going=(1, 2))),
        {Invariant.ROUNDS: 1},
        name="two rounds at once",
    ),
]


def test_a_message_that_a_move_replaced_is_not_counted() -> None:
    replaced = replace(step(15, 2, 2), is_replaced=True)
    assert not reconcile(replace(GOOD, messages=[*GOOD.messages, replaced]), LEDGER).violations


def test_correct_campaigns_have_no_violation() -> None:
    found = reconcile(GOOD, LEDGER)
    assert not found.violations
    assert found.enrolled == 2


@pytest.mark.parametrize("case", BROKEN_BOOKS, ids=lambda case: case.name)
def test_each_wrong_campaign_or_round_is_found(case: Case) -> None:
    assert reconcile(case.records, LEDGER).broken == case.broken
