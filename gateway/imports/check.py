"""Pure: what is wrong with the options of an import as a caller wrote them."""

from collections.abc import Iterator

from gateway.imports.errors import FileError
from gateway.imports.fields import FIELDS, is_field
from gateway.imports.reading import encoding
from gateway.imports.reading.delimiter import is_delimiter
from gateway.leads.check import check_consent, check_reason
from gateway.phones.check import check_country
from kompang.v1 import imports_pb2 as pb
from services.runtime.errors import Violation

# Fields that several columns may be.
_SEVERAL = ("ignore", "consent", "opt_out")
_OF_SUPPRESSIONS = ("phone", "country_code", "ignore")


def check_start(request: pb.ImportLeadsRequest) -> list[Violation]:
    """The rules that code knows for the first message of ImportLeads."""
    options = request.start.options
    return [
        *check_country("start.options.country", options.country),
        *_check_columns(options),
        *check_consent("start.options.consent", options.consent),
        *_check_encoding(options.encoding, "start.options.encoding"),
        *_check_delimiter(options.delimiter, "start.options.delimiter"),
    ]


def check_suppressions(request: pb.ImportSuppressionsRequest) -> list[Violation]:
    """The rules that code knows for the first message of ImportSuppressions."""
    start = request.start
    return [
        *check_country("start.country", start.country),
        *(
            Violation(f"start.columns[{index}].field", "says nothing here; use phone, country_code or ignore")
            for index, column in enumerate(start.columns)
            if column.field not in _OF_SUPPRESSIONS
        ),
        *check_reason("start.reason", start.reason),
        *_check_encoding(start.encoding, "start.encoding"),
        *_check_delimiter(start.delimiter, "start.delimiter"),
    ]


def _check_columns(options: pb.ImportOptions) -> Iterator[Violation]:
    taken: dict[str, int] = {}
    for index, column in enumerate(options.columns):
        path = f"start.options.columns[{index}].field"
        if not is_field(column.field):
            yield Violation(path, f"is no field; use one of {', '.join(FIELDS)}, or attr.KEY")
        elif column.field not in _SEVERAL and taken.setdefault(column.field, index) != index:
            yield Violation(path, "is given to two columns; leave one of them out")


def _check_encoding(name: str, field: str) -> Iterator[Violation]:
    try:
        if name:
            encoding.known(name)
    except FileError as error:
        yield Violation(field, error.because)


def _check_delimiter(delimiter: str, field: str) -> Iterator[Violation]:
    if delimiter and not is_delimiter(delimiter):
        yield Violation(field, "cannot stand between cells; use one such as ; or a tab")
