"""What a dry run tells: columns and what they were taken for, values, rows."""

import typer
from rich.table import Table
from rich.text import Text

from gateway.cli.output import console
from kompang.v1 import imports_pb2 as pb

_ANSWERS = {
    pb.ValueCount.ANSWER_YES: "yes",
    pb.ValueCount.ANSWER_NO: "no",
    pb.ValueCount.ANSWER_PERHAPS_NO: "perhaps no: left alone",
    pb.ValueCount.ANSWER_OPTED_OUT: "opted out",
    pb.ValueCount.ANSWER_NEVER_ASKED: "never asked",
    pb.ValueCount.ANSWER_NOTHING: "says nothing",
    pb.ValueCount.ANSWER_NOT_UNDERSTOOD: "not understood: the row is refused",
}


def show_report(report: pb.ImportReport, *, suppresses: bool = False) -> None:
    """All of it; nothing was written."""
    _show_columns(report)
    _show_values(report)
    counts = report.counts
    typer.echo(f"\n{report.rows:,} rows: {counts.refused:,} refused, {counts.duplicate:,} duplicate")
    for reason, count in sorted(counts.refused_by_reason.items(), key=lambda each: -each[1]):
        typer.echo(f"  {count:>9,} {reason}")
    if suppresses:
        typer.echo(f"{counts.suppressed:,} people would be suppressed")
    else:
        _show_people(report)
    typer.echo("nothing was written: it was a dry run")


def _show_people(report: pb.ImportReport) -> None:
    counts = report.counts
    typer.echo(
        f"their columns say: {report.said_yes:,} yes, {report.said_no:,} no or never asked,"
        f" {report.opted_out:,} opted out, {report.said_nothing:,} nothing"
    )
    if report.said_perhaps_no:
        more = " and others" if report.said_perhaps_no > len(report.perhaps_no_lines) else ""
        typer.echo(
            f"{report.said_perhaps_no:,} say perhaps no, in words that are not listed, and are left alone:"
            f" lines {', '.join(map(str, report.perhaps_no_lines))}{more}. Where that is wrong, answer for"
            ' the column: --map "COLUMN=ignore"'
        )
    typer.echo(f"{counts.created:,} new leads, {counts.unchanged:,} known ones")
    typer.echo(f"{counts.without_consent:,} would have no consent and never be enrolled")
    typer.echo(f"{counts.suppressed:,} would be suppressed and get no message")
    refused = report.said_no + report.said_perhaps_no + report.opted_out
    if report.said_yes and counts.without_consent >= report.said_yes + refused:
        typer.echo(
            "a yes needs evidence too: add --consent and --consent-source, what was agreed to and where"
        )


def _show_columns(report: pb.ImportReport) -> None:
    table = Table("", "column", "field", "filled", "who may be written to", box=None, pad_edge=False)
    for column in report.columns:
        table.add_row(
            str(column.number),
            Text(column.column or "(no title)"),
            Text(column.field),
            f"{column.filled_count:,}",
            Text(column.rule),
        )
    console().print(table)


def _show_values(report: pb.ImportReport) -> None:
    table = Table("column", "value", "says", "rows", box=None, pad_edge=False)
    for column in report.columns:
        for value in column.values:
            title = column.column or f"column {column.number}"
            table.add_row(
                Text(title), Text(value.value), _ANSWERS.get(value.answer, ""), f"{value.row_count:,}"
            )
    if table.row_count:
        console().print()
        console().print(table)
