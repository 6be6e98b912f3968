"""Imports as the public API shows them."""

from collections.abc import Sequence

from gateway import wire
from gateway.imports.columns.header import warnings
from gateway.imports.model import Counts, Import
from gateway.imports.reading.plan import Plan
from kompang.v1 import imports_pb2 as pb


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
    )


def started_response(stored: Import, resume_offset: int) -> pb.ImportLeadsResponse:
    """The byte at which the caller begins."""
    return pb.ImportLeadsResponse(started=pb.ImportStarted(name=stored.name, resume_offset=resume_offset))


def file_response(plan: Plan, samples: Sequence[str] = ()) -> pb.ImportLeadsResponse:
    """How the file is read."""
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
            warnings=warnings(plan.columns),
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
