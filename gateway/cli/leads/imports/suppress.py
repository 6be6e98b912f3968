"""`kompang leads suppress FILE` and `kompang leads undo-suppressions`: people who are not to be contacted."""

import re
import uuid
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import calls
from gateway.cli.leads.display import show_lead
from gateway.cli.leads.imports import mapping
from gateway.cli.leads.imports.commands import refused_path, run_import, show_dry_run
from gateway.cli.names import named
from gateway.cli.output import Form, Output, print_json, show
from kompang.v1 import imports_pb2 as pb
from kompang.v1 import leads_pb2

_LEAD = re.compile(r"(leads/)?[1-9][0-9]{0,17}")


def suppress(
    who: Annotated[
        str, typer.Argument(metavar="LEAD|FILE", help="leads/5, or 5; or a CSV file with numbers.")
    ],
    reason: Annotated[str, typer.Option(help="Why, for the record: reply, complaint.")] = "",
    country: Annotated[str, typer.Option(help="Of a file: whose numbers have no +, such as MY.")] = "",
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="COLUMN=FIELD", help="Of a file: what a column is: 'Contact=phone'."),
    ] = None,
    delimiter: Annotated[str, typer.Option(help="Of a file: the delimiter; detected otherwise.")] = "",
    encoding: Annotated[str, typer.Option(help="Of a file: the encoding; detected otherwise.")] = "",
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Of a file: count who would be suppressed; write nothing.")
    ] = False,
    patience_s: Annotated[
        float, typer.Option(min=0, help="Give up after so many seconds without the gateway.")
    ] = 60.0,
    output: Form = Output.TEXT,
) -> None:
    """Suppress a lead, or everybody in a file: nothing is sent to them any more, and what is pending ends.

    Of a file each number is suppressed, also of people who are no leads. `kompang leads undo-suppressions`
    takes an import back.
    """
    if _LEAD.fullmatch(who):
        request = leads_pb2.SuppressLeadRequest(name=named("leads")(who), reason=reason)
        show(calls.change("leads", "SuppressLead", request), output, show_lead)
        return
    path = Path(who)
    if not path.is_file():
        raise typer.BadParameter(
            f"{who} is neither a lead such as leads/5 nor a file", param_hint="LEAD|FILE"
        )
    start = pb.ImportSuppressionsStart(
        reason=reason,
        country=country.upper(),
        delimiter=delimiter.replace("\\t", "\t"),
        encoding=encoding,
        columns=mapping.columns(columns or []),
    )
    if dry_run:
        start.request_id = str(uuid.uuid4())
        show_dry_run(start, path, patience_s, output)
        return
    result, request_id = run_import(start, path, "", patience_s, again=False)
    _print_result(result, path, request_id, output)


def _print_result(result: pb.ImportResult, path: Path, request_id: str, output: Output) -> None:
    refused = str(refused_path(path)) if result.counts.refused else ""
    if output is Output.JSON:
        print_json(result, requestId=request_id, refusedFile=refused)
        return
    counts = result.counts
    typer.echo(
        f"{result.rows:,} rows: {counts.created:,} suppressed now, {counts.unchanged:,} suppressed before,"
        f" {counts.duplicate:,} duplicate, {counts.refused:,} refused"
    )
    if refused:
        typer.echo(f"refused rows: {refused}")
    typer.echo(f"{result.name}; to take it back: kompang leads undo-suppressions {result.name}")


def undo_suppressions(
    name: Annotated[
        str, typer.Argument(callback=named("imports"), metavar="IMPORT", help="imports/12, or 12.")
    ],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count them; remove nothing.")] = False,
    output: Form = Output.TEXT,
) -> None:
    """Take back the suppressions of one import that nobody confirmed since.

    Those stay that were there before, and those of people who wrote STOP since. What ended stays ended.
    """
    request = pb.UndoSuppressionsRequest(name=name, validate_only=dry_run)
    answer = calls.change("leads", "UndoSuppressions", request)
    if output is Output.JSON:
        print_json(answer, name=name)
        return
    would = " would be" if dry_run else ""
    typer.echo(f"{answer.removed_count:,} suppressions of {name}{would} removed")
