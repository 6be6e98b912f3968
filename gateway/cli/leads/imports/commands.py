"""`kompang leads import`: needs KOMPANG_GATEWAY_ADDRESS and KOMPANG_API_KEY."""

import os
import uuid
from pathlib import Path
from typing import IO, Annotated

import typer

from gateway.cli import calls
from gateway.cli.exit_codes import Interrupted
from gateway.cli.leads.imports import mapping
from gateway.cli.leads.imports.display import Display
from gateway.cli.leads.imports.file import File
from gateway.cli.leads.imports.report import show_report
from gateway.cli.leads.imports.upload import Start, Upload
from gateway.cli.names import named
from gateway.cli.output import Form, Output, print_json
from gateway.client import Client
from kompang.v1 import imports_pb2 as pb
from services.runtime.errors import KompangError, Unavailable

_CALL_S = 600.0


def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A CSV file.")],
    country: Annotated[
        str, typer.Option(help="The country of numbers without +, such as MY; that of the account otherwise.")
    ] = "",
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="COLUMN=FIELD", help="What a column is: 'Opt-in=consent'; repeat for more."
        ),
    ] = None,
    consent: Annotated[str, typer.Option(help="The words that everybody in the file agreed to.")] = "",
    consent_source: Annotated[str, typer.Option(help="Where they agreed, e.g. 'web form'.")] = "",
    trigger: Annotated[str, typer.Option(help="The trigger of rows that name none.")] = "",
    device: Annotated[
        str,
        typer.Option(
            callback=named("devices"), help="The device of new leads whose row names none: devices/12."
        ),
    ] = "",
    delimiter: Annotated[str, typer.Option(help="The delimiter; detected otherwise.")] = "",
    encoding: Annotated[str, typer.Option(help="The encoding, such as gb18030; detected otherwise.")] = "",
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what each column was taken for; write nothing.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Import a file once more that was imported.")
    ] = False,
    request_id: Annotated[
        str, typer.Option(help="The UUID of the import to resume; made of the file otherwise.")
    ] = "",
    patience_s: Annotated[
        float, typer.Option(min=0, help="Give up after so many seconds without the gateway.")
    ] = 60.0,
    output: Form = Output.TEXT,
) -> None:
    """Import leads from a CSV file.

    The same command resumes an import that stopped. Rows that are refused are written to FILE.refused.csv
    with their reasons; correct them there and import that file. Exits with 0 when the import is finished,
    also when rows were refused.
    """
    if consent and not consent_source:
        raise typer.BadParameter(
            "needs --consent-source too: where the people agreed", param_hint="--consent"
        )
    options = pb.ImportOptions(
        country=country.upper(),
        trigger=trigger,
        device=device,
        delimiter=delimiter.replace("\\t", "\t"),
        encoding=encoding,
        consent=pb.ImportConsent(source=consent_source, wording=consent) if consent_source else None,
        columns=mapping.columns(columns or []),
    )
    if dry_run:
        show_dry_run(pb.ImportStart(request_id=str(uuid.uuid4()), options=options), file, patience_s, output)
        return
    start = pb.ImportStart(options=options)
    result, request_id = run_import(start, file, request_id, patience_s, again=again)
    _print_result(result, file, request_id, output)


def run_import(
    start: Start,
    path: Path,
    request_id: str,
    patience_s: float,
    *,
    again: bool,
) -> tuple[pb.ImportResult, str]:
    """Runs an import to its end; the result, and the request_id by which it is known."""
    file = File.read(path)
    is_own = not (again or request_id)
    request_id = request_id or (
        str(uuid.uuid4())
        if again
        else file.request_id(start.options if isinstance(start, pb.ImportStart) else start)
    )
    start.request_id, start.size, start.head_sha256 = request_id, file.size, file.head_sha256
    how = "with the same command" if is_own else f"with --request-id {request_id}"
    with Display(path.name, file.size) as display:
        try:
            result = calls.run(lambda client: _imported(client, file, start, display, patience_s))
        except KeyboardInterrupt:
            raise Interrupted(
                f"interrupted after {display.rows} rows; imported rows are kept, resume {how}"
            ) from None
        except Unavailable as error:
            raise Unavailable(f"{error}; imported rows are kept, resume {how}") from None
    return result, request_id


def show_dry_run(start: Start, path: Path, patience_s: float, output: Output) -> None:
    """Reads the file as an import would, and shows what would become of it."""
    file = File.read(path)
    start.size, start.head_sha256, start.validate_only = file.size, file.head_sha256, True
    with Display(path.name, file.size) as display:
        report = calls.run(
            lambda client: Upload(client.leads, client.metadata, file, start, display.show).run(patience_s)
        )
    if output is Output.JSON:
        print_json(report)
    else:
        show_report(report, suppresses=not isinstance(start, pb.ImportStart))


async def _imported(
    client: Client,
    file: File,
    start: Start,
    display: Display,
    patience_s: float,
) -> pb.ImportResult:
    result: pb.ImportResult = await Upload(client.leads, client.metadata, file, start, display.show).run(
        patience_s
    )
    if result.counts.refused:
        await _fetch_errors(client, result.name, file.path)
    return result


def refused_path(path: Path) -> Path:
    """Where the refused rows of a file are written."""
    return path.with_name(f"{path.name}.refused.csv")


async def _fetch_errors(client: Client, name: str, listed: Path) -> None:
    """Writes all of them or nothing: there is never a file with a part of them."""
    path = refused_path(listed)
    part = path.with_name(f"{path.name}.part")
    request = pb.GetImportErrorsRequest(name=name)
    try:
        with _begun(part, listed) as opened:
            async for response in client.stream(client.leads.GetImportErrors, request, timeout_s=_CALL_S):
                opened.write(response.content)
        part.replace(path)
    except OSError as error:
        raise KompangError(f"the refused rows could not be written to {path}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def _begun(part: Path, listed: Path) -> IO[bytes]:
    """Who may not read the list may not read its rows; and nothing is written through somebody's link."""
    part.unlink(missing_ok=True)
    mode = listed.stat().st_mode & 0o666 | 0o600
    return os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb")


def _print_result(result: pb.ImportResult, file: Path, request_id: str, output: Output) -> None:
    refused = str(refused_path(file)) if result.counts.refused else ""
    if output is Output.JSON:
        print_json(result, requestId=request_id, refusedFile=refused)
        return
    counts = result.counts
    typer.echo(
        f"{result.rows:,} rows: {counts.created:,} created, {counts.updated:,} updated,"
        f" {counts.unchanged:,} unchanged, {counts.duplicate:,} duplicate, {counts.refused:,} refused"
    )
    if counts.without_consent:
        typer.echo(f"{counts.without_consent:,} leads have no consent and are never enrolled")
    if counts.opted_out:
        typer.echo(f"{counts.opted_out:,} rows say that the person opted out: they are suppressed")
    if counts.suppressed:
        typer.echo(f"{counts.suppressed:,} leads are suppressed and get no message")
    for reason, count in sorted(counts.refused_by_reason.items(), key=lambda each: -each[1]):
        typer.echo(f"  {count:>9,} {reason}")
    if refused:
        typer.echo(f"refused rows: {refused}")
    typer.echo(f"{result.name}, request id {request_id}")
