"""`kompang campaigns`: needs KOMPANG_GATEWAY_ADDRESS and KOMPANG_API_KEY."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.live import Live

from gateway.cli import calls
from gateway.cli.campaigns import display
from gateway.cli.campaigns.options import (
    At,
    Name,
    OnLate,
    OnUnknown,
    Variation,
    Zone,
    audience,
    duration,
    start,
    text_of,
)
from gateway.cli.durations import checked
from gateway.cli.exit_codes import Interrupted
from gateway.cli.output import Form, Output, console, echo, print_json, show
from gateway.client import Client
from kompang.v1 import campaigns_pb2 as pb

app = typer.Typer(no_args_is_help=True, help="One text for an audience of leads.")


def _change(method: str, request: Any, output: Output) -> None:
    display.campaign(calls.change("campaigns", method, request), output)


@app.command()
def create(
    text: Annotated[str, typer.Option(help="With {name} and {attr.KEY}; @FILE reads it from a file.")],
    display_name: Annotated[str, typer.Option("--name", help="A display name.")] = "",
    filter_: Annotated[
        str,
        typer.Option(
            "--filter", help="The leads that get it, e.g. 'attributes.city = \"Ipoh\"'; all leads otherwise."
        ),
    ] = "",
    leads: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A file with one lead a line.")
    ] = None,
    min_delay: Annotated[
        str, typer.Option(callback=checked, help="The shortest gap between two sends of a device: 5s, 1m.")
    ] = "",
    max_delay: Annotated[
        str, typer.Option(callback=checked, help="The longest gap; each gap is drawn between the two.")
    ] = "",
    variation: Annotated[
        Variation | None, typer.Option(help="How much texts differ; the account's otherwise.")
    ] = None,
    on_unknown: Annotated[
        OnUnknown, typer.Option(help="What to do with a message that may or may not have been sent.")
    ] = OnUnknown.HOLD,
    on_late: Annotated[OnLate, typer.Option(help="What to do with an overdue message.")] = OnLate.SEND,
    late_tolerance: Annotated[
        str, typer.Option(callback=checked, help="With --on-late drop: how late is too late; 1h otherwise.")
    ] = "",
    output: Form = Output.TEXT,
) -> None:
    """Create a draft."""
    if late_tolerance and on_late is not OnLate.DROP:
        raise typer.BadParameter("needs --on-late drop", param_hint="--late-tolerance")
    draft = pb.Campaign(
        display_name=display_name,
        text=text_of(text),
        audience=audience(filter_, leads),
        min_delay=duration(min_delay),
        max_delay=duration(max_delay),
        variation=f"VARIATION_{variation.upper()}" if variation else "VARIATION_UNSPECIFIED",
        on_unknown=f"ON_UNKNOWN_{on_unknown.upper()}",
        on_late=f"ON_LATE_{on_late.upper()}",
        late_tolerance=duration(late_tolerance),
    )
    _change("CreateCampaign", pb.CreateCampaignRequest(campaign=draft), output)


@app.command()
def forecast(name: Name, at: At = "", timezone: Zone = "", output: Form = Output.TEXT) -> None:
    """Forecast a launch: how many leads get the message, which do not and why, and when the last goes."""
    request = pb.ForecastCampaignRequest(name=name, **start(at, timezone))
    display.forecast(name, calls.read("campaigns", "ForecastCampaign", request), output)


@app.command()
def launch(name: Name, at: At = "", timezone: Zone = "", output: Form = Output.TEXT) -> None:
    """Launch a draft, now or at a time."""
    _change("LaunchCampaign", pb.LaunchCampaignRequest(name=name, **start(at, timezone)), output)


@app.command()
def pause(name: Name, output: Form = Output.TEXT) -> None:
    """Hold every message that no shard host has yet; takes effect within 2 seconds."""
    _change("PauseCampaign", pb.PauseCampaignRequest(name=name), output)


@app.command()
def resume(name: Name, output: Form = Output.TEXT) -> None:
    """Resume a paused campaign."""
    _change("ResumeCampaign", pb.ResumeCampaignRequest(name=name), output)


@app.command()
def cancel(name: Name, output: Form = Output.TEXT) -> None:
    """Cancel a campaign for good; takes effect within 2 seconds."""
    _change("CancelCampaign", pb.CancelCampaignRequest(name=name), output)


@app.command()
def clone(
    name: Name,
    display_name: Annotated[str, typer.Option("--name", help="The name of the new campaign.")] = "",
    output: Form = Output.TEXT,
) -> None:
    """Make a draft with the same text, audience and settings."""
    _change("CloneCampaign", pb.CloneCampaignRequest(name=name, display_name=display_name), output)


@app.command()
def retry(name: Name, output: Form = Output.TEXT) -> None:
    """Send again the messages that failed for a passing reason."""
    _change("RetryFailed", pb.RetryFailedRequest(name=name), output)


@app.command()
def delete(name: Name, output: Form = Output.TEXT) -> None:
    """Delete a draft."""
    gone = calls.change("campaigns", "DeleteCampaign", pb.DeleteCampaignRequest(name=name))
    if output is Output.JSON:
        print_json(gone, name=name)
    else:
        echo(f"{name} is deleted")


@app.command()
def get(name: Name, output: Form = Output.TEXT) -> None:
    """Show a campaign: counts, text, audience and settings."""
    found = calls.read("campaigns", "GetCampaign", pb.GetCampaignRequest(name=name))
    show(found, output, display.details)


@app.command("list")
def list_campaigns(output: Form = Output.TEXT) -> None:
    """List all campaigns, oldest first."""

    async def every(opened: Client) -> list[pb.Campaign]:
        pages = opened.pages(opened.campaigns.ListCampaigns, pb.ListCampaignsRequest(), "campaigns")
        return [each async for each in pages]

    display.campaigns(calls.run(every), output)


@app.command()
def watch(name: Name, output: Form = Output.TEXT) -> None:
    """Show counts, rate and estimated end until the campaign is over; Ctrl-C does not change it."""

    async def follow(opened: Client) -> None:
        request = pb.WatchCampaignRequest(name=name)
        responses = opened.watch(opened.campaigns.WatchCampaign, request)
        if output is Output.JSON:
            async for response in responses:
                print_json(response.campaign)
            return
        shown = console()
        if not shown.is_terminal:
            await _in_lines(responses)
            return
        with Live(console=shown, auto_refresh=False) as live:
            async for response in responses:
                live.update(display.line(response.campaign), refresh=True)

    try:
        calls.run(follow)
    except KeyboardInterrupt:
        raise Interrupted(f"no longer watching; {name} continues") from None


async def _in_lines(responses: AsyncIterator[pb.WatchCampaignResponse]) -> None:
    """A line at each change, where the output is no terminal."""
    last = ""
    async for response in responses:
        line = display.line(response.campaign)
        if line != last:
            echo(line)
        last = line
