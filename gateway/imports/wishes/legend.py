"""A line above the titles that says what the values of a column mean: `Legend: Y = may send, N = do not`."""

import re
from collections.abc import Iterator

from gateway.imports.wishes.answer import Answer, answer, opts_out
from gateway.imports.wishes.notes import wants_none

_LONGEST = 1000
_BETWEEN = re.compile(r"[,;|\n\u3001\uff0c\uff1b]")
_SIGN = re.compile(r"[=\uff1d]")
_LEAST = 2
_NOES = (Answer.NO, Answer.OPTED_OUT)
_REFUSALS = (*_NOES, Answer.NEVER_ASKED)
_BELOW_ZERO = re.compile(r"-\d{1,3}")


def is_legend(line: str) -> bool:
    """Whether a line explains values, and each no of it is one for us as well."""
    if len(line) > _LONGEST:
        return False
    pairs = list(_pairs(line))
    return len(pairs) >= _LEAST and all(pair and _is_same(*pair) for pair in pairs)


def _pairs(line: str) -> Iterator[tuple[str, str] | None]:
    for part in _BETWEEN.split(line):
        if part.strip():
            value, *told = _SIGN.split(part)
            # `Legend: Y` before the first sign.
            yield (value.rpartition(":")[2].strip(), told[0].strip()) if len(told) == 1 else None


def _is_same(value: str, told: str) -> bool:
    is_no = opts_out(told) or wants_none(told) or answer(told) in _NOES
    if not is_no:
        return True
    # What stands below zero is asked about in each row.
    return answer(value) in _REFUSALS or bool(_BELOW_ZERO.fullmatch(value))
