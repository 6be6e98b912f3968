"""Which column is what: by its header in many languages, or as the caller says."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.imports import synonyms
from gateway.imports.errors import FileFault
from gateway.imports.header_row import looks_like_phone, told_apart
from gateway.imports.synonyms import FIELDS, IGNORE, PHONE
from gateway.leads.model import MAX_ATTRIBUTES

_MOST_COLUMNS = 2000
_KEY = 40
_TOLD = 20
_NAME_PARTS = ("first_name", "middle_name", "last_name")


@dataclass(frozen=True)
class Columns:
    """`fields` says what each column is; `headers` is as the file has it, empty when it has none.

    Attributes that also stand in for a field whose own cell is empty, best first: `other_phones`, and
    `other_names`, each of some columns that make one name together.
    """

    fields: tuple[str, ...]
    headers: tuple[str, ...]
    other_phones: tuple[int, ...] = ()
    other_names: tuple[tuple[int, ...], ...] = ()


def resolve(first: Sequence[str], sample: Sequence[Sequence[str]], wanted: Mapping[str, str]) -> Columns:
    """From the first row, some rows after it, and what the caller said: column -> field.

    Raises `FileFault` on `columns`, or on `options.columns` when the caller names what is not there.
    """
    if len(first) > _MOST_COLUMNS:
        raise FileFault("file", f"has {len(first)} columns; export at most {_MOST_COLUMNS}")
    has_header = not _is_row(first, sample, wanted)
    headers = tuple(cell.strip() for cell in first) if has_header else ()
    given = dict(_given(first, headers, wanted))
    fields = tuple(_fields(len(first), headers, sample, given))
    if PHONE not in fields:
        raise FileFault("columns", _no_phone(first, headers, sample))
    return Columns(
        fields, headers, _other_phones(headers, fields, given), _other_names(headers, fields, given)
    )


def _is_row(cells: Sequence[str], sample: Sequence[Sequence[str]], wanted: Mapping[str, str]) -> bool:
    """A header has no phone number in it, unless it is told for certain by other cells."""
    if not any(map(looks_like_phone, cells)) or set(map(told_apart, wanted)) & set(map(told_apart, cells)):
        return False
    return not any(
        synonyms.phone_rank(cell) is not None and _has_phones(sample, index)
        for index, cell in enumerate(cells)
    )


def _given(
    first: Sequence[str], headers: Sequence[str], wanted: Mapping[str, str]
) -> Iterator[tuple[int, str]]:
    by_name: dict[str, int] = {}
    for place, header in enumerate(headers):
        by_name.setdefault(told_apart(header), place)
    for column, field in wanted.items():
        index: int | None = by_name.get(told_apart(column))
        if index is None and column.isdecimal() and 1 <= int(column) <= len(first):
            index = int(column) - 1
        if index is None:
            raise FileFault("options.columns", f"there is no column {column}; {_found(first, headers)}")
        if field not in FIELDS and not field.startswith("attr."):
            raise FileFault(
                "options.columns", f"{field} is no field; there are {', '.join(FIELDS)} and attr.KEY"
            )
        yield index, field


def _fields(
    count: int, headers: Sequence[str], sample: Sequence[Sequence[str]], given: Mapping[int, str]
) -> Iterator[str]:
    found = dict(given)
    taken = {field for field in given.values() if not field.startswith("attr.") and field != IGNORE}
    if PHONE not in taken and (phone := _phone(headers, sample, found)) is not None:
        found[phone] = PHONE
    if count == 1 and not headers:
        # A bare list of numbers can mean nothing else.
        found.setdefault(0, PHONE)
    taken.add(PHONE)
    for index, header in enumerate(headers):
        field = synonyms.field(header)
        if index not in found and field and field not in taken:
            found[index] = field
            taken |= {field} - {IGNORE}
    if "name" in taken:
        # The whole name is better than its parts, which stay as attributes.
        found = {index: field for index, field in found.items() if index in given or field[-5:] != "_name"}
    used = {field for field in found.values() if field.startswith("attr.")}
    left = MAX_ATTRIBUTES - len(used)
    for index in range(count):
        if index in found:
            yield found[index]
            continue
        left -= _is_filled(sample, index)
        # More than a lead may have would refuse every row.
        yield IGNORE if left < 0 else _attribute(headers[index] if headers else "", index, used)


def _is_filled(sample: Sequence[Sequence[str]], index: int) -> bool:
    return any(index < len(row) and row[index].strip() for row in sample)


def _other_phones(headers: Sequence[str], fields: Sequence[str], given: Mapping[int, str]) -> tuple[int, ...]:
    """None where the caller has said which column it is."""
    if PHONE in given.values():
        return ()
    ranked = [
        (rank, index)
        for index, header in enumerate(headers)
        if fields[index] != PHONE and index not in given and (rank := synonyms.phone_rank(header)) is not None
    ]
    return tuple(index for _, index in sorted(ranked))


def _other_names(
    headers: Sequence[str], fields: Sequence[str], given: Mapping[int, str]
) -> tuple[tuple[int, ...], ...]:
    if "name" not in fields or "name" in given.values():
        return ()
    meant = {
        index: field
        for index, header in enumerate(headers)
        if index not in given and fields[index] != "name" and (field := synonyms.field(header))
    }
    whole = [(index,) for index, field in meant.items() if field == "name"]
    parts = tuple(
        index for part in _NAME_PARTS for index in [i for i, field in meant.items() if field == part][:1]
    )
    return (*whole, parts) if parts else tuple(whole)


def _phone(headers: Sequence[str], sample: Sequence[Sequence[str]], found: Mapping[int, str]) -> int | None:
    """The column of the phone numbers, the first of the best."""
    ranked = [
        (rank, index)
        for index, header in enumerate(headers)
        if index not in found and (rank := synonyms.phone_rank(header)) is not None
    ]
    if ranked:
        return min(ranked)[1]
    for index, header in enumerate(headers):
        if index not in found and synonyms.sounds_like_phone(header) and _has_phones(sample, index):
            return index
    return None


def _has_phones(sample: Sequence[Sequence[str]], index: int) -> bool:
    cells = [row[index] for row in sample if index < len(row) and row[index].strip()]
    return bool(cells) and sum(map(looks_like_phone, cells)) * 2 >= len(cells)


def _attribute(header: str, index: int, used: set[str]) -> str:
    """`attr.` and a key made of the header that no other column has."""
    key = attribute_key(header) or f"column_{index + 1}"
    field, number = f"attr.{key}", 1
    while field in used:
        number += 1
        field = f"attr.{key[: _KEY - 4]}_{number}"
    used.add(field)
    return field


def attribute_key(header: str) -> str:
    """A header as the key of an attribute, `Kod Pos` as `kod_pos`; empty when nothing of it can stay."""
    header = re.sub(r"^attr(ibutes?)?[._]", "", header.strip(), flags=re.IGNORECASE)
    latin = unicodedata.normalize("NFKD", header).encode("ascii", "ignore").decode().casefold()
    if 2 * sum(map(str.isalnum, latin)) < sum(map(str.isalnum, header)):
        return ""
    key = re.sub(r"[^a-z0-9]+", "_", latin).strip("_")
    return (key if key[:1].isalpha() else f"c_{key}" if key else "")[:_KEY].rstrip("_")


def _no_phone(first: Sequence[str], headers: Sequence[str], sample: Sequence[Sequence[str]]) -> str:
    if not headers:
        rows = [first, *sample]
        likely = [str(index + 1) for index in range(len(first)) if _has_phones(rows, index)]
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
    more = f" and {len(headers) - _TOLD} more" if len(headers) > _TOLD else ""
    return "found: " + ", ".join(header[:40] or "(empty)" for header in headers[:_TOLD]) + more
