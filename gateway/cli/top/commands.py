"""`kompang top`: needs KOMPANG_GATEWAY_ADDRESS and KOMPANG_API_KEY."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import typer
from rich.live import Live

from gateway.cli.calls import run
from gateway.cli.output import Form, Output, console, print_json
from gateway.cli.top.display import frame
from gateway.cli.top.keys import quitting
from gateway.client import Client
from kompang.v1 import overview_pb2 as pb

app = typer.Typer()

# One moment takes two looks, because a rate does, and a few seconds more on a busy day.
_LEAST_LOOKS, _MOST_LOOKS = 2, 12


@app.command()
def top(
    *,
    once: Annotated[bool, typer.Option("--once", help="Print one moment and quit.")] = False,
    output: Form = Output.TEXT,
) -> None:
    """Watch the account: devices, campaigns, sends, and messages that need a decision. q quits.

    Where the output is no terminal, print one moment; with --output json, one object a second.
    """
    if output is Output.JSON:
        run(lambda client: _print_objects(client, once=once))
    elif once or not console().is_terminal:
        run(_show_one)
    else:
        run(_live)


async def _print_objects(client: Client, *, once: bool) -> None:
    if once:
        print_json(await _counted(client))
        return
    async for overview in _looks(client):
        print_json(overview)


async def _show_one(client: Client) -> None:
    console().print(frame(await _counted(client)))


async def _live(client: Client) -> None:
    stop = asyncio.Event()
    with Live(console=console(), screen=True, auto_refresh=False) as live, quitting(stop):
        showing = asyncio.create_task(_follow(client, live))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({showing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in (showing, stopping):
                each.cancel()
            await asyncio.wait({showing, stopping})
    if not showing.cancelled():
        # The view runs until it is cancelled, so it ended by an error, which is raised here.
        showing.result()


async def _follow(client: Client, live: Live) -> None:
    async for overview in _looks(client):
        live.update(frame(overview), refresh=True)


async def _counted(client: Client) -> pb.Overview:
    """The first moment with all of the day in it, or the best of what came."""
    overview, looks = pb.Overview(), 0
    async with aclosing(_looks(client)) as watched:
        async for overview in watched:
            looks += 1
            if (overview.counted and looks >= _LEAST_LOOKS) or looks == _MOST_LOOKS:
                break
    return overview


async def _looks(client: Client) -> AsyncGenerator[pb.Overview, None]:
    request = pb.WatchOverviewRequest(name="accounts/-")
    async with aclosing(client.watch(client.overview.WatchOverview, request)) as responses:
        async for response in responses:
            yield response.overview
