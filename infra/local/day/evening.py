"""The last part, the reconciliation: the gateway's counts, the rows and the network's ledger must agree."""

from collections import Counter
from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from infra.local.day.context import Day, accepted_after_opt_out
from infra.local.day.report import DayReport
from infra.local.demo.texts import rendered_hashes
from infra.local.demo.told import all_told, cut_off
from infra.local.network.ledger import read_ledger
from infra.local.network.receipts import read_receipts, receipts_path
from infra.local.reconcile import Records, Report, read_records, reconcile
from services.message.state import MessageState

_STATES = ("sent", "delivered", "read", "failed", "cancelled", "suppressed", "expired", "unknown")
_OPEN = ("pending", "handed", "unknown")
_EXAMPLES = 5
_MOST_ASKED = 20


async def evening(day: Day, key: str) -> Report:
    """The reconciliation, printed as checks and a table."""
    await _resolve_unknown(day)
    report = day.report
    report.section("The evening: the reconciliation")
    counted = await all_told(day.mesh)
    report.check("the network has told what became of each message", not counted.waiting_receipt_count)
    records = await read_records(day.mesh.owner_dsn)
    ledger = read_ledger(day.mesh.ledger_path)
    kept = [message for message in records.messages if not message.is_erased]
    shown = await rendered_hashes(day.mesh, key, kept)
    told = read_receipts(receipts_path(day.mesh.ledger_path))
    reconciliation = reconcile(records, ledger, shown, told, cut_off(day.mesh, records))
    delivered = Counter(entry.wire_id for entry in ledger if not entry.repeat)
    counts = {name: await day.gateway.counts(name) for name in day.campaigns}
    _show(day, counts, _arrived(records, delivered))
    for name, count in counts.items():
        check_campaign(report, records, name, count)
    report.check(
        f"{len(delivered)} different messages arrived, as many as are sent, each once",
        len(delivered) == delivered.total() == reconciliation.sent,
        f"{delivered.total()} deliveries of {len(delivered)}, {reconciliation.sent} sent",
    )
    late = accepted_after_opt_out(day.opt_outs, ledger)
    report.check(
        f"none of the {len(day.opt_outs)} people who wrote a stop word got a message after it", not late, late
    )
    states = {state: reconciliation.states[state] for state in _OPEN if state in reconciliation.states}
    report.check("no message is pending, handed or unknown", not states, states)
    _report_violations(report, reconciliation)
    return reconciliation


async def _resolve_unknown(day: Day) -> None:
    """Resolve what the mesh leaves unknown: nobody repeats a message of a campaign that was cancelled."""
    records = await read_records(day.mesh.owner_dsn)
    unknown = [message for message in records.messages if message.state == MessageState.UNKNOWN]
    if not unknown:
        return
    day.report.section("Was it sent? The line broke, and no acknowledgement came")
    arrived = {entry.wire_id for entry in day.people.arrived()}
    for message in unknown[:_MOST_ASKED]:
        await day.marketer.kompang(
            "messages", "list", "--lead", f"leads/{message.lead_id}", "--state", "unknown"
        )
        has_come = message.wire_id in arrived
        answer = "came" if has_come else "never came"
        day.report.say(f"\nThe marketer asks that person, who says that the message {answer}.")
        settled = "sent" if has_come else "give-up"
        await day.marketer.kompang("messages", "resolve", message.name, "--as", settled)


def _arrived(records: Records, delivered: Mapping[str, int]) -> Counter[str]:
    return Counter(
        f"campaigns/{message.campaign_id}" for message in records.messages if message.wire_id in delivered
    )


def check_campaign(report: DayReport, records: Records, name: str, counted: Counter[str]) -> None:
    """Check that the gateway's counts, the message rows and the campaign's list of leads agree."""
    number = int(name.rpartition("/")[2])
    rows = Counter(message.state for message in records.messages if message.campaign_id == number)
    leads = sum(each.campaign_id == number for each in records.campaign_leads)
    report.check(
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
    day.report.show_output(captured.get())


def _report_violations(report: DayReport, reconciliation: Report) -> None:
    violations = reconciliation.violations
    report.check("every promise is kept, row by row and line by line", not violations, len(violations))
    for invariant, count in reconciliation.broken.items():
        examples = [str(each) for each in violations if each.invariant is invariant][:_EXAMPLES]
        report.check(invariant, None, f"{count} times, such as {'; '.join(examples)}")
    if reconciliation.shown is not None:
        rendered = f"{reconciliation.shown} of {reconciliation.ledger_unique}"
        report.say(f"  texts rendered again, byte for byte: {rendered}")
