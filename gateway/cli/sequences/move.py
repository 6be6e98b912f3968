"""`kompang sequences move`: leads in flight, to the newest version."""

import json
import sys
from collections import Counter
from typing import Annotated

import typer

from gateway.cli import calls
from gateway.cli.exit_codes import Interrupted
from gateway.cli.output import Form, Output, echo
from gateway.cli.sequences.options import Name
from gateway.client import Client
from kompang.v1 import sequences_pb2 as pb

_COUNTS = {
    "moved_count": "movedCount",
    "unchanged_count": "unchangedCount",
    "waiting_count": "waitingCount",
    "rewritten_count": "rewrittenCount",
    "added_count": "addedCount",
    "dropped_count": "droppedCount",
}


def move(
    name: Name,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count and change nothing.")] = False,
    output: Form = Output.TEXT,
) -> None:
    """Move leads in flight to the newest version of their steps and links.

    What was sent stays as it is. Instead of what is still to come, each lead gets the newest steps after the
    last one it got, at the newest distances. Nothing is sent twice, and no backlog is sent in a burst.
    """
    counts = Counter[str]()
    try:
        calls.run(lambda client: _every_call(client, name, counts, is_dry=dry_run))
    except (Interrupted, KeyboardInterrupt):
        raise Interrupted(
            "interrupted: leads that were moved stay moved, the same command moves the rest"
        ) from None
    if output is Output.JSON:
        typer.echo(json.dumps({"name": name, "validateOnly": dry_run} | _shown(counts)))
        return
    for line in lines(counts, is_dry=dry_run):
        echo(line)


async def _every_call(client: Client, name: str, total: Counter[str], *, is_dry: bool) -> None:
    token = ""
    while True:
        request = pb.MoveEnrollmentsRequest(name=name, validate_only=is_dry, page_token=token)
        moved = await calls.changed(client, client.sequences.MoveEnrollments, request)
        total.update({field: getattr(moved, field) for field in _COUNTS})
        token = moved.next_page_token
        if not token:
            return
        if sys.stderr.isatty():
            echo(f"{total['moved_count']:,} leads so far", err=True)


def _shown(counts: Counter[str]) -> dict[str, int]:
    return {shown: counts[field] for field, shown in _COUNTS.items()}


def lines(counts: Counter[str], *, is_dry: bool) -> list[str]:
    """The result of a move, as a text for people."""
    would = "would be " if is_dry else ""
    texts = [
        (
            f"{counts['moved_count']:,} leads {would}moved: {counts['rewritten_count']:,} messages rewritten,"
            f" {counts['added_count']:,} added, {counts['dropped_count']:,} dropped"
        ),
        f"{counts['unchanged_count']:,} leads are on the newest version already",
    ]
    if counts["waiting_count"]:
        texts.append(
            f"{counts['waiting_count']:,} leads have a message under way; run the same command later to move"
            " them"
        )
    return texts
