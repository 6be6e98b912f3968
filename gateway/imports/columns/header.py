"""Which column is what: by its header in many languages, or as the caller says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.imports.cells.text import storable
from gateway.imports.columns import phone_column, synonyms, titles
from gateway.imports.columns.attribute_key import unique_attribute
from gateway.imports.columns.header_row import folded, looks_like_phone
from gateway.imports.errors import FileError
from gateway.imports.fields import FIELDS, IGNORE, PHONE, is_field
from gateway.imports.wishes.meaning import Meaning, Wish
from gateway.imports.wishes.question import named, question
from gateway.imports.wishes.recognize import Cells, Recognized, recognized
from gateway.imports.wishes.yes_no import Kind, columns_of_yes_and_no
from gateway.leads.model import MAX_ATTRIBUTES

_MOST_COLUMNS = 2000
_SHOWN = 20
_NAMES = frozenset({"name", "first_name", "middle_name", "last_name"})
_WISHES = ("consent", "opt_out")
# With these in each row nothing else is needed for a permission.
_EVIDENCE = frozenset({"consent_source", "consent_time"})
_NAME_PARTS = ("first_name", "middle_name", "last_name")


@dataclass(frozen=True)
class Columns:
    """`fields` says what each column is; `headers` is as the file has it, empty when it has none.

    Attributes that also stand in for a field whose own cell is empty, best first: `other_phones`, and
    `other_names`, each of some columns that make one name together. `wishes`: the columns that say whether
    people want to be written to. `watched`: attributes in which a word for an opt-out counts, too.
    `open`, `full`: attributes of yes, or of nothing, so far, under a title that nobody knows: a no that
    comes later refuses its row, and of the second an empty cell. `unasked`: those of yes and no, where the
    file gives nobody a permission.
    """

    fields: tuple[str, ...]
    headers: tuple[str, ...]
    other_phones: tuple[int, ...] = ()
    other_names: tuple[tuple[int, ...], ...] = ()
    wishes: tuple[Wish, ...] = ()
    watched: tuple[int, ...] = ()
    open: tuple[int, ...] = ()
    full: tuple[int, ...] = ()
    unasked: tuple[int, ...] = ()


def resolve(
    first: Sequence[str],
    sample: Sequence[Sequence[str]],
    mapping: Mapping[str, str],
    *,
    has_wishes: bool = True,
    gives_permission: bool = False,
    more: Sequence[Sequence[str]] = (),
) -> Columns:
    """From the first row, some rows after it, and what the caller said: column -> field.

    `has_wishes`: whether columns that say who may be written to are looked for. `gives_permission`: everybody
    of the file has a permission. `more`: rows after the sample. Raises `FileError` on `columns`, or on
    `options.columns` when the caller names what is not there.
    """
    if len(first) > _MOST_COLUMNS:
        raise FileError("file", f"has {len(first)} columns; export at most {_MOST_COLUMNS}")
    has_header = not _is_row(first, sample, mapping)
    headers = tuple(storable(cell.strip()) for cell in first) if has_header else ()
    given = dict(_given(first, headers, mapping))
    answers = _answered_phones(headers, sample, given)
    found = _named_fields(len(first), headers, sample, given, answers)
    wishes, unclear = (
        _wishes(len(first), headers, sample, given, found, answers) if has_wishes else Recognized([], [])
    )
    for wish in wishes:
        if field := _field_of(wish, found):
            found[wish.index] = field
    fields = tuple(_fields(len(first), headers, sample, found))
    places = {wish.index: wish for wish in wishes}
    free = [index for index in range(len(first)) if index not in given and _has_no_meaning(fields[index])]
    kinds = columns_of_yes_and_no(headers, free, [*sample, *more], places, unclear) if has_wishes else {}
    divided = {index for index, kind in kinds.items() if kind is Kind.DIVIDED}
    gives_permission = gives_permission or _EVIDENCE.issubset(fields)
    if asked := divided.union(unclear) if gives_permission else unclear:
        raise FileError("columns", question(headers, asked, [*sample, *more]))
    if PHONE not in fields:
        raise FileError("columns", _no_phone(first, headers, sample))
    return Columns(
        fields,
        headers,
        phone_column.other_phones(headers, fields, given | dict.fromkeys(answers, "")),
        _other_names(headers, fields, given),
        tuple(wishes),
        tuple(
            index
            for index, field in enumerate(fields)
            if field.startswith("attr.") and index not in places and index not in given
        ),
        open=tuple(index for index, kind in kinds.items() if kind is Kind.OPEN) if gives_permission else (),
        full=tuple(index for index, kind in kinds.items() if kind is Kind.FULL) if gives_permission else (),
        unasked=tuple(sorted(divided)),
    )


def _has_no_meaning(field: str) -> bool:
    return field.startswith("attr.") or field == IGNORE


def _field_of(wish: Wish, found: Mapping[int, str]) -> str:
    is_time = wish.meaning is Meaning.OPT_IN_TIME and wish.channel != "phone"
    return "consent_time" if is_time and "consent_time" not in found.values() else wish.field


def _answered_phones(
    headers: Sequence[str], sample: Sequence[Sequence[str]], given: Mapping[int, str]
) -> frozenset[int]:
    """The columns named as numbers whose cells are answers: `WhatsApp`, yes or no."""
    named = [
        index
        for index, header in enumerate(headers)
        if index not in given
        and (synonyms.phone_rank(header) is not None or synonyms.sounds_like_phone(header))
    ]
    others = [index for index in named if phone_column.has_phones(sample, index)]
    return frozenset(
        index
        for index in named
        if Cells(sample, index).are_answers or (others and Cells(sample, index).are_words)
    )


def _wishes(
    count: int,
    headers: Sequence[str],
    sample: Sequence[Sequence[str]],
    given: Mapping[int, str],
    found: Mapping[int, str],
    answers: frozenset[int],
) -> Recognized:
    """Of the columns that are nothing else, and of those whose cells are answers all the same."""
    free = [
        index
        for index in range(count)
        if index not in given
        and (index not in found or Cells(sample, index).are_answers)
        and (index in answers or not headers or synonyms.phone_rank(headers[index]) is None)
    ]
    return recognized(headers, free, sample, given)


def _is_row(cells: Sequence[str], sample: Sequence[Sequence[str]], mapping: Mapping[str, str]) -> bool:
    """Whether a row is no header: a header has no phone number in it, unless other cells name the columns."""
    if not any(map(looks_like_phone, cells)) or set(map(folded, mapping)) & set(map(folded, cells)):
        return False
    return not any(
        synonyms.phone_rank(cell) is not None and phone_column.has_phones(sample, index)
        for index, cell in enumerate(cells)
    )


def _given(
    first: Sequence[str], headers: Sequence[str], mapping: Mapping[str, str]
) -> Iterator[tuple[int, str]]:
    by_name: dict[str, int] = {}
    for place, header in enumerate(headers):
        by_name.setdefault(folded(header), place)
    for column, field in mapping.items():
        index: int | None = by_name.get(folded(column))
        if index is None and column.isdecimal() and 1 <= int(column) <= len(first):
            index = int(column) - 1
        if index is None:
            raise FileError("options.columns", f"there is no column {column}; {_found(first, headers)}")
        if not is_field(field):
            raise FileError(
                "options.columns", f"{field} is no field; there are {', '.join(FIELDS)} and attr.KEY"
            )
        yield index, field


def _fields(
    count: int, headers: Sequence[str], sample: Sequence[Sequence[str]], found: Mapping[int, str]
) -> Iterator[str]:
    used = {field: 1 for field in found.values() if field.startswith("attr.")}
    left = MAX_ATTRIBUTES - len(used)
    for index in range(count):
        if index in found:
            yield found[index]
            continue
        left -= _is_filled(sample, index)
        # More attributes than a lead may have would refuse every row.
        yield IGNORE if left < 0 else unique_attribute(headers[index] if headers else "", index, used)


def _named_fields(
    count: int,
    headers: Sequence[str],
    sample: Sequence[Sequence[str]],
    given: Mapping[int, str],
    answers: frozenset[int],
) -> dict[int, str]:
    """The columns that the caller or their headers name, but for those that say who may be written to."""
    found = dict(given)
    taken = {field for field in given.values() if not field.startswith("attr.") and field != IGNORE}
    passed = found | dict.fromkeys(answers, "")
    if PHONE not in taken and (phone := phone_column.find_phone(headers, sample, passed)) is not None:
        found[phone] = PHONE
    if count == 1 and not headers:
        # A bare list of numbers can mean nothing else.
        found.setdefault(0, PHONE)
    taken.add(PHONE)
    for index, header in enumerate(headers):
        field = _name_part(header, headers) or synonyms.field(header)
        if index not in passed and index not in found and field and field not in (*taken, *_WISHES):
            found[index] = field
            taken |= {field} - {IGNORE}
    if "name" not in taken:
        return found
    # The whole name is better than its parts, which stay as attributes.
    return {index: field for index, field in found.items() if index in given or field[-5:] != "_name"}


def _name_part(header: str, headers: Sequence[str]) -> str:
    """`Nom` beside `Prénom` is the last name, `Nombre` beside `Apellidos` the first; else empty."""
    languages = titles.languages_of_either(header)
    if not languages:
        return ""
    others = [each for each in headers if titles.languages(each) & languages]
    parts = {synonyms.field(each) for each in others}
    if {"first_name", "last_name"} <= parts or "name" in {
        synonyms.field(each) for each in others if each != header
    }:
        return ""
    return "last_name" if "first_name" in parts else "first_name" if "last_name" in parts else ""


def _is_filled(sample: Sequence[Sequence[str]], index: int) -> bool:
    return any(index < len(row) and row[index].strip() for row in sample)


def _other_names(
    headers: Sequence[str], fields: Sequence[str], given: Mapping[int, str]
) -> tuple[tuple[int, ...], ...]:
    if "name" not in fields or "name" in given.values():
        return ()
    meant = {
        index: field
        for index, header in enumerate(headers)
        if index not in given
        and fields[index] != "name"
        and (field := _name_part(header, headers) or synonyms.field(header))
    }
    whole = [(index,) for index, field in meant.items() if field == "name"]
    parts = tuple(
        index for part in _NAME_PARTS for index in [i for i, field in meant.items() if field == part][:1]
    )
    return (*whole, parts) if parts else tuple(whole)


def warnings(columns: Columns) -> list[str]:
    """What the sender of a file should know of its columns, in sentences."""
    return [*_of_names(columns), *_of_yes_and_no(columns)]


def _of_yes_and_no(columns: Columns) -> list[str]:
    if not columns.unasked:
        return []
    warning = (
        f"columns of yes and no whose titles are not understood: {named(columns.headers, columns.unasked)}."
        " Nobody gets a permission by this import, so nothing is asked; with --consent it will stop and ask"
        " what they are"
    )
    return [warning]


def _of_names(columns: Columns) -> list[str]:
    if columns.other_names or _NAMES & set(columns.fields):
        return []
    others = [index for index, field in enumerate(columns.fields) if field.startswith("attr.")]
    if not others:
        # A bare list of numbers can have no names.
        return []
    named = (
        [columns.headers[index] for index in others] if columns.headers else [str(at + 1) for at in others]
    )
    warning = (
        "no column is known to be the name: everybody new in this list is called by the account's fallback"
        f" name; say which one it is, such as --map {_shown(named[0])}=name. The other columns are"
        f" {', '.join(map(_shown, named[:_SHOWN]))}"
    )
    return [warning]


def _shown(header: str) -> str:
    return header[:40] or "(empty)"


def _no_phone(first: Sequence[str], headers: Sequence[str], sample: Sequence[Sequence[str]]) -> str:
    if not headers:
        rows = [first, *sample]
        likely = [str(index + 1) for index in range(len(first)) if phone_column.has_phones(rows, index)]
        which = f", such as phone={likely[0]} for what looks like it" if len(likely) == 1 else ""
        return (
            "the file has no header: its first line is a row already. Say which column is what by"
            f" number{which}, or add a header"
        )
    return (
        "no column is known to be the phone number; rename it to `phone`, or say which it is;"
        f" {_found(first, headers)}"
    )


def _found(first: Sequence[str], headers: Sequence[str]) -> str:
    if not headers:
        return f"the file has {len(first)} columns and no header"
    more = f" and {len(headers) - _SHOWN} more" if len(headers) > _SHOWN else ""
    return "found: " + ", ".join(header[:40] or "(empty)" for header in headers[:_SHOWN]) + more
