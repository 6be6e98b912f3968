"""`kompang sequences move`: leads in flight, to the newest version."""

import asyncio
import json
import re
import sys
from collections import Counter
from typing import Annotated

import typer

from gateway.cli.client import Client
from gateway.cli.output import Output
from kompang.v1 import sequences_pb2 as pb
from kompang.v1 import sequences_pb2_grpc

_NAME = re.compile(r"(sequences/)?[a-z0-9-]{1,63}")
_INTERRUPTED = 130
_COUNTS = {
    "moved_count": "movedCount",
    "unchanged_count": "unchangedCount",
    "waiting_count": "waitingCount",
    "rewritten_count": "rewrittenCount",
    "added_count": "addedCount",
    "dropped_count": "droppedCount",
}


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise typer.BadParameter("must be the name of a sequence, such as cold or sequences/cold")
    return value if "/" in value else f"sequences/{value}"


def move(
    name: Annotated[str, typer.Argument(callback=_name, metavar="NAME", help="cold, or sequences/cold.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, and change nothing.")] = False,
    output: Annotated[Output, typer.Option("--output", help="Form of the result.")] = Output.TEXT,
) -> None:
    """Move leads in flight to the newest version of their steps and links.

    What was sent stays as it is. Instead of what is still to come, each lead gets the newest steps after the
    last one it got, at the newest distances; nothing is sent twice, and nothing is caught up in a burst.
    """
    try:
        counts = asyncio.run(_every_call(name, is_dry=dry_run))
    except KeyboardInterrupt:
        typer.echo(
            "kompang: interrupted: who was moved stays moved; the same command does the rest", err=True
        )
        raise typer.Exit(_INTERRUPTED) from None
    if output is Output.JSON:
        told = {shown: counts[field] for field, shown in _COUNTS.items()}
        typer.echo(json.dumps({"name": name, "validateOnly": dry_run} | told))
        return
    for line in lines(counts, is_dry=dry_run):
        typer.echo(line)


async def _every_call(name: str, *, is_dry: bool) -> Counter[str]:
    total: Counter[str] = Counter()
    token = ""
    async with Client.opened() as client:
        stub = sequences_pb2_grpc.SequencesServiceStub(client.channel)
        while True:
            request = pb.MoveEnrollmentsRequest(name=name, validate_only=is_dry, page_token=token)
            moved = await client.change(stub.MoveEnrollments, request)
            total.update({field: getattr(moved, field) for field in _COUNTS})
            token = moved.next_page_token
            if not token:
                return total
            if sys.stderr.isatty():
                typer.echo(f"{total['moved_count']:,} leads so far", err=True)


def lines(counts: Counter[str], *, is_dry: bool) -> list[str]:
    """What was done, for people."""
    would = "would be " if is_dry else ""
    told = [
        (
            f"{counts['moved_count']:,} leads {would}moved: {counts['rewritten_count']:,} messages rewritten,"
            f" {counts['added_count']:,} added, {counts['dropped_count']:,} dropped"
        ),
        f"{counts['unchanged_count']:,} leads are on the newest version already",
    ]
    if counts["waiting_count"]:
        told.append(
            f"{counts['waiting_count']:,} leads have their last message under way; the same command ends"
            " them a little later"
        )
    return told
