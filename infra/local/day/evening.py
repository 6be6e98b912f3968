"""Do all books agree? The gateway's counts, the rows, and what arrived on the street."""

from collections import Counter
from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from infra.local.day.context import Day, heard_after_stop
from infra.local.day.report import Story
from infra.local.demo.texts import shown_again
from infra.local.network.ledger import read_ledger
from infra.local.reconcile import Records, Report, read_records, reconcile

_STATES = ("sent", "failed", "cancelled", "suppressed", "expired", "unknown")
_OPEN = ("pending", "handed", "unknown")
_EXAMPLES = 5
_MOST_ASKED = 20


async def evening(day: Day, key: str) -> Report:
    """The reconciliation, with a table."""
    await _settle(day)
    story = day.story
    story.chapter("The evening: do all books agree?")
    records = await read_records(day.mesh.owner_dsn)
    ledger = read_ledger(day.mesh.ledger_path)
    kept = [message for message in records.messages if not message.is_erased]
    report = reconcile(records, ledger, await shown_again(day.mesh, key, kept))
    delivered = Counter(entry.wire_id for entry in ledger if not entry.repeat)
    counts = {name: await day.desk.counts(name) for name in day.campaigns}
    _show(day, counts, _arrived(records, delivered))
    for name, count in counts.items():
        check_campaign(story, records, name, count)
    story.holds(
        f"{len(delivered)} different messages arrived, as many as are sent, each once",
        len(delivered) == delivered.total() == report.sent,
        f"{delivered.total()} deliveries of {len(delivered)}, {report.sent} sent",
    )
    late = heard_after_stop(day.stopped, ledger)
    story.holds(f"none of the {len(day.stopped)} who said stop heard anything after it", not late, late)
    open_ = {state: report.states[state] for state in _OPEN if state in report.states}
    story.holds("nothing waits, nothing is held, nothing is in doubt", not open_, open_)
    _tell_broken(day, report)
    return report


async def _settle(day: Day) -> None:
    """What nobody asks about again, of what was cancelled meanwhile: somebody has to ask the person."""
    records = await read_records(day.mesh.owner_dsn)
    doubts = [message for message in records.messages if message.state == "unknown"]
    if not doubts:
        return
    day.story.chapter("Did it go? The line broke, and nobody was told")
    arrived = {entry.wire_id for entry in day.street.arrived()}
    for message in doubts[:_MOST_ASKED]:
        await day.marketer.kompang(
            "messages", "list", "--lead", f"leads/{message.lead_id}", "--state", "unknown"
        )
        has_come = message.wire_id in arrived
        day.story.tell(f"\nAsked, that person says it {'came' if has_come else 'never came'}.")
        settled = "sent" if has_come else "give-up"
        await day.marketer.kompang("messages", "resolve", message.name, "--as", settled)


def _arrived(records: Records, delivered: Mapping[str, int]) -> Counter[str]:
    return Counter(
        f"campaigns/{message.campaign_id}" for message in records.messages if message.wire_id in delivered
    )


def check_campaign(story: Story, records: Records, name: str, counted: Counter[str]) -> None:
    """Three books: what the gateway counts, the rows, and who was written down for a message."""
    number = int(name.rpartition("/")[2])
    rows = Counter(message.state for message in records.messages if message.campaign_id == number)
    leads = sum(each.campaign_id == number for each in records.campaign_leads)
    story.holds(
        f"{name}: the counts are the rows, and their sum is its {leads} leads",
        counted == rows and rows.total() == leads,
        f"counted {dict(counted)}, rows {dict(rows)}, {leads} leads",
    )


def _show(day: Day, counts: Mapping[str, Counter[str]], arrived: Counter[str]) -> None:
    table = Table("campaign", "", *_STATES, "sum", "arrived", box=None, pad_edge=False)
    for column in table.columns[2:]:
        column.justify = "right"
    for name, count in counts.items():
        states = [str(count[state] or "·") for state in _STATES]
        table.add_row(name, day.campaigns[name], *states, str(count.total()), str(arrived[name]))
    console = Console(width=110)
    with console.capture() as captured:
        console.print(table)
    day.story.printed(captured.get())


def _tell_broken(day: Day, report: Report) -> None:
    promises = "every promise is kept, row by row and line by line"
    day.story.holds(promises, not report.violations, f"{len(report.violations)} times not")
    for invariant, count in report.broken.items():
        examples = [str(each) for each in report.violations if each.invariant is invariant][:_EXAMPLES]
        day.story.holds(invariant, None, f"{count} times, such as {'; '.join(examples)}")
    if report.shown is not None:
        day.story.tell(f"  texts shown again exactly: {report.shown} of {report.ledger_unique}")
