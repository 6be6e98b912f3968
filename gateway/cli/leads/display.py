"""Leads on a terminal. Times are UTC."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from gateway.cli.guards import show_guards
from gateway.cli.messages.display import show_explanation as show_message_explanation
from gateway.cli.messages.display import show_messages
from gateway.cli.output import console, moment
from kompang.v1 import explain_pb2
from kompang.v1 import leads_pb2 as pb
from kompang.v1.messages_pb2 import Message


def show_leads(leads: Sequence[pb.Lead], *, is_cut: bool) -> None:
    """A line a lead; `is_cut`: there may be more."""
    table = Table(
        "lead", "number", "name", "trigger", "device", "consent (UTC)", "", box=None, pad_edge=False
    )
    for lead in leads:
        table.add_row(
            lead.name,
            lead.phone,
            Text(lead.display_name),
            lead.trigger,
            lead.device,
            moment(lead.consent.grant_time, known=lead.HasField("consent")),
            _suppressed(lead),
        )
    console().print(table)
    if is_cut:
        console().print("there may be more; raise --limit", style="dim")


def _suppressed(lead: pb.Lead) -> Text:
    if lead.HasField("doubt_time"):
        return Text(f"perhaps, {moment(lead.doubt_time)}", "yellow")
    return Text("suppressed", "red") if lead.suppressed else Text()


def show_lead(lead: pb.Lead) -> None:
    """All of it."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column()
    for title, value in _rows(lead):
        if value:
            table.add_row(title, Text(value))
    console().print(table)


def _rows(lead: pb.Lead) -> list[tuple[str, str]]:
    given = lead.consent
    consent = (
        f"{moment(given.grant_time)} UTC, {given.source}"
        if lead.HasField("consent")
        else "none: never enrolled"
    )
    return [
        ("lead", lead.name),
        ("number", lead.phone),
        ("other forms", ", ".join(lead.other_phones)),
        ("WhatsApp's own id", ", formerly ".join(filter(None, (lead.network_id, *lead.former_network_ids)))),
        ("name", lead.display_name),
        ("trigger", lead.trigger),
        ("device", lead.device),
        ("language", lead.language),
        ("timezone", lead.timezone),
        ("consent", consent),
        ("agreed to", given.wording),
        ("suppressed", "yes: nothing is sent" if lead.suppressed else ""),
        ("in doubt", _doubt(lead)),
        *sorted(lead.attributes.items()),
    ]


def _doubt(lead: pb.Lead) -> str:
    if not lead.HasField("doubt_time"):
        return ""
    return (
        f"a reply of {moment(lead.doubt_time)} UTC was perhaps a stop; read it on the device, then"
        f" kompang leads confirm-suppression {lead.name}, or undo-suppression"
    )


def show_explanation(explanation: explain_pb2.LeadExplanation, waiting: Sequence[Message]) -> None:
    """The guards of every message, the messages to come, and the guards of the next one."""
    console().print(Text(explanation.lead, "bold"))
    show_guards(explanation.guards)
    if not waiting:
        console().print("\nnothing waits to be sent")
        return
    console().print(f"\n{len(waiting)} to be sent")
    show_messages(waiting, is_cut=False)
    if explanation.HasField("next"):
        console().print()
        show_message_explanation(explanation.next)
