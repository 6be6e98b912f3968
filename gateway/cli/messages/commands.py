"""`kompang messages`: needs KOMPANG_GATEWAY_ADDRESS and KOMPANG_API_KEY."""

from typing import Annotated

import typer

from gateway.cli import calls
from gateway.cli.messages.display import show_explanation, show_message, show_messages, show_text
from gateway.cli.messages.options import Name, Resolution, State
from gateway.cli.names import named
from gateway.cli.output import Form, Output, print_json, show
from gateway.client import Client
from kompang.v1 import messages_pb2 as pb

app = typer.Typer(no_args_is_help=True, help="Messages: planned, sent, failed, and the reasons.")


@app.command("get")
def get(message: Name, output: Form = Output.TEXT) -> None:
    """Show the state of a message."""
    show(calls.read("messages", "GetMessage", pb.GetMessageRequest(name=message)), output, show_message)


@app.command("explain")
def explain(message: Name, output: Form = Output.TEXT) -> None:
    """Say why a message was sent, was not, or is not yet: every guard, and when it passes."""
    request = pb.ExplainMessageRequest(name=message)
    show(calls.read("messages", "ExplainMessage", request), output, show_explanation)


@app.command("text")
def text(message: Name, output: Form = Output.TEXT) -> None:
    """Show the text of a message, sent or to come, and whether its hash proves the text."""
    request = pb.RenderMessageRequest(name=message)
    show(calls.read("messages", "RenderMessage", request), output, show_text)


@app.command("list")
def list_(
    lead: Annotated[str, typer.Option(callback=named("leads"), help="Only to this lead: leads/5.")] = "",
    campaign: Annotated[
        str, typer.Option(callback=named("campaigns"), help="Only of this campaign: campaigns/3.")
    ] = "",
    sequence: Annotated[
        str, typer.Option(callback=named("sequences"), help="Only of this sequence: sequences/cold.")
    ] = "",
    state: Annotated[list[State] | None, typer.Option(help="Only in this state; repeat for more.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The most to list.")] = 50,
    output: Form = Output.TEXT,
) -> None:
    """List messages: of a lead as they are due, of a campaign lead by lead, else enrollment by enrollment.

    Oldest first. Those of campaigns are listed with --campaign or --lead only.
    """
    request = pb.ListMessagesRequest(
        lead=lead,
        campaign=campaign,
        sequence=sequence,
        states=[f"STATE_{each.upper()}" for each in state or ()],
    )

    async def listed(opened: Client) -> None:
        pages = opened.pages(opened.messages.ListMessages, request, "messages", limit)
        if output is Output.JSON:
            async for each in pages:
                print_json(each)
            return
        found = [each async for each in pages]
        show_messages(found, is_cut=len(found) == limit)

    calls.run(listed)


@app.command("resolve")
def resolve(
    message: Name,
    resolution: Annotated[Resolution, typer.Option("--as", help="It was sent, send it again, or give up.")],
    output: Form = Output.TEXT,
) -> None:
    """Resolve a message of which nobody knows whether it was sent.

    A message that is sent again arrives twice when the first attempt was sent, too.
    """
    request = pb.ResolveMessageRequest(name=message, resolution=f"RESOLUTION_{resolution.name}")
    show(calls.change("messages", "ResolveMessage", request), output, show_message)
