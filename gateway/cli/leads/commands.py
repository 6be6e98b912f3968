"""`kompang leads`: needs KOMPANG_GATEWAY_ADDRESS and KOMPANG_API_KEY."""

import json
import sys
from typing import Annotated, NoReturn

import typer

from gateway.cli import calls
from gateway.cli.leads.display import show_explanation, show_lead, show_leads
from gateway.cli.leads.imports.commands import import_
from gateway.cli.leads.imports.suppress import suppress, undo_suppressions
from gateway.cli.leads.options import Device, Lead
from gateway.cli.output import Form, Output, as_dict, print_json, show
from gateway.client import Client
from kompang.v1 import explain_pb2, leads_pb2, messages_pb2
from services.runtime.errors import FailedPrecondition

app = typer.Typer(no_args_is_help=True, help="The people who may receive messages.")
app.command("import")(import_)
app.command("suppress")(suppress)
app.command("undo-suppressions")(undo_suppressions)

# The most messages that `explain` lists.
_MOST_OPEN = 50
_OPEN = [
    messages_pb2.Message.STATE_PENDING,
    messages_pb2.Message.STATE_HANDED,
    messages_pb2.Message.STATE_UNKNOWN,
]


@app.command("list")
def list_(
    trigger: Annotated[str, typer.Option(help="Only with this trigger.")] = "",
    device: Device = "",
    *,
    doubted: Annotated[
        bool, typer.Option("--doubted", help="Only those whose reply was perhaps a stop; nobody decided yet.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="The most to list.")] = 50,
    output: Form = Output.TEXT,
) -> None:
    """List leads, oldest first."""
    request = leads_pb2.ListLeadsRequest(trigger=trigger, device=device, doubted=doubted)

    async def listed(opened: Client) -> None:
        pages = opened.pages(opened.leads.ListLeads, request, "leads", limit)
        if output is Output.JSON:
            async for each in pages:
                print_json(each)
            return
        found = [each async for each in pages]
        show_leads(found, is_cut=len(found) == limit)

    calls.run(listed)


@app.command("get")
def get(lead: Lead, output: Form = Output.TEXT) -> None:
    """Show one lead."""
    show(calls.read("leads", "GetLead", leads_pb2.GetLeadRequest(name=lead)), output, show_lead)


@app.command("explain")
def explain(lead: Lead, output: Form = Output.TEXT) -> None:
    """Say why a lead gets messages or does not: every guard, the messages to come, the next one's time."""
    explanation, waiting = calls.run(lambda opened: _explained(opened, lead))
    if output is Output.JSON:
        print_json(explanation, open=[as_dict(each) for each in waiting])
    else:
        show_explanation(explanation, waiting)


async def _explained(
    opened: Client, lead: str
) -> tuple[explain_pb2.LeadExplanation, list[messages_pb2.Message]]:
    explanation = await opened.call(opened.leads.ExplainLead, leads_pb2.ExplainLeadRequest(name=lead))
    request = messages_pb2.ListMessagesRequest(lead=lead, states=_OPEN)
    pages = opened.pages(opened.messages.ListMessages, request, "messages", _MOST_OPEN)
    return explanation, [each async for each in pages]


@app.command("export")
def export(lead: Lead, output: Form = Output.TEXT) -> None:
    """Print everything known about one lead as JSON, for a person who asks; the audit records the export."""
    known = calls.read("leads", "ExportLead", leads_pb2.ExportLeadRequest(name=lead))
    if output is Output.JSON:
        print_json(known)
    else:
        typer.echo(json.dumps(as_dict(known), ensure_ascii=False, indent=2))


@app.command("resume")
def resume(lead: Lead, output: Form = Output.TEXT) -> None:
    """Resume the sequences that a reply of this lead holds; their messages keep their intervals."""
    show(calls.change("leads", "ResumeLead", leads_pb2.ResumeLeadRequest(name=lead)), output, show_lead)


@app.command("confirm-suppression")
def confirm_suppression(lead: Lead, output: Form = Output.TEXT) -> None:
    """Decide that a reply which was perhaps a stop was one: the lead stays suppressed."""
    request = leads_pb2.ConfirmSuppressionRequest(name=lead)
    show(calls.change("leads", "ConfirmSuppression", request), output, show_lead)


@app.command("undo-suppression")
def undo_suppression(lead: Lead, output: Form = Output.TEXT) -> None:
    """Decide that a reply which was perhaps a stop was none: the lead may be written to again.

    What ended stays ended. A stop word, an operator's suppression and an import's are not lifted.
    """
    request = leads_pb2.UndoSuppressionRequest(name=lead)
    show(calls.change("leads", "UndoSuppression", request), output, show_lead)


@app.command("erase")
def erase(
    lead: Lead,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    output: Form = Output.TEXT,
) -> None:
    """Remove a person for good: number, name, attributes, evidence of consent.

    What is pending is cancelled. Kept are its messages and enrollments, as numbers without anybody behind
    them, and a suppression, if there is one, by a hash of the number: a later import is suppressed too.
    """
    if not yes:
        _ask(lead)
    erased = calls.change("leads", "EraseLead", leads_pb2.EraseLeadRequest(name=lead))
    if output is Output.JSON:
        print_json(erased, name=lead)
    else:
        typer.echo(f"{lead} is erased; {erased.cancelled_count} pending messages cancelled")


def _ask(lead: str) -> None:
    if not sys.stdin.isatty():
        raise typer.BadParameter(
            "the standard input is no terminal to answer a question; add --yes", param_hint="--yes"
        )
    typer.echo(
        f"{lead}: number, name, attributes, evidence of consent are deleted; planned messages are cancelled."
        "\nKept: messages and enrollments, without a name or a number, and a suppression, if there is"
        " one, by a hash of the number.",
        err=True,
    )
    if not typer.confirm("Erase it?", err=True):
        _leave(lead)


def _leave(lead: str) -> NoReturn:
    raise FailedPrecondition(f"{lead} is not erased")
