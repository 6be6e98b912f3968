"""Which field each column is: by its header in many languages, or as the caller says."""

from collections.abc import Iterator, Mapping, Sequence

from gateway.imports.columns import phone_column, synonyms, titles
from gateway.imports.columns.attribute_key import unique_attribute
from gateway.imports.columns.header_row import folded, looks_like_phone
from gateway.imports.columns.remarks import found_columns
from gateway.imports.errors import FileError
from gateway.imports.fields import FIELDS, IGNORE, PHONE, is_field
from gateway.leads.model import MAX_ATTRIBUTES

_WISHES = ("consent", "opt_out")
_NAME_PARTS = ("first_name", "middle_name", "last_name")


def given_fields(
    first: Sequence[str], headers: Sequence[str], mapping: Mapping[str, str]
) -> Iterator[tuple[int, str]]:
    """As the caller says: column -> field. Raises `FileError` for what is not there."""
    by_name: dict[str, int] = {}
    for place, header in enumerate(headers):
        by_name.setdefault(folded(header), place)
    for column, field in mapping.items():
        index: int | None = by_name.get(folded(column))
        if index is None and column.isdecimal() and 1 <= int(column) <= len(first):
            index = int(column) - 1
        if index is None:
            raise FileError(
                "options.columns", f"there is no column {column}; {found_columns(first, headers)}"
            )
        if not is_field(field):
            raise FileError(
                "options.columns", f"{field} is no field; there are {', '.join(FIELDS)} and attr.KEY"
            )
        yield index, field


def named_fields(
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
        if field in ("name", "timezone") and _are_numbers(sample, index):
            continue
        if index not in passed and index not in found and field and field not in (*taken, *_WISHES):
            found[index] = field
            taken |= {field} - {IGNORE}
    if "name" not in taken:
        return found
    # The whole name is better than its parts, which stay as attributes.
    return {index: field for index, field in found.items() if index in given or field[-5:] != "_name"}


def _are_numbers(sample: Sequence[Sequence[str]], index: int) -> bool:
    """`Attendee #`, `Guest`: the numbers of people are no names; phone numbers stand for unknown ones.

    `Timezone: 28800`: the seconds from Greenwich name no zone.
    """
    cells = [cell for row in sample if index < len(row) and (cell := row[index].strip())]
    return bool(cells) and not any(looks_like_phone(cell) or any(map(str.isalpha, cell)) for cell in cells)


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


def all_fields(
    count: int, headers: Sequence[str], sample: Sequence[Sequence[str]], found: Mapping[int, str]
) -> Iterator[str]:
    """The field of each column: what is not found is an attribute."""
    used = {field: 1 for field in found.values() if field.startswith("attr.")}
    left = MAX_ATTRIBUTES - len(used)
    for index in range(count):
        if index in found:
            yield found[index]
            continue
        left -= _is_filled(sample, index)
        # More attributes than a lead may have would refuse every row.
        yield IGNORE if left < 0 else unique_attribute(headers[index] if headers else "", index, used)


def _is_filled(sample: Sequence[Sequence[str]], index: int) -> bool:
    return any(index < len(row) and row[index].strip() for row in sample)


def other_names(
    headers: Sequence[str], fields: Sequence[str], given: Mapping[int, str]
) -> tuple[tuple[int, ...], ...]:
    """Columns that stand in for an empty name, each of some that make one name together."""
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
