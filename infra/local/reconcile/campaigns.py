"""A campaign's message rows, its list of leads and its counts agree. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from infra.local.reconcile.records import CampaignLeadRecord, CampaignRecord, MessageRecord
from infra.local.reconcile.report import Invariant, Violation


def wrong_campaigns(
    campaigns: Iterable[CampaignRecord],
    leads: Iterable[CampaignLeadRecord],
    messages: Iterable[MessageRecord],
) -> Iterator[Violation]:
    """Each disagreement, campaign by campaign."""
    rows: defaultdict[int, list[MessageRecord]] = defaultdict(list)
    noted: defaultdict[int, list[CampaignLeadRecord]] = defaultdict(list)
    counts = {campaign.id: campaign.counts for campaign in campaigns}
    for message in messages:
        if message.campaign_id is not None:
            rows[message.campaign_id].append(message)
    for lead in leads:
        noted[lead.campaign_id].append(lead)
    for number in sorted(counts.keys() | rows.keys() | noted.keys()):
        name = f"campaigns/{number}"
        counted, found = dict(counts.get(number, {})), Counter(row.state for row in rows[number])
        if counted != found:
            yield Violation(
                Invariant.COUNTED,
                name,
                f"counted {_format_counts(counted)}, rows are {_format_counts(found)}",
            )
        yield from _not_one_per_lead(name, noted[number], rows[number])


def _not_one_per_lead(
    name: str, noted: Sequence[CampaignLeadRecord], rows: Sequence[MessageRecord]
) -> Iterator[Violation]:
    written = {(row.lead_id, row.id) for row in rows}
    known = {(lead.lead_id, lead.message_id) for lead in noted}
    for lead, message in sorted(written - known):
        yield Violation(
            Invariant.ONE_PER_LEAD, f"messages/{message}", f"{name} does not list it for leads/{lead}"
        )
    for lead, message in sorted(known - written):
        yield Violation(
            Invariant.ONE_PER_LEAD, f"messages/{message}", f"missing: {name} has it, to leads/{lead}"
        )
    for lead, count in Counter(row.lead_id for row in rows).items():
        if count > 1:
            yield Violation(Invariant.ONE_PER_LEAD, f"leads/{lead}", f"{count} messages of {name}")


def _format_counts(counts: dict[str, int]) -> str:
    return " ".join(f"{state} {count}" for state, count in sorted(counts.items())) or "none"
