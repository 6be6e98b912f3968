"""`kompang leads import`: needs KOMPANG_GATEWAY_ADDRESS and KOMPANG_API_KEY."""

import uuid
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import calls
from gateway.cli.exit_codes import Interrupted
from gateway.cli.leads.imports.display import Display
from gateway.cli.leads.imports.file import File
from gateway.cli.leads.imports.upload import Upload
from gateway.cli.names import named
from gateway.cli.output import Form, Output, print_json
from gateway.client import Client
from kompang.v1 import imports_pb2 as pb
from services.runtime.errors import KompangError, Unavailable

_CALL_S = 600.0


def _columns(values: list[str]) -> list[str]:
    for value in values:
        field, equals, column = value.partition("=")
        if not (equals and field and column):
            raise typer.BadParameter("must be FIELD=COLUMN, such as phone=Contact or ignore=Notes")
    return values


def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A CSV file.")],
    country: Annotated[
        str, typer.Option(help="The country of numbers without +, such as MY; that of the account otherwise.")
    ] = "",
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="FIELD=COLUMN", help="The field that a column is; repeat for more."),
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
        columns=[
            pb.ImportColumn(field=field, column=column)
            for field, _, column in (value.partition("=") for value in _columns(columns or []))
        ],
    )
    fingerprint = File.read(file)
    is_own = not (again or request_id)
    request_id = request_id or (str(uuid.uuid4()) if again else fingerprint.request_id(options))
    start = pb.ImportStart(
        request_id=request_id, size=fingerprint.size, head_sha256=fingerprint.head_sha256, options=options
    )
    how = "with the same command" if is_own else f"with --request-id {request_id}"
    with Display(file.name, fingerprint.size) as display:
        try:
            result = calls.run(lambda client: _imported(client, fingerprint, start, display, patience_s))
        except KeyboardInterrupt:
            raise Interrupted(
                f"interrupted after {display.rows} rows; imported rows are kept, resume {how}"
            ) from None
        except Unavailable as error:
            raise Unavailable(f"{error}; imported rows are kept, resume {how}") from None
    _print_result(result, file, request_id, output)


async def _imported(
    client: Client, file: File, start: pb.ImportStart, display: Display, patience_s: float
) -> pb.ImportResult:
    result = await Upload(client.leads, client.metadata, file, start, display.show).run(patience_s)
    if result.counts.refused:
        await _fetch_errors(client, result.name, refused_path(file.path))
    return result


def refused_path(path: Path) -> Path:
    """Where the refused rows of a file are written."""
    return path.with_name(f"{path.name}.refused.csv")


async def _fetch_errors(client: Client, name: str, path: Path) -> None:
    """Writes all of them or nothing: `path` never has a part of them."""
    part = path.with_name(f"{path.name}.part")
    request = pb.GetImportErrorsRequest(name=name)
    try:
        with part.open("wb") as opened:
            async for response in client.stream(client.leads.GetImportErrors, request, timeout_s=_CALL_S):
                opened.write(response.content)
        part.replace(path)
    except OSError as error:
        raise KompangError(f"the refused rows could not be written to {path}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


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
    if counts.suppressed:
        typer.echo(f"{counts.suppressed:,} leads are suppressed and get no message")
    for reason, count in sorted(counts.refused_by_reason.items(), key=lambda each: -each[1]):
        typer.echo(f"  {count:>9,} {reason}")
    if refused:
        typer.echo(f"refused rows: {refused}")
    typer.echo(f"{result.name}, request id {request_id}")
