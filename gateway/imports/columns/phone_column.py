"""Which column has the phone numbers: by its header, else by its cells; and which columns stand in for it."""

from collections.abc import Mapping, Sequence

from gateway.imports.columns import synonyms
from gateway.imports.columns.header_row import looks_like_phone
from gateway.imports.fields import PHONE


def find_phone(
    headers: Sequence[str], sample: Sequence[Sequence[str]], found: Mapping[int, str]
) -> int | None:
    """The column of the phone numbers, the first of the best."""
    ranked = [
        (rank, index)
        for index, header in enumerate(headers)
        if index not in found and (rank := synonyms.phone_rank(header)) is not None
    ]
    if ranked:
        return min(ranked)[1]
    return next(
        (
            index
            for may_be in (synonyms.sounds_like_phone, synonyms.is_recipient, synonyms.asks_for_number)
            for index, header in enumerate(headers)
            if index not in found and may_be(header) and has_phones(sample, index)
        ),
        None,
    )


def other_phones(
    headers: Sequence[str],
    fields: Sequence[str],
    sample: Sequence[Sequence[str]],
    given: Mapping[int, str],
) -> tuple[int, ...]:
    """The other columns of phone numbers, best first; none where the caller names the column."""
    if PHONE in given.values():
        return ()
    ranked = [
        (rank, index)
        for index, header in enumerate(headers)
        if fields[index] != PHONE
        and index not in given
        and (rank := _rank(header, sample, index)) is not None
    ]
    return tuple(index for _, index in sorted(ranked))


def _rank(header: str, sample: Sequence[Sequence[str]], index: int) -> int | None:
    rank = synonyms.phone_rank(header)
    if rank is None and synonyms.is_phone_by_cells(header) and has_phones(sample, index):
        return synonyms.BY_CELLS
    return rank


def has_phones(sample: Sequence[Sequence[str]], index: int) -> bool:
    """Whether half of the filled cells of a column may be phone numbers."""
    cells = [row[index] for row in sample if index < len(row) and row[index].strip()]
    return bool(cells) and sum(map(looks_like_phone, cells)) * 2 >= len(cells)
