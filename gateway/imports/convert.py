"""Imports as the public API shows them."""

from collections.abc import Sequence

from gateway import wire
from gateway.imports.columns.header import Columns, warnings
from gateway.imports.model import Counts, Import
from gateway.imports.reading.plan import Plan
from gateway.imports.wishes.meaning import Wish
from gateway.imports.wishes.tally import Tally
from gateway.unreadable import of_row
from kompang.v1 import imports_pb2 as pb


@of_row(lambda stored: stored.name)
def to_proto(stored: Import) -> pb.Import:
    """One import as a resource."""
    return pb.Import(
        name=stored.name,
        state=pb.Import.STATE_OPEN if stored.finished_at is None else pb.Import.STATE_FINISHED,
        request_id=stored.request_id,
        size=stored.size,
        offset=stored.place.offset,
        rows=stored.counts.rows,
        counts=counts_to_proto(stored.counts),
        create_time=wire.timestamp(stored.created_at),
        finish_time=wire.timestamp(stored.finished_at),
        kind=f"KIND_{stored.kind.upper()}",
    )


def counts_to_proto(counts: Counts) -> pb.ImportCounts:
    """How many rows became what."""
    return pb.ImportCounts(
        created=counts.created,
        updated=counts.updated,
        unchanged=counts.unchanged,
        duplicate=counts.duplicate,
        refused=sum(counts.refused.values()),
        refused_by_reason=counts.refused,
        without_consent=counts.without_consent,
        suppressed=counts.suppressed,
        opted_out=counts.opted_out,
    )


def started_response(stored: Import, resume_offset: int) -> pb.ImportLeadsResponse:
    """The byte at which the caller begins."""
    return pb.ImportLeadsResponse(started=pb.ImportStarted(name=stored.name, resume_offset=resume_offset))


def file_response(
    plan: Plan, samples: Sequence[str] = (), *, with_names: bool = True
) -> pb.ImportLeadsResponse:
    """How the file is read. `with_names`: the people of the list will be called by their names."""
    headers = plan.columns.headers or [str(n + 1) for n in range(len(plan.columns.fields))]
    columns = [
        pb.ImportColumn(column=header, field=field)
        for header, field in zip(headers, plan.columns.fields, strict=True)
    ]
    return pb.ImportLeadsResponse(
        file=pb.ImportedFile(
            encoding=plan.encoding,
            delimiter=plan.delimiter,
            columns=columns,
            has_header=bool(plan.columns.headers),
            samples=samples,
            warnings=warnings(plan.columns) if with_names else (),
        )
    )


def result_response(stored: Import) -> pb.ImportLeadsResponse:
    """The end of a finished import."""
    return pb.ImportLeadsResponse(
        result=pb.ImportResult(
            name=stored.name,
            rows=stored.counts.rows,
            counts=counts_to_proto(stored.counts),
            start_time=wire.timestamp(stored.created_at),
            finish_time=wire.timestamp(stored.finished_at),
        )
    )


def report_column(columns: Columns, index: int, wish: Wish | None, tally: Tally) -> pb.ImportedColumn:
    """A column of a dry run: what it was taken for, and of one about a person's wish its values."""
    shown = pb.ImportedColumn(
        column=columns.headers[index] if columns.headers else "",
        number=index + 1,
        field=columns.fields[index],
        filled_count=tally.filled[index],
    )
    if wish is not None:
        shown.MergeFrom(pb.ImportedColumn(meaning=f"MEANING_{wish.meaning.name}", rule=wish.rule))
        shown.values.extend(
            pb.ValueCount(value=value, answer=f"ANSWER_{said.name}", row_count=count)
            for value, said, count in tally.values(wish)
        )
    return shown


def as_leads_start(start: pb.ImportSuppressionsStart) -> pb.ImportStart:
    """A list of people who are not to be contacted is read as one of leads is."""
    return pb.ImportStart(
        request_id=start.request_id,
        size=start.size,
        head_sha256=start.head_sha256,
        options=pb.ImportOptions(
            country=start.country, columns=start.columns, delimiter=start.delimiter, encoding=start.encoding
        ),
        validate_only=start.validate_only,
    )


def as_suppressions_response(response: pb.ImportLeadsResponse) -> pb.ImportSuppressionsResponse:
    """The same events under the name of the other method."""
    event = response.WhichOneof("event")
    return pb.ImportSuppressionsResponse(**{event: getattr(response, event)} if event else {})
