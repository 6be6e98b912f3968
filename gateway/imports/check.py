"""Pure: what is wrong with the options of an import as a caller wrote them."""

from collections.abc import Iterator

from gateway.imports.columns.synonyms import FIELDS
from gateway.imports.errors import FileError
from gateway.imports.reading import encoding
from gateway.imports.reading.delimiter import is_delimiter
from gateway.leads.check import check_consent
from gateway.phones.check import check_country
from kompang.v1 import imports_pb2 as pb
from services.runtime.errors import Violation


# Fields that several columns may be.
_SEVERAL = ("ignore", "consent", "opt_out")


def check_start(request: pb.ImportLeadsRequest) -> list[Violation]:
    """The rules that code knows for the first message of ImportLeads."""
    options = request.start.options
    return [
        *check_country("start.options.country", options.country),
        *_check_columns(options),
        *check_consent("start.options.consent", options.consent),
        *_check_encoding(options.encoding),
        *_check_delimiter(options.delimiter),
    ]


def _check_columns(options: pb.ImportOptions) -> Iterator[Violation]:
    taken: dict[str, int] = {}
    for index, column in enumerate(options.columns):
        path = f"start.options.columns[{index}].field"
        if column.field not in FIELDS and not column.field.startswith("attr."):
            yield Violation(path, f"is no field; use one of {', '.join(FIELDS)}, or attr.KEY")
        elif column.field not in _SEVERAL and taken.setdefault(column.field, index) != index:
            yield Violation(path, "is given to two columns; leave one of them out")


def _check_encoding(name: str) -> Iterator[Violation]:
    try:
        if name:
            encoding.known(name)
    except FileError as error:
        yield Violation("start.options.encoding", error.because)


def _check_delimiter(delimiter: str) -> Iterator[Violation]:
    if delimiter and not is_delimiter(delimiter):
        yield Violation("start.options.delimiter", "cannot stand between cells; use one such as ; or a tab")
