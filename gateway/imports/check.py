"""Pure: what is wrong with the options of an import as a caller wrote them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from gateway import wire
from gateway.imports.columns.synonyms import FIELDS
from gateway.imports.errors import FileError
from gateway.imports.reading import encoding
from gateway.imports.reading.delimiter import is_delimiter
from gateway.leads.model import CONSENT_TOO_LONG, is_consent_too_long
from gateway.phones import Notation
from kompang.v1 import imports_pb2 as pb
from services.runtime.errors import Violation

# Clocks differ: a permission given "just now" elsewhere may be a little ahead of us.
_SKEW = timedelta(minutes=1)


def check_start(request: pb.ImportLeadsRequest) -> list[Violation]:
    """The rules that code knows for the first message of ImportLeads."""
    options = request.start.options
    return [
        *_check_country(options.country),
        *_check_columns(options),
        *_check_consent(options),
        *_check_encoding(options.encoding),
        *_check_delimiter(options.delimiter),
    ]


def _check_country(country: str) -> Iterator[Violation]:
    try:
        Notation(country)
    except ValueError:
        yield Violation(
            "start.options.country", "is no country with phone numbers; send two letters such as MY"
        )


def _check_columns(options: pb.ImportOptions) -> Iterator[Violation]:
    taken: dict[str, int] = {}
    for index, column in enumerate(options.columns):
        path = f"start.options.columns[{index}].field"
        if column.field not in FIELDS and not column.field.startswith("attr."):
            yield Violation(path, f"is no field; use one of {', '.join(FIELDS)}, or attr.KEY")
        elif column.field != "ignore" and taken.setdefault(column.field, index) != index:
            yield Violation(path, "is given to two columns; leave one of them out")


def _check_consent(options: pb.ImportOptions) -> Iterator[Violation]:
    if is_consent_too_long(options.consent.source, options.consent.wording):
        yield Violation("start.options.consent.wording", CONSENT_TOO_LONG)
    if not options.consent.HasField("grant_time"):
        return
    path = "start.options.consent.grant_time"
    try:
        granted = wire.moment(options.consent.grant_time)
    except ValueError:
        yield Violation(path, "is no time between the years 1 and 9999; send seconds since 1970 and nanos")
        return
    if granted > datetime.now(UTC) + _SKEW:
        yield Violation(path, "is in the future; send when the permission was given, in UTC")


def _check_encoding(name: str) -> Iterator[Violation]:
    try:
        if name:
            encoding.known(name)
    except FileError as error:
        yield Violation("start.options.encoding", error.because)


def _check_delimiter(delimiter: str) -> Iterator[Violation]:
    if delimiter and not is_delimiter(delimiter):
        yield Violation("start.options.delimiter", "cannot stand between cells; use one such as ; or a tab")
