"""`kompang campaigns`: needs KOMPANG_GATEWAY_ADDRESS and KOMPANG_API_KEY."""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.live import Live

from gateway.cli.campaigns import show
from gateway.cli.campaigns.options import Form, Length, Name, audience, duration, start
from gateway.cli.campaigns.show import Output
from gateway.cli.client import Client
from kompang.v1 import campaigns_pb2 as pb
from kompang.v1 import campaigns_pb2_grpc

app = typer.Typer(no_args_is_help=True, help="One text for an audience of leads.")

_PAGE = 1000
_INTERRUPTED = 130


class Variation(StrEnum):
    """How much the texts differ."""

    NATURAL = "natural"
    NONE = "none"


class OnUnknown(StrEnum):
    """What becomes of a message that may or may not have gone."""

    HOLD = "hold"
    RESEND = "resend"
    GIVE_UP = "give_up"


class OnLate(StrEnum):
    """What becomes of what is overdue."""

    SEND = "send"
    DROP = "drop"
    SHIFT = "shift"


def _run(work: Callable[[Client, Any], Awaitable[Any]]) -> Any:
    async def connected() -> Any:
        async with Client.opened() as client:
            return await work(client, campaigns_pb2_grpc.CampaignsServiceStub(client.channel))

    return asyncio.run(connected())


def _change(method: str, request: Any, output: Output) -> None:
    made = _run(lambda client, stub: client.change(getattr(stub, method), request))
    show.campaign(made, output)


@app.command()
def create(
    text: Annotated[str, typer.Option(help="With {name} and {attr.KEY}; @FILE reads it from a file.")],
    display_name: Annotated[str, typer.Option("--name", help="For people.")] = "",
    filter_: Annotated[
        str,
        typer.Option("--filter", help="Who gets it, e.g. 'attributes.city = \"Ipoh\"'; all leads otherwise."),
    ] = "",
    leads: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A file, a lead a line.")
    ] = None,
    min_delay: Length = "",
    max_delay: Length = "",
    variation: Variation | None = None,
    on_unknown: OnUnknown = OnUnknown.HOLD,
    on_late: OnLate = OnLate.SEND,
    late_tolerance: Length = "",
    output: Form = Output.TEXT,
) -> None:
    """Create a draft."""
    draft = pb.Campaign(
        display_name=display_name,
        text=Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text,
        audience=audience(filter_, leads),
        min_delay=duration(min_delay),
        max_delay=duration(max_delay),
        variation=f"VARIATION_{variation.upper()}" if variation else "VARIATION_UNSPECIFIED",
        on_unknown=f"ON_UNKNOWN_{on_unknown.upper()}",
        on_late=f"ON_LATE_{on_late.upper()}",
        late_tolerance=duration(late_tolerance),
    )
    _change("CreateCampaign", pb.CreateCampaignRequest(campaign=draft), output)


At = Annotated[str, typer.Option(help="When, e.g. 2026-12-01T09:00 with --timezone, or with an offset.")]
Zone = Annotated[str, typer.Option(help="Whose clocks --at is read on, e.g. Asia/Kuala_Lumpur.")]


@app.command()
def forecast(name: Name, at: At = "", timezone: Zone = "", output: Form = Output.TEXT) -> None:
    """Say what a launch would do: who gets it, who does not and why, and until when it takes."""
    request = pb.ForecastCampaignRequest(name=name, **start(at, timezone))
    told = _run(lambda client, stub: client.read(stub.ForecastCampaign, request))
    show.forecast(name, told, output)


@app.command()
def launch(name: Name, at: At = "", timezone: Zone = "", output: Form = Output.TEXT) -> None:
    """Begin now, or at a time."""
    _change("LaunchCampaign", pb.LaunchCampaignRequest(name=name, **start(at, timezone)), output)


@app.command()
def pause(name: Name, output: Form = Output.TEXT) -> None:
    """Hold what was not handed yet; takes effect within 2 seconds."""
    _change("PauseCampaign", pb.PauseCampaignRequest(name=name), output)


@app.command()
def resume(name: Name, output: Form = Output.TEXT) -> None:
    """Go on."""
    _change("ResumeCampaign", pb.ResumeCampaignRequest(name=name), output)


@app.command()
def cancel(name: Name, output: Form = Output.TEXT) -> None:
    """End it for good; takes effect within 2 seconds."""
    _change("CancelCampaign", pb.CancelCampaignRequest(name=name), output)


@app.command()
def clone(
    name: Name,
    display_name: Annotated[str, typer.Option("--name", help="Of the new one.")] = "",
    output: Form = Output.TEXT,
) -> None:
    """Make a draft with the same text, audience and settings."""
    _change("CloneCampaign", pb.CloneCampaignRequest(name=name, display_name=display_name), output)


@app.command()
def retry(name: Name, output: Form = Output.TEXT) -> None:
    """Send again what failed for a reason that may pass."""
    _change("RetryFailed", pb.RetryFailedRequest(name=name), output)


@app.command()
def delete(name: Name) -> None:
    """Remove a draft."""
    request = pb.DeleteCampaignRequest(name=name)
    _run(lambda client, stub: client.change(stub.DeleteCampaign, request))


@app.command("list")
def list_campaigns(output: Form = Output.TEXT) -> None:
    """List all campaigns, oldest first."""

    async def every(client: Client, stub: Any) -> list[pb.Campaign]:
        found: list[pb.Campaign] = []
        request = pb.ListCampaignsRequest(page_size=_PAGE)
        while True:
            page = await client.read(stub.ListCampaigns, request)
            found += page.campaigns
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    show.campaigns(_run(every), output)


@app.command()
def watch(name: Name, output: Form = Output.TEXT) -> None:
    """Show counts, rate and end until it is over; Ctrl-C leaves the campaign as it is."""

    async def follow(client: Client, stub: Any) -> None:
        responses = client.watch(stub.WatchCampaign, pb.WatchCampaignRequest(name=name))
        if output is Output.JSON:
            async for response in responses:
                typer.echo(show.as_json(response.campaign))
            return
        with Live(auto_refresh=False) as live:
            async for response in responses:
                live.update(show.line(response.campaign), refresh=True)

    try:
        _run(follow)
    except KeyboardInterrupt:
        typer.echo(f"kompang: no longer watching; {name} goes on", err=True)
        raise typer.Exit(_INTERRUPTED) from None
