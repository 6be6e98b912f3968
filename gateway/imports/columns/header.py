"""What the columns of a file are, decided once on its first rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from gateway.imports.cells.text import storable
from gateway.imports.columns import phone_column, remarks, synonyms
from gateway.imports.columns.country_column import find_country
from gateway.imports.columns.fields import all_fields, given_fields, named_fields, other_names
from gateway.imports.columns.header_row import folded, looks_like_phone
from gateway.imports.columns.wish_columns import answered_phones, field_of, wishes_of
from gateway.imports.errors import FileError
from gateway.imports.fields import IGNORE, PHONE
from gateway.imports.wishes.asides import Legend
from gateway.imports.wishes.inside import is_doubtful
from gateway.imports.wishes.meaning import Wish, explain
from gateway.imports.wishes.question import question
from gateway.imports.wishes.recognize import Recognized
from gateway.imports.wishes.yes_no import Kind, columns_of_yes_and_no

_MOST_COLUMNS = 2000


@dataclass(frozen=True)
class Columns:
    """`fields` says what each column is; `headers` is as the file has it, empty when it has none.

    Attributes that also stand in for a field whose own cell is empty, best first: `other_phones`, and
    `other_names`, each of some columns that make one name together. `wishes`: the columns that say whether
    people want to be written to. `watched`: attributes in which a word for an opt-out counts, too.
    `open`, `full`: attributes of nothing, or of yes, so far, under a title that nobody knows: an answer that
    comes later refuses its row, and of the second an empty cell. `country`: an attribute that says where
    local numbers are from.
    """

    fields: tuple[str, ...]
    headers: tuple[str, ...]
    other_phones: tuple[int, ...] = ()
    other_names: tuple[tuple[int, ...], ...] = ()
    wishes: tuple[Wish, ...] = ()
    watched: tuple[int, ...] = ()
    open: tuple[int, ...] = ()
    full: tuple[int, ...] = ()
    country: int | None = None
    # Headings between people: from which line on, and what each says of those below it.
    sections: tuple[tuple[int, str], ...] = ()


def resolve(
    first: Sequence[str],
    sample: Sequence[Sequence[str]],
    mapping: Mapping[str, str],
    *,
    has_wishes: bool = True,
    more: Sequence[Sequence[str]] = (),
    legends: Mapping[int, Legend] = MappingProxyType({}),
) -> Columns:
    """From the first row, some rows after it, and what the caller said: column -> field.

    `has_wishes`: whether columns that say who may be written to are looked for. `more`: rows after the
    sample. `legends`: what lines of the file say of the values of a column. Raises `FileError` on `columns`,
    or on `options.columns` when the caller names what is not there.
    """
    count = len(first)
    if count > _MOST_COLUMNS:
        raise FileError("file", f"has {count} columns; export at most {_MOST_COLUMNS}")
    has_header = not _is_row(first, sample, mapping)
    headers = tuple(storable(cell.strip()) for cell in first) if has_header else ()
    given = dict(given_fields(first, headers, mapping))
    answers = answered_phones(headers, sample, given)
    found = named_fields(count, headers, sample, given, answers)
    explained = {index: legend for index, legend in legends.items() if _is_open(index, given, found)}
    given |= dict.fromkeys(explained, "consent")
    wishes, unclear = (
        wishes_of(count, headers, sample, given, found, answers) if has_wishes else Recognized([], [])
    )
    wishes = [explain(wish, explained.get(wish.index, ())) for wish in wishes]
    for wish in wishes:
        if field := field_of(wish, found):
            found[wish.index] = field
    fields = tuple(all_fields(count, headers, sample, found))
    places = {wish.index: wish for wish in wishes}
    free = [index for index in range(count) if index not in given and _has_no_meaning(fields[index])]
    rows = [*sample, *more]
    kinds = columns_of_yes_and_no(headers, free, rows, places, unclear) if has_wishes else {}
    nested = [index for index in free if has_wishes and _is_doubtful(headers, index, rows)]
    if asked := {index for index, kind in kinds.items() if kind is Kind.DIVIDED}.union(unclear, nested):
        raise FileError("columns", question(headers, asked, rows))
    if PHONE not in fields:
        raise FileError("columns", remarks.no_phone(first, headers, sample))
    return Columns(
        fields,
        headers,
        phone_column.other_phones(headers, fields, sample, given | dict.fromkeys(answers, "")),
        other_names(headers, fields, given),
        tuple(wishes),
        tuple(index for index in free if index not in places),
        open=tuple(index for index, kind in kinds.items() if kind is Kind.OPEN),
        full=tuple(index for index, kind in kinds.items() if kind is Kind.FULL),
        country=find_country(headers, fields, sample),
    )


def _is_open(index: int, given: Mapping[int, str], found: Mapping[int, str]) -> bool:
    """Whether a legend may count: the caller has not said otherwise, and it is no other field."""
    return given.get(index, "consent") == "consent" and found.get(index, "consent") == "consent"


def _is_doubtful(headers: Sequence[str], index: int, rows: Sequence[Sequence[str]]) -> bool:
    header = headers[index] if index < len(headers) else ""
    return is_doubtful(header, (row[index] for row in rows if index < len(row)))


def warnings(columns: Columns) -> list[str]:
    """What the sender of a file should know of its columns, in sentences."""
    warning = "" if columns.other_names else remarks.without_names(columns.headers, columns.fields)
    return [warning] if warning else []


def _has_no_meaning(field: str) -> bool:
    return field.startswith("attr.") or field == IGNORE


def _is_row(cells: Sequence[str], sample: Sequence[Sequence[str]], mapping: Mapping[str, str]) -> bool:
    """Whether a row is no header: a header has no phone number in it, unless other cells name the columns."""
    names = {folded(each) for each in mapping if not each.isdecimal()}
    if not any(map(looks_like_phone, cells)) or names & set(map(folded, cells)):
        return False
    return not any(
        synonyms.phone_rank(cell) is not None and phone_column.has_phones(sample, index)
        for index, cell in enumerate(cells)
    )
