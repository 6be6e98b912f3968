"""What is asked of the caller about columns that may say who may be written to, in one line for all."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from gateway.imports.wishes.samples import shown

_SHOWN = 3
_MOST = 10
_LONGEST = 60


def question(headers: Sequence[str], indexes: Collection[int], sample: Sequence[Sequence[str]]) -> str:
    """Names the columns, some values of each, and the answers that there are; no person."""
    asked = sorted(indexes)
    titles = [f"{_title(headers, index)} (values: {_values(index, sample)})" for index in asked[:_MOST]]
    more = f" and {len(asked) - _MOST} more" if len(asked) > _MOST else ""
    first = _column(headers, asked[0])
    told = (
        "seems to say who may be written to, and is not understood; say what it is"
        if len(asked) == 1
        else "seem to say who may be written to, and are not understood; say of each what it is"
    )
    answers = f'--map "{first}=consent" (a yes agrees), or =opt_out (a yes is left alone), =attr.x, =ignore'
    return f"{'; '.join(titles)}{more} {told}: {answers}"


def named(headers: Sequence[str], indexes: Collection[int]) -> str:
    """The columns by their titles or numbers, for a sentence."""
    asked = sorted(indexes)
    more = f" and {len(asked) - _MOST} more" if len(asked) > _MOST else ""
    return ", ".join(f'"{_column(headers, index)}"' for index in asked[:_MOST]) + more


def _header(headers: Sequence[str], index: int) -> str:
    return headers[index].strip() if index < len(headers) else ""


def _column(headers: Sequence[str], index: int) -> str:
    """As `--map` takes it."""
    header = _header(headers, index)
    is_named = header and sum(each.strip() == header for each in headers) == 1
    return header[:_LONGEST] if is_named and len(header) <= _LONGEST else str(index + 1)


def _title(headers: Sequence[str], index: int) -> str:
    header = _header(headers, index)
    return (
        f"column {index + 1}, {header[:_LONGEST]!r}," if header else f"column {index + 1}, without a title,"
    )


def _values(index: int, sample: Sequence[Sequence[str]]) -> str:
    return ", ".join(_samples(index, sample)) or "none in the first rows"


def _samples(index: int, sample: Sequence[Sequence[str]]) -> Iterator[str]:
    counts = Counter(row[index].strip() for row in sample if index < len(row))
    counts.pop("", None)
    for value in list(counts)[:_SHOWN]:
        yield f'"{shown(value, counts[value], len(counts))}"'
