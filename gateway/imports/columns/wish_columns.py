"""Which columns say who may be written to, and which of them nobody understands."""

from collections.abc import Mapping, Sequence

from gateway.imports.columns import phone_column, synonyms
from gateway.imports.wishes.cells import Cells
from gateway.imports.wishes.meaning import Meaning, Wish
from gateway.imports.wishes.recognize import Recognized, recognized


def answered_phones(
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


def wishes_of(
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


def field_of(wish: Wish, found: Mapping[int, str]) -> str:
    """The field of the column of a wish."""
    is_time = wish.meaning is Meaning.OPT_IN_TIME and wish.channel != "phone"
    return "consent_time" if is_time and "consent_time" not in found.values() else wish.field
